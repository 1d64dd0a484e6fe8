import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BinanceRest, systemClock } from '@org/binance-client';
import { formatDuration, type StreamerConfig } from '@org/config';
import { FlowError } from '@org/flow';
import { listedSymbols } from '../control/check-symbols.ts';
import { Children } from '../control/children.ts';
import { EXIT, type ExitCode, FatalError } from '../control/exit-codes.ts';
import { FolderCounters } from '../control/folder-counters.ts';
import { hostBudget } from '../control/host-budget.ts';
import { OrphanDesk } from '../control/orphan-desk.ts';
import { prepareOutputFolder } from '../control/output-folder.ts';
import { PrimarySignals } from '../control/primary-signals.ts';
import { expectationOf, planRecorder, type RecorderPlan } from '../control/recorder-plan.ts';
import { type RecorderSockets, recorderSockets } from '../control/recorder-sockets.ts';
import { Reloads } from '../control/reload.ts';
import { StopSignal } from '../control/stop-signal.ts';
import type { Log } from '../logging/child-log.ts';
import { openRecorderLog, type RecorderLog } from '../logging/recorder-log.ts';
import { BookDesk } from '../monitoring/book-desk.ts';
import { type MonitoringServer, type MonitoringSources, startMonitoring } from '../monitoring/http-server.ts';
import { StatusBoard } from '../monitoring/status-board.ts';
import { printSummary } from '../monitoring/summary.ts';

/**
 * The primary: starts writer, order-book manager and workers in this order, restarts what dies, stops them in reverse.
 * It carries no market data. `load` reads the configuration, now and at every reload; `entry` is the program that the
 * children run. Resolves with the exit code when everything has ended; rejects with {@link FatalError} when nothing
 * could begin.
 */
export async function runPrimary(load: () => StreamerConfig, entry: string): Promise<ExitCode> {
  const config = load();
  const outputPath = prepareOutputFolder(config.storage.outputDir);
  const logs = openRecorderLog(config.logging, process.stderr);
  const log = logs.of('primary');
  const stop = new StopSignal();
  const signals = new PrimarySignals(stop, log);
  const sockets = recorderSockets(outputPath);
  const orphans = new OrphanDesk({ socketPath: sockets.doorSocket, clock: systemClock, log });
  try {
    await holdFolder(orphans, outputPath);
    const counters = new FolderCounters({ outputPath, nowMs: () => Date.now(), random: Math.random });
    const nextEpoch = (): number => counters.nextEpoch();
    let revision = 0;
    const plan = async (planned: StreamerConfig): Promise<RecorderPlan> => {
      const symbols = await checkedSymbols(planned, outputPath, log);
      return planRecorder(planned, symbols, counters.nextGeneration(), revision++);
    };
    const first = await plan(config);
    return await record({
      load, plan, first, entry, outputPath, sockets, nextEpoch, orphans, signals, logs, log, stop,
    }); // prettier-ignore
  } finally {
    await orphans.close();
    signals.close();
    await logs.close();
  }
}

interface Recording {
  readonly load: () => StreamerConfig;
  readonly plan: (config: StreamerConfig) => Promise<RecorderPlan>;
  readonly first: RecorderPlan;
  readonly entry: string;
  readonly outputPath: string;
  readonly sockets: RecorderSockets;
  readonly nextEpoch: () => number;
  readonly orphans: OrphanDesk;
  readonly signals: PrimarySignals;
  readonly logs: RecorderLog;
  readonly log: Log;
  readonly stop: StopSignal;
}

async function record(recording: Recording): Promise<ExitCode> {
  const { first, log, stop, orphans, signals } = recording;
  const { config } = first;
  const startedAtMs = Date.now();
  const board = new StatusBoard(startedAtMs, expectationOf(first));
  const desk = new BookDesk((query) => children.send('order-book', query), systemClock);
  const children = new Children({ ...recording, ...first, board, desk });
  const obstacles = (): string[] => board.obstacles(Date.now(), children.states());
  const monitoring = await monitor(config, {
    status: () => board.status(Date.now(), children.states(), stop.isStopping),
    obstacles,
    hasSymbol: (symbol) => children.symbols.includes(symbol),
    book: (symbol, depth) => desk.query(symbol, depth),
  });
  log.info('Recording', {
    symbols: first.symbols.length,
    outputDir: config.storage.outputDir,
    monitoring: monitoring.url,
  });
  const reloads = new Reloads(config, {
    ...recording,
    renew: (plan) => renew(plan, children, board),
    symbols: () => children.symbols,
  });
  try {
    orphans.takeOver(() => children.haveBegun && obstacles().length === 0);
    await Promise.race([children.start(), stop.stopped]);
    const duration = stopAfter(config, stop, log);
    signals.onReload(() => reloads.request());
    await stop.stopped;
    systemClock.clearTimeout(duration);
    log.info('Stopping', { reason: stop.reason });
  } finally {
    await children.stop();
    await reloads.close();
    await monitoring.close();
    // Nobody is left who could bring what is still in there.
    rmSync(join(recording.outputPath, '.spool'), { recursive: true, force: true });
  }
  const summary = { board, config, symbols: children.symbols, startedAtMs, nowMs: Date.now() };
  printSummary(process.stdout, { ...summary, children: children.states() });
  const exitCode = children.failedStops.size > 0 && stop.exitCode === EXIT.ok ? EXIT.failed : stop.exitCode;
  log.info('Stopped', { reason: stop.reason, exitCode });
  return exitCode;
}

async function renew(plan: RecorderPlan, children: Children, board: StatusBoard): Promise<boolean> {
  const [before, after] = [children.workers, plan.workers.map(({ id }) => id)];
  const expected = board.expected;
  const startedAtMs = Date.now();
  board.expect(expectationOf(plan));
  const isReplaced = await children.renew(plan, {
    deliver: () => board.deliver(after),
    cover: () => board.cover(after, before, startedAtMs),
  });
  if (!isReplaced) board.expect(expected);
  return isReplaced;
}

/** Rejects when another primary holds the folder. */
async function holdFolder(orphans: OrphanDesk, outputPath: string): Promise<void> {
  try {
    await orphans.open();
  } catch (cause) {
    if (!(cause instanceof FlowError && cause.code === 'SOCKET_IN_USE')) throw cause;
    throw new FatalError(EXIT.alreadyRunning, `another recorder records into ${outputPath}`, { cause });
  }
}

async function checkedSymbols(
  config: StreamerConfig,
  outputPath: string,
  log: Log,
): Promise<readonly string[]> {
  const { market, restUrl } = config.network;
  const budget = hostBudget(config.network, outputPath, log);
  const rest = new BinanceRest({ market, restUrl, budget });
  try {
    return await listedSymbols(rest, config.symbols.pairs, log);
  } finally {
    rest.close();
    budget.close();
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
