import { availableParallelism } from 'node:os';
import { BinanceRest, systemClock } from '@org/binance-client';
import { formatDuration, type StreamerConfig } from '@org/config';
import { assignSymbols, nameWorkers } from '../control/assign-symbols.ts';
import { listedSymbols } from '../control/check-symbols.ts';
import { Children } from '../control/children.ts';
import { EXIT, type ExitCode, FatalError } from '../control/exit-codes.ts';
import { prepareOutputFolder, recordedBefore } from '../control/output-folder.ts';
import { StopSignal } from '../control/stop-signal.ts';
import type { Log } from '../logging/child-log.ts';
import { openRecorderLog, type RecorderLog } from '../logging/recorder-log.ts';
import { BookDesk } from '../monitoring/book-desk.ts';
import { type MonitoringServer, type MonitoringSources, startMonitoring } from '../monitoring/http-server.ts';
import { StatusBoard } from '../monitoring/status-board.ts';
import { printSummary } from '../monitoring/summary.ts';

/**
 * The primary: starts writer, order-book manager and workers in this order, restarts what dies, stops them in reverse.
 * It carries no market data. `entry` is the program that the children run. Resolves with the exit code when everything
 * has ended; rejects with {@link FatalError} when nothing could begin.
 */
export async function runPrimary(config: StreamerConfig, entry: string): Promise<ExitCode> {
  const outputPath = prepareOutputFolder(config.storage.outputDir);
  const logs = openRecorderLog(config.logging, process.stderr);
  const log = logs.of('primary');
  const stop = new StopSignal();
  const unhook = stopOnSignals(stop, log);
  try {
    if (config.network.redundancy > 1) {
      log.warn('RedundancyUnavailable', { asked: config.network.redundancy, used: 1 });
    }
    const symbols = await checkedSymbols(config, log);
    return await record({ config, entry, outputPath, symbols, logs, log, stop });
  } finally {
    unhook();
    await logs.close();
  }
}

interface Recording {
  readonly config: StreamerConfig;
  readonly entry: string;
  readonly outputPath: string;
  readonly symbols: readonly string[];
  readonly logs: RecorderLog;
  readonly log: Log;
  readonly stop: StopSignal;
}

async function record(recording: Recording): Promise<ExitCode> {
  const { config, symbols, log, stop } = recording;
  const startedAtMs = Date.now();
  const workers = nameWorkers(assignSymbols(symbols, config.symbols.perWorker, availableParallelism()));
  const board = new StatusBoard({
    startedAtMs,
    symbolsOf: new Map([['order-book', symbols], ...workers]),
    streams: symbols.flatMap((symbol) => config.symbols.streams.map((stream) => `${symbol}@${stream}`)),
  });
  const desk = new BookDesk((query) => children.send('order-book', query), systemClock);
  const children = new Children({
    ...recording,
    workers,
    board,
    desk,
    resumedSymbols: recordedBefore(recording.outputPath, symbols),
  });
  const monitoring = await monitor(config, {
    status: () => board.status(Date.now(), children.states(), stop.isStopping),
    obstacles: () => board.obstacles(Date.now(), children.states()),
    hasSymbol: (symbol) => symbols.includes(symbol),
    book: (symbol, depth) => desk.query(symbol, depth),
  });
  log.info('Recording', {
    symbols: symbols.length,
    outputDir: config.storage.outputDir,
    monitoring: monitoring.url,
  });
  try {
    await Promise.race([children.start(), stop.stopped]);
    const duration = stopAfter(config, stop, log);
    await stop.stopped;
    systemClock.clearTimeout(duration);
    log.info('Stopping', { reason: stop.reason });
  } finally {
    await children.stop();
    await monitoring.close();
  }
  printSummary(process.stdout, {
    board,
    config,
    symbols,
    startedAtMs,
    nowMs: Date.now(),
    children: children.states(),
  });
  const exitCode = children.failedStops.size > 0 && stop.exitCode === EXIT.ok ? EXIT.failed : stop.exitCode;
  log.info('Stopped', { reason: stop.reason, exitCode });
  return exitCode;
}

async function checkedSymbols(config: StreamerConfig, log: Log): Promise<readonly string[]> {
  const { market, restUrl } = config.network;
  const rest = new BinanceRest({ market, restUrl });
  try {
    return await listedSymbols(rest, config.symbols.pairs, log);
  } finally {
    rest.close();
  }
}

async function monitor(config: StreamerConfig, sources: MonitoringSources): Promise<MonitoringServer> {
  const { host, port } = config.monitoring;
  try {
    return await startMonitoring({ host, port }, sources);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new FatalError(EXIT.portTaken, `monitoring.port: cannot listen on ${host}:${port}: ${problem}`, {
      cause,
    });
  }
}

function stopOnSignals(stop: StopSignal, log: Log): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (signal: string): void => {
    log.info('SignalReceived', { signal });
    stop.request(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

function stopAfter(
  config: StreamerConfig,
  stop: StopSignal,
  log: Log,
): ReturnType<typeof systemClock.setTimeout> | undefined {
  const { mode, durationMs } = config.general;
  if (mode !== 'timed' || stop.isStopping) return undefined;
  log.info('RecordingTimed', { duration: formatDuration(durationMs) });
  return systemClock.setTimeout(() => stop.request('the end of the duration'), durationMs);
}
