import { TailReader } from '@org/flow';
import { childClock } from '../control/child-clock.ts';
import { reportRegularly } from '../control/child-reports.ts';
import { EXIT } from '../control/exit-codes.ts';
import { openChildControl } from '../control/orphan.ts';
import type { SinkTask } from '../control/task.ts';
import { childLog } from '../logging/child-log.ts';
import { ProcessMeter } from '../monitoring/process-meter.ts';
import { type OpenSink, openSink } from '../sinks/open-sink.ts';
import { StoreFollower } from '../sinks/store-follower.ts';

/** How long the store may take for the last rows at a clean end; the rest is in the journal for the next start. */
const FINISH_TIMEOUT_MS = 8000;

/** The last report is on its way, to a primary that may be busy. */
const LAST_WORD_MS = 200;

/**
 * A sink in a process of its own: it follows the journal in the writer and stores what comes, however slow its store is
 * and however often that is down. Recording knows nothing of it. `open`: makes the sink; the one of the format by default.
 */
export function runSink(task: SinkTask, open: OpenSink = openSink): void {
  const log = childLog(task.config.logging.level);
  const follower = new StoreFollower({
    name: task.format,
    makeSink: (events) => open(task.format, task.config.storage, events),
    makeTail: (from) => new TailReader({ socketPath: task.tailSocket, name: task.format, from }),
    clock: childClock,
    random: Math.random,
    log,
  });
  const meter = new ProcessMeter();
  const reports = reportRegularly(childClock, () => ({
    role: 'sink',
    figures: meter.figures(),
    rssBytes: process.memoryUsage.rss(),
    queues: [],
    ...follower.report(),
  }));
  const control = openChildControl(task, {
    stop: async () => {
      // Without a primary there is soon another one, with a sink that goes on from the last commit.
      await follower.stop(process.connected ? FINISH_TIMEOUT_MS : 0);
      reports.stop();
    },
  });
  control.ready();
  follower.run().catch(() => {
    reports.stop();
    childClock.setTimeout(() => process.exit(EXIT.failed), LAST_WORD_MS);
  });
}
