import {
  BinanceRest,
  type ConnectionAttempts,
  MarketStreams,
  type MarketStreamsHandlers,
  type StreamRef,
  systemClock,
} from '@org/binance-client';
import { type PrimaryMessage, type WorkerReport } from '../control/messages.ts';
import { reportRegularly } from '../control/child-reports.ts';
import { hostBudget } from '../control/host-budget.ts';
import { openChildControl } from '../control/orphan.ts';
import { isRareStream } from '../control/rare-streams.ts';
import type { WorkerTask } from '../control/task.ts';
import { childLog, type Log } from '../logging/child-log.ts';
import type { RecordChannel } from '../records/record-channel.ts';
import { openWriterLink } from '../records/writer-link.ts';
import { Repairer } from '../worker/repairer.ts';
import { SymbolRecorder } from '../worker/symbol-recorder.ts';

/**
 * A symbol worker: streams and snapshots of its symbols, from the exchange's sockets to the writer's.
 *
 * It is ready before it connects, and connects at the primary's word, so that all workers begin together.
 */
export function runWorker(task: WorkerTask): void {
  const log = childLog(task.config.logging.level);
  const link = openWriterLink(task, log, {
    refused: (stream) => recorders.get(stream.slice(0, stream.indexOf('@')))?.refused(stream),
    recovered: () => {
      for (const recorder of recorders.values()) recorder.recovered();
    },
    spoolDamaged: () => {
      for (const recorder of recorders.values()) recorder.spoolDamaged();
    },
  });
  const { market, restUrl } = task.config.network;
  const budget = hostBudget(task.config.network, task.outputPath, log);
  const rest = new BinanceRest({ market, restUrl, budget });
  const repairer = new Repairer({ rest, channel: link.channel, line: task.line, clock: systemClock, log });
  const recorders = symbolRecorders(task, { rest, channel: link.channel, log });
  let reconnects = 0;
  const streams = marketStreams(
    task,
    budget.attempts,
    streamHandlers(recorders, log, () => reconnects++),
  );
  const report = (): WorkerReport => ({
    role: 'worker',
    rssBytes: process.memoryUsage.rss(),
    streams: [...recorders.values()].flatMap((recorder) => recorder.reports()),
    queues: [link.report()],
    rejectedMessages: rejectedMessages(streams),
    rejectedFrames: sum(recorders, (recorder) => recorder.rejectedFrames),
    reconnects,
  });
  const reports = reportRegularly(systemClock, report);

  link.start();
  const control = openChildControl(task, {
    message: (message) => {
      const order = message as PrimaryMessage;
      if (order.type === 'go') streams.start();
      if (order.type === 'take-snapshot') recorders.get(order.symbol)?.depth?.wish();
      if (order.type === 'repair') repairer.repair(order.repairs);
    },
    stop: async () => {
      repairer.stop();
      await streams.stop();
      for (const recorder of recorders.values()) recorder.stop();
      await link.finish();
      reports.stop();
      await link.close();
      rest.close();
      budget.close();
    },
  });
  control.ready();
}

/** Messages that no stream could be given. */
function rejectedMessages(streams: MarketStreams): number {
  const { binary, invalidUtf8, notJson, unroutable } = streams.counters();
  return binary + invalidUtf8 + notJson + unroutable;
}

function sum(
  recorders: ReadonlyMap<string, SymbolRecorder>,
  count: (recorder: SymbolRecorder) => number,
): number {
  return [...recorders.values()].reduce((total, recorder) => total + count(recorder), 0);
}

function symbolRecorders(
  task: WorkerTask,
  parts: { rest: BinanceRest; channel: RecordChannel; log: Log },
): ReadonlyMap<string, SymbolRecorder> {
  return new Map(
    task.symbols.map((symbol) => [
      symbol,
      new SymbolRecorder({
        ...parts,
        symbol,
        streams: task.config.symbols.streams,
        line: task.line,
        clock: systemClock,
      }),
    ]),
  );
}

