import {
  BinanceRest,
  type ConnectionAttempts,
  MarketStreams,
  type MarketStreamsHandlers,
  systemClock,
} from '@org/binance-client';
import type { StreamKey } from '@org/market-data';
import { type PrimaryMessage, type WorkerReport, workerReportIntervalMs } from '../control/messages.ts';
import { reportRegularly } from '../control/child-reports.ts';
import { hostBudget } from '../control/host-budget.ts';
import { openChildControl } from '../control/orphan.ts';
import { isRareStream } from '../control/rare-streams.ts';
import type { WorkerTask } from '../control/task.ts';
import { childLog } from '../logging/child-log.ts';
import { ProcessMeter } from '../monitoring/process-meter.ts';
import { openWriterLink } from '../records/writer-link.ts';
import { Hand } from '../worker/hand.ts';
import { handChanges } from '../worker/hand-changes.ts';
import { Repairer } from '../worker/repairer.ts';
import { streamHandlers } from '../worker/stream-handlers.ts';

/**
 * A symbol worker: streams and snapshots of its symbols, from the exchange's sockets to the writer's.
 *
 * It is ready before it connects, and connects at the primary's word, so that all workers begin together. Which symbols
 * it has may change while it runs.
 */
export function runWorker(task: WorkerTask): void {
  const log = childLog(task.config.logging.level);
  const link = openWriterLink(
    task,
    log,
    overflowOf(() => hand),
  );
  const { market, restUrl } = task.config.network;
  const budget = hostBudget(task.config.network, task.outputPath, log);
  const rest = new BinanceRest({ market, restUrl, budget });
  const repairer = new Repairer({ rest, channel: link.channel, line: task.line, clock: systemClock, log });
  const hand = new Hand({
    streams: task.config.symbols.streams,
    line: task.line,
    clock: systemClock,
    rest,
    channel: link.channel,
    log,
  });
  let reconnects = 0;
  const streams = marketStreams(
    task,
    hand.take(task.symbols, false),
    budget.attempts,
    streamHandlers(hand.recorders, log, () => reconnects++),
  );
  const changes = handChanges({ hand, streams, clock: systemClock });
  const meter = new ProcessMeter();
  const report = (): WorkerReport => ({
    role: 'worker',
    figures: { ...meter.figures(), eventToReceipt: hand.eventToReceipt() },
    rssBytes: process.memoryUsage.rss(),
    ...hand.report(),
    queues: [link.report()],
    rejectedMessages: rejectedMessages(streams),
    rejectedFrames: hand.rejectedFrames,
    reconnects,
  });
  const reports = reportRegularly(systemClock, report, () =>
    workerReportIntervalMs(hand.recorders.size * task.config.symbols.streams.length),
  );
  const obey = (order: PrimaryMessage): void => {
    if (order.type === 'go') streams.start();
    if (order.type === 'report-now') reports.now();
    if (order.type === 'take-snapshot') hand.recorders.get(order.symbol)?.depth?.wish();
    if (order.type === 'repair') repairer.repair(order.repairs);
    if (order.type === 'take-symbols') changes.take(order);
    if (order.type === 'leave-symbols') changes.leave(order);
    if (order.type === 'record-streams') changes.record(order);
  };

  link.start();
  const control = openChildControl(task, {
    message: (message) => obey(message as PrimaryMessage),
    stop: async () => {
      changes.stop();
      repairer.stop();
      await streams.stop();
      hand.stop();
      await link.finish();
      reports.stop();
      await link.close();
      rest.close();
      budget.close();
    },
  });
  control.ready();
}

/** What the recorders of a hand are told of the queue to the writer. */
function overflowOf(hand: () => Hand): Parameters<typeof openWriterLink>[2] {
  return {
    refused: (stream) =>
      hand()
        .recorders.get(stream.slice(0, stream.indexOf('@')))
        ?.refused(stream),
    recovered: () => {
      for (const recorder of hand().recorders.values()) recorder.recovered();
    },
    spoolDamaged: () => {
      for (const recorder of hand().recorders.values()) recorder.spoolDamaged();
    },
  };
}

/** Messages that no stream could be given. */
function rejectedMessages(streams: MarketStreams): number {
  const { binary, invalidUtf8, notJson, unroutable } = streams.counters();
  return binary + invalidUtf8 + notJson + unroutable;
}

function marketStreams(
  task: WorkerTask,
  streams: readonly StreamKey[],
  attempts: ConnectionAttempts | undefined,
  handlers: MarketStreamsHandlers,
): MarketStreams {
  const { network } = task.config;
  return new MarketStreams({
    market: network.market,
    wsUrl: network.wsUrl,
    streams,
    silenceTimeoutMs: ({ stream }) => (isRareStream(stream) ? 0 : network.silenceTimeoutMs),
    firstFrameTimeoutMs: ({ stream }) => (isRareStream(stream) ? 0 : network.silenceTimeoutMs),
    lifetimeMs: network.lifetimeMs,
    reconnect: network.reconnect,
    ...(attempts === undefined ? {} : { attempts }),
    handlers,
  });
}
