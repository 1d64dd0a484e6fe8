import { TailReader } from '@org/flow';
import { parseStreamKey } from '@org/market-data';
import type { Wish } from '@org/transport-nats';
import { JournalForwarder } from '../cluster/journal-forwarder.ts';
import { ForwardedFile, journalIdentity } from '../cluster/journal-identity.ts';
import { nodeOf, openBus } from '../cluster/open-bus.ts';
import { childClock } from '../control/child-clock.ts';
import { reportRegularly, tellPrimary } from '../control/child-reports.ts';
import { EXIT } from '../control/exit-codes.ts';
import { openChildControl } from '../control/orphan.ts';
import { FORWARDER, type ForwarderTask } from '../control/task.ts';
import { childLog } from '../logging/child-log.ts';
import { ProcessMeter } from '../monitoring/process-meter.ts';

/** The last report is on its way, to a primary that may be busy. */
const LAST_WORD_MS = 200;

/**
 * Forwards the journal of a collector to the writers, in a process of its own: recording knows nothing of servers that
 * are slow or gone. What writers ask for (snapshots, repairs) it hands on to the workers.
 */
export async function runForwarder(task: ForwarderTask): Promise<void> {
  let stop: () => Promise<void> = () => Promise.resolve();
  const control = openChildControl(task, { stop: () => stop() });
  const log = childLog(task.config.logging.level);
  const { cluster } = task.config;
  const identity = await journalIdentity(task.outputPath);
  const bus = await openBus(cluster);
  const forwarder = new JournalForwarder({
    bus,
    node: nodeOf(cluster),
    identity,
    file: new ForwardedFile(task.outputPath, identity),
    makeTail: (from) => new TailReader({ socketPath: task.tailSocket, name: FORWARDER, from }),
    failed: () => childClock.setTimeout(() => process.exit(EXIT.failed), LAST_WORD_MS),
    wished,
    clock: childClock,
    log,
  });
  const meter = new ProcessMeter();
  const reports = reportRegularly(childClock, () => ({
    role: 'forwarder',
    figures: meter.figures(),
    rssBytes: process.memoryUsage.rss(),
    queues: [],
    problem: forwarder.problem(),
    uncommittedForMs: forwarder.uncommittedForMs(),
    forwarded: forwarder.stats(),
  }));
  stop = async () => {
    // Without a primary there is soon another one, with a forwarder that goes on from what is committed.
    const isDone = await forwarder.stop(process.connected ? cluster.stopTimeoutMs : 0);
    if (!isDone) log.warn('ForwarderLeftBehind', { committed: forwarder.stats()?.committedPosition });
    reports.stop();
    await bus.close();
  };
  await forwarder.start();
  control.ready();
}

/** Whoever cannot fulfil it lets it pass: symbols that are not recorded here have no worker. */
function wished(wish: Wish): void {
  if (wish.kind === 'repair') {
    const { stream, kind, from, to } = wish.order;
    tellPrimary({ type: 'repairs-wanted', repairs: [{ stream, kind, from, to }] });
  }
  if (wish.kind !== 'depthSnapshot') return;
  const key = parseStreamKey(wish.stream);
  if (key !== undefined) tellPrimary({ type: 'snapshot-wanted', symbol: key.symbol });
}