function marketStreams(
  task: WorkerTask,
  attempts: ConnectionAttempts | undefined,
  handlers: MarketStreamsHandlers,
): MarketStreams {
  const { network, symbols } = task.config;
  return new MarketStreams({
    market: network.market,
    wsUrl: network.wsUrl,
    streams: task.symbols.flatMap((symbol) => symbols.streams.map((stream) => ({ symbol, stream }))),
    silenceTimeoutMs: ({ stream }) => (isRareStream(stream) ? 0 : network.silenceTimeoutMs),
    firstFrameTimeoutMs: ({ stream }) => (isRareStream(stream) ? 0 : network.silenceTimeoutMs),
    lifetimeMs: network.lifetimeMs,
    reconnect: network.reconnect,
    ...(attempts === undefined ? {} : { attempts }),
    handlers,
  });
}

/** A connection that was replaced had handed over before; one that was stopped is nobody's loss. */
const HOW_ENDED = {
  closed: 'lossy',
  silent: 'lossy',
  rotated: 'handed-over',
  abandoned: 'handed-over',
  stopped: 'stopped',
} as const;

function streamHandlers(
  recorders: ReadonlyMap<string, SymbolRecorder>,
  log: Log,
  reconnected: () => void,
): MarketStreamsHandlers {
  const carried = new Map<number, readonly StreamRef[]>();
  return {
    frame: (ref, bytes, receivedAtUs, connectionId) =>
      recorders.get(ref.symbol)?.frame(ref, bytes, receivedAtUs, connectionId),
    opened: ({ streams, ...event }) => {
      carried.set(event.connectionId, streams);
      log.info('ConnectionOpened', { ...event, streams: streams.length });
    },
    acknowledged: ({ streams }) => {
      for (const { symbol, stream } of streams) {
        const depth = stream.startsWith('depth') ? recorders.get(symbol)?.depth : undefined;
        if (depth?.state === 'buffering') depth.subscribed();
      }
    },
    closed: ({ streams, ...event }) => {
      carried.delete(event.connectionId);
      const how = HOW_ENDED[event.cause];
      for (const { symbol, key } of streams) recorders.get(symbol)?.ended(key, event.connectionId, how);
      if (how !== 'lossy') return;
      reconnected();
      log.warn('ConnectionClosed', { ...event, streams: streams.map(({ key }) => key) });
    },
    refused: ({ streams, ...event }) =>
      log.error('SubscriptionRefused', { ...event, streams: streams.map(({ key }) => key) }),
    alarm: ({ stream, silentMs, ...event }) => {
      const recorder = recorders.get(stream.symbol);
      recorder?.alarm(stream.key, event.type);
      recorder?.doubt(stream.key, 'silence');
      log.error('StreamSilent', {
        stream: stream.key,
        name: stream.name,
        silentMs: Math.round(silentMs),
        ...event,
      });
    },
    cleared: ({ stream }) => {
      recorders.get(stream.symbol)?.alarm(stream.key, undefined);
      log.info('StreamDelivers', { stream: stream.key });
    },
    malformed: ({ bytes, ...event }) => {
      // Whose event it was nobody can tell, so each stream of the connection has to prove that it was not its own.
      for (const { symbol, key } of carried.get(event.connectionId) ?? [])
        recorders.get(symbol)?.doubt(key, 'malformed');
      log.warn('MessageRejected', { ...event, bytes: bytes.length });
    },
    unroutable: ({ bytes, ...event }) => log.warn('MessageRejected', { ...event, bytes: bytes.length }),
    rotated: (event) => log.info('ConnectionRotated', { ...event }),
    shutdownAnnounced: (event) => log.info('ShutdownAnnounced', { ...event }),
    gaveUp: ({ route, attempts, streams }) => {
      for (const { symbol, key } of streams) recorders.get(symbol)?.alarm(key, 'given-up');
      log.error('ConnectionGivenUp', { route, attempts, streams: streams.map(({ key }) => key) });
    },
  };
}
