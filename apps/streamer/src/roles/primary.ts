import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { BinanceRest, createRequestBudget, PRODUCTS, systemClock } from '@org/binance-client';
import { formatDuration, type StreamerConfig } from '@org/config';
import { Supervisor } from '@org/supervision';
import { assignSymbols } from '../control/assign-symbols.ts';
import { listedSymbols } from '../control/check-symbols.ts';
import { type ChildPlan, planChildren } from '../control/children.ts';
import { EXIT, type ExitCode, FatalError } from '../control/exit-codes.ts';
import type { ChildMessage, PrimaryMessage } from '../control/messages.ts';
import { prepareOutputFolder } from '../control/output-folder.ts';
import { StopSignal } from '../control/stop-signal.ts';
import type { Log } from '../logging/child-log.ts';
import { openRecorderLog, type RecorderLog } from '../logging/recorder-log.ts';
import { BookDesk } from '../monitoring/book-desk.ts';
import { type MonitoringServer, startMonitoring } from '../monitoring/http-server.ts';
import { StatusBoard } from '../monitoring/status-board.ts';
import { printSummary } from '../monitoring/summary.ts';

export interface PrimaryOptions {
  readonly config: StreamerConfig;
  /** The program that children run. */
  readonly entry: string;
  /** Ends the recording; the primary adds signals and the duration to it. */
  readonly stop?: StopSignal;
}

/**
 * The primary: starts writer, order-book manager and workers in this order, restarts what dies, stops them in reverse.
 * It carries no market data. Resolves with the exit code when everything has ended.
 */
export async function runPrimary({
  config,
  entry,
  stop = new StopSignal(),
}: PrimaryOptions): Promise<ExitCode> {
  const outputPath = prepareOutputFolder(config.storage.outputDir);
  const logs = openRecorderLog(config.logging, process.stderr);
  const log = logs.of('primary');
  const unhook = stopOnSignals(stop, log);
  try {
    const symbols = await checkedSymbols(config, log);
    if (config.network.redundancy > 1)
      log.warn('RedundancyUnavailable', { asked: config.network.redundancy, used: 1 });
    const hands = assignSymbols(symbols, config.symbols.perWorker, availableParallelism());
    const plan = planChildren({ config, hands, entry, outputPath });
    return await record({ config, plan, symbols, logs, log, stop });
  } finally {
    unhook();
    await logs.close();
  }
}

interface Recording {
  readonly config: StreamerConfig;
  readonly plan: ChildPlan;
  readonly symbols: readonly string[];
  readonly logs: RecorderLog;
  readonly log: Log;
  readonly stop: StopSignal;
}

async function record({ config, plan, symbols, logs, log, stop }: Recording): Promise<ExitCode> {
  const startedAtMs = Date.now();
  const board = new StatusBoard({
    startedAtMs,
    symbolsOf: plan.symbolsOf,
    streams: symbols.flatMap((symbol) => config.symbols.streams.map((stream) => `${symbol}@${stream}`)),
  });
  const desk = new BookDesk((query) => supervisor.send('order-book', query), systemClock);
  const supervisor = supervise({ plan, board, desk, logs, log, stop });
  const monitoring = await monitor(config, {
    status: () => board.status(Date.now(), supervisor.status(), stop.isStopping),
    obstacles: () => board.obstacles(Date.now(), supervisor.status()),
    hasSymbol: (symbol) => symbols.includes(symbol),
    book: (symbol, depth) => desk.query(symbol, depth),
  });
  log.info('Recording', {
    symbols: symbols.length,
    outputDir: config.storage.outputDir,
    monitoring: monitoring.url,
  });
  try {
    await Promise.race([supervisor.start(plan.groups), stop.stopped]);
    const duration = stopAfter(config, stop, log);
    await stop.stopped;
    systemClock.clearTimeout(duration);
  } finally {
    await supervisor.stop();
    await monitoring.close();
  }
  printSummary(process.stdout, {
    board,
    config,
    startedAtMs,
    nowMs: Date.now(),
    children: supervisor.status(),
  });
  return stop.exitCode;
}

function supervise({
  plan,
  board,
  desk,
  logs,
  log,
  stop,
}: {
  readonly plan: ChildPlan;
  readonly board: StatusBoard;
  readonly desk: BookDesk;
  readonly logs: RecorderLog;
  readonly log: Log;
  readonly stop: StopSignal;
}): Supervisor {
  const workers = [...plan.symbolsOf].filter(([id]) => id.startsWith('worker-'));
  const ready = new Set<string>();
  let together = false;
  const go = (id: string): void => supervisor.send(id, { type: 'go' } satisfies PrimaryMessage);
  const supervisor: Supervisor = new Supervisor({
    handlers: {
      started: (id, child) => {
        if (child.stderr)
          createInterface({ input: child.stderr }).on('line', (line) => logs.childLine(id, line));
      },
      ready: (id) => {
        log.info('ChildReady', { id });
        ready.add(id);
        // The first workers begin together, when the last of them is ready; one that is restarted begins at once.
        if (together) go(id);
        else if (workers.every(([worker]) => ready.has(worker))) {
          together = true;
          for (const [worker] of workers) go(worker);
        }
      },
      exited: (id, exit) => {
        board.ended(id);
        ready.delete(id);
        if (!stop.isStopping) log.error('ChildExited', { id, ...exit });
      },
      restarting: (id, restart) => log.warn('ChildRestarting', { id, ...restart }),
      stopTimedOut: (id, stage) => log.error('StopTimedOut', { id, stage }),
      gaveUp: (id, exit) =>
        stop.request(`${id} ended with ${exit.code ?? exit.signal}`, fatalExit(exit.code)),
      message: (id, message) => {
        const told = message as ChildMessage | { readonly type: 'stop-requested'; readonly signal: string };
        if (told.type === 'report') board.report(id, told.report);
        else if (told.type === 'book-answer') desk.answered(told.requestId, told.answer);
        else if (told.type === 'stop-requested') stop.request(told.signal);
        else if (told.type === 'snapshot-wanted') {
          const worker = workers.find(([, served]) => served.includes(told.symbol))?.[0];
          if (worker !== undefined)
            supervisor.send(worker, { type: 'take-snapshot', symbol: told.symbol } satisfies PrimaryMessage);
        }
      },
    },
  });
  return supervisor;
}

function fatalExit(code: number | null): ExitCode {
  return Object.values(EXIT).find((known) => known === code && known !== EXIT.ok) ?? EXIT.failed;
}

async function checkedSymbols(config: StreamerConfig, log: Log): Promise<readonly string[]> {
  const { market, restUrl } = config.network;
  const budget = createRequestBudget({
    limitPerMinute: PRODUCTS[market].weightPerMinute,
    clock: systemClock,
  });
  const rest = new BinanceRest({ market, baseUrl: restUrl, budget, clock: systemClock });
  try {
    return await listedSymbols(rest, config.symbols.pairs, log);
  } finally {
    rest.close();
  }
}

async function monitor(
  config: StreamerConfig,
  sources: Parameters<typeof startMonitoring>[1],
): Promise<MonitoringServer> {
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
    log.info('StopRequested', { signal });
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
