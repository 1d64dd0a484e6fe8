import { FeedPublisher } from '@org/flow';
import { streamKind } from '@org/market-data';
import type { PartitionedFollowerOptions } from '@org/transport-nats';
import { DepthStreams } from '../cluster/depth-streams.ts';
import { BOOK_MERGE_LIMITS } from '../cluster/merge-limits.ts';
import { openBus, transport } from '../cluster/open-bus.ts';
import { Trouble } from '../cluster/trouble.ts';
import { childClock } from '../control/child-clock.ts';
import { reportRegularly, tellPrimary } from '../control/child-reports.ts';
import type { PartitionFollowerReport, PrimaryMessage } from '../control/messages.ts';
import { openChildControl } from '../control/orphan.ts';
import { repeatedly } from '../control/repeatedly.ts';
import type { PartitionFollowerTask } from '../control/task.ts';
import { childLog, type Log } from '../logging/child-log.ts';
import { ProcessMeter } from '../monitoring/process-meter.ts';

/** A predecessor that is leaving holds the socket, and is waited for. */
const PREDECESSOR_TIMEOUT_MS = 20_000;

/**
 * While what comes is older, no snapshot is asked for: it would come behind all that is still on its way, and be asked for
 * again and again until then.
 */
const LAG_MAX_US = 30e6;

/** A stream that appears is in the status so soon. */
const SEEN_INTERVAL_MS = 100;

/**
 * Follows what collectors forward, all partitions of it, and publishes the merged streams to the order-book manager of
 * this machine. It stores nothing and may die at any time: books begin anew then, recording sees nothing of it.
 */
export async function runPartitionFollower(task: PartitionFollowerTask): Promise<void> {
  let stop: () => Promise<void> = () => Promise.resolve();
  let snapshotWanted: (symbol: string) => void = () => undefined;
  const control = openChildControl(task, {
    message: (message) => {
      const order = message as PrimaryMessage;
      if (order.type === 'take-snapshot') snapshotWanted(order.symbol);
    },
    stop: () => stop(),
  });
  const log = childLog(task.config.logging.level);
  const feed = new FeedPublisher({ socketPath: task.feedSocket, listenTimeoutMs: PREDECESSOR_TIMEOUT_MS });
  await feed.listen();
  const { PartitionedFollower } = await transport();
  const bus = await openBus(task.config.cluster);
  const streams = new DepthStreams(() => log.error('StreamsNotMet', { problem: 'too many' }));
  const trouble = new Trouble(log, childClock);
  const counters = { breaks: 0, wishes: 0 };
  const follower = new PartitionedFollower(bus, {
    ...handlersOf(log, trouble, () => counters.breaks++),
    merged: (batch) => {
      streams.take(batch);
      feed.publish(batch);
    },
    mergeLimits: BOOK_MERGE_LIMITS,
  });
  snapshotWanted = (symbol) => {
    const stream = streams.of(symbol);
    if (stream === undefined || childClock.wallUs() - streams.latestReceiptUs > LAG_MAX_US) return;
    counters.wishes++;
    follower.wishSnapshot(stream);
  };
  const tellStreams = (seen: readonly string[], gone: readonly string[]): void => {
    if (seen.length + gone.length > 0) tellPrimary({ type: 'depth-streams', seen, gone });
  };
  const meter = new ProcessMeter();
  const reports = reportRegularly(childClock, (): PartitionFollowerReport => {
    const stats = follower.stats();
    const { streams: told, left } = streams.report();
    tellStreams([], left);
    return {
      role: 'partition-follower',
      figures: meter.figures(),
      rssBytes: process.memoryUsage.rss(),
      queues: [],
      streams: told,
      left,
      problem: trouble.problem(stats.answers),
      followed: { ...stats, ...counters },
    };
  });
  const seen = repeatedly(
    childClock,
    () => SEEN_INTERVAL_MS,
    () => Promise.resolve(tellStreams(streams.seen(), [])),
  );
  stop = async () => {
    seen.stop();
    await follower.close();
    reports.stop();
    await bus.close();
    await feed.close();
  };
  follower.start();
  control.ready();
}

/** `broke`: a depth stream did, on its way here. */
function handlersOf(
  log: Log,
  trouble: Trouble,
  broke: () => void,
): Pick<PartitionedFollowerOptions, 'handlers' | 'mergeHandlers'> {
  return {
    mergeHandlers: {
      gap: ({ stream, reason, lastId, nextId }) => {
        if (streamKind(stream.slice(stream.indexOf('@') + 1)) !== 'depth') return;
        broke();
        log.info('BookStreamBroke', { stream, reason, lastId, nextId });
      },
      damaged: (problem) => log.error('BatchDamaged', { problem }),
    },
    handlers: {
      failed: (_, error) => trouble.met('ServersRefuse', error),
      retrying: (error) => trouble.met('ServersAwaited', error),
      malformed: (partition, problem) => log.error('MessageMalformed', { partition, problem }),
    },
  };
}
