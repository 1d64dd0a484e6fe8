import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BinanceRest, type BudgetState, systemClock } from '@org/binance-client';
import { formatDuration, type StreamerConfig } from '@org/config';
import { FlowError } from '@org/flow';
import { nodeOf } from '../cluster/open-bus.ts';
import { Children } from '../control/children.ts';
import { EXIT, type ExitCode, FatalError } from '../control/exit-codes.ts';
import { FollowedStreams } from '../control/followed-streams.ts';
import { FolderCounters } from '../control/folder-counters.ts';
import { childNodeFlags } from '../control/node-flags.ts';
import { noHands } from '../control/hands/no-hands.ts';
import { type Hands, openHands } from '../control/hands/open-hands.ts';
import { REBALANCE_PACE, type RebalancePace } from '../control/hands/rebalancer.ts';
import { hostBudget } from '../control/host-budget.ts';
import { OrphanDesk } from '../control/orphan-desk.ts';
import { prepareOutputFolder } from '../control/output-folder.ts';
import { PrimarySignals } from '../control/primary-signals.ts';
import { expectationOf, planRecorder, type RecorderPlan } from '../control/recorder-plan.ts';
import { type RecorderSockets, recorderSockets } from '../control/recorder-sockets.ts';
import { StopSignal } from '../control/stop-signal.ts';
import { type ChosenSymbols, SymbolDesk } from '../control/universe/symbol-desk.ts';
import { SymbolMemory } from '../control/universe/symbol-memory.ts';
import { followerNames } from '../control/task.ts';
import { type Invocation, PidKeeper } from '../daemon/pid-keeper.ts';
import { boundedOutput, unfailing } from '../daemon/start-output.ts';
import { type DiskKeeperOptions, keepDisk, measureDisk } from '../disk/disk-keeper.ts';
import { DISK_PACE } from '../disk/ladder.ts';
import { errorFields, type Log } from '../logging/child-log.ts';
import { RecorderLog } from '../logging/recorder-log.ts';
import { BookDesk } from '../monitoring/book-desk.ts';
import { type MonitoringServer, startMonitoring } from '../monitoring/http-server.ts';
import { MonitoringDesk } from '../monitoring/monitoring-desk.ts';
import type { MonitoringSources } from '../monitoring/routes.ts';
import { StatusBoard } from '../monitoring/status-board.ts';
import { printSummary } from '../monitoring/summary.ts';

/** What is not always the same. */
export interface Manner {
  /** What the PID file says of this start; in the foreground without flags when absent. */
  readonly invocation?: Invocation;
  readonly pace?: RebalancePace;
  readonly disk?: Pick<DiskKeeperOptions, 'pace' | 'measure'>;
}

const IN_FOREGROUND: Invocation = { isDetached: false, flags: {} };
const WATCHED_DISK = { pace: DISK_PACE, measure: measureDisk };

/**
 * The primary: starts writer, order-book manager and workers in this order, restarts what dies, stops them in reverse,
 * and follows what the exchange lists. It carries no market data. `load` reads the configuration, now and at every reload;
 * `entry` is the program that the children run. Resolves with the exit code when everything has ended; rejects with
 * {@link FatalError} when nothing could begin.
 */
export async function runPrimary(
  load: () => StreamerConfig,
  entry: string,
  manner: Manner = {},
): Promise<ExitCode> {
  const { invocation = IN_FOREGROUND, pace = REBALANCE_PACE, disk = WATCHED_DISK } = manner;
  const config = load();
  const outputPath = prepareOutputFolder(config.storage.outputDir);
  // In the background nobody reads it and nobody rotates it.
  const outputOf = (stream: NodeJS.WriteStream) =>
    invocation.isDetached ? boundedOutput(unfailing(stream)) : unfailing(stream);
  const logs = new RecorderLog(config.logging, outputOf(process.stderr));
  const log = logs.of('primary');
  const stop = new StopSignal();
  const signals = new PrimarySignals(stop, log);
  const sockets = recorderSockets(outputPath);
  const orphans = new OrphanDesk({ socketPath: sockets.doorSocket, clock: systemClock, log });
  const exchange = openExchange(config.network, outputPath, log);
  let pidFile: PidKeeper | undefined;
  try {
    await holdFolder(orphans, outputPath);
    pidFile = new PidKeeper({ outputPath, invocation, entry, clock: systemClock, log });
    const counters = new FolderCounters({ outputPath, nowMs: () => Date.now(), random: Math.random });
    const nextEpoch = (): number => counters.nextEpoch();
    const signal = abortedBy(stop);
    const memory = new SymbolMemory(outputPath);
    const desk = new SymbolDesk({ rest: exchange.rest, memory, clock: systemClock, log, signal });
    let revision = 0;
    const plan = (planned: StreamerConfig, { symbols, weightOf }: ChosenSymbols): RecorderPlan => {
      const numbers = { generation: counters.nextGeneration(), revision: revision++ };
      return planRecorder(planned, symbols, numbers, weightOf);
    };
    const chosen = hasWorkers(config) ? await desk.choose(config.symbols, []) : NO_SYMBOLS;
    if (hasWorkers(config)) desk.adopt(chosen);
    return await record({
      load, plan, first: plan(config, chosen), desk, pace, disk, ...exchange, entry,
      nodeFlags: childNodeFlags(), outputPath, sockets,
      nextEpoch, orphans, signals, logs, log, stop, pidFile,
      output: outputOf(process.stdout),
    }); // prettier-ignore
  } catch (error) {
    log.error('RecorderFailed', errorFields(error));
    throw error;
  } finally {
    exchange.close();
    // Before the door: the next one finds no file that is about to go.
    pidFile?.close();
    await orphans.close();
    signals.close();
    await logs.close();
  }
}

/** Others hear of symbols by what is forwarded. */
function hasWorkers({ cluster: { role } }: StreamerConfig): boolean {
  return role === 'all' || role === 'collector';
}

const NO_SYMBOLS: ChosenSymbols = { symbols: [], weightOf: undefined, universe: undefined };

interface Recording {
  readonly load: () => StreamerConfig;
  readonly plan: (config: StreamerConfig, chosen: ChosenSymbols) => RecorderPlan;
  readonly first: RecorderPlan;
  readonly desk: SymbolDesk;
  readonly pace: RebalancePace;
  readonly disk: Pick<DiskKeeperOptions, 'pace' | 'measure'>;
  /** Whether the exchange has forbidden requests for now. */
  readonly isHeld: () => boolean;
  /** The request weight of this machine. */
  readonly budget: () => BudgetState;
  readonly entry: string;
  readonly nodeFlags: readonly string[];
  readonly outputPath: string;
  readonly sockets: RecorderSockets;
  readonly nextEpoch: () => number;
  readonly orphans: OrphanDesk;
  readonly signals: PrimarySignals;
  readonly logs: RecorderLog;
  readonly log: Log;
  readonly stop: StopSignal;
  readonly pidFile: PidKeeper;
  /** For the summary. */
  readonly output: NodeJS.WritableStream;
}

async function record(recording: Recording): Promise<ExitCode> {
  const { first, log, stop, orphans, signals } = recording;
  const { config } = first;
  const startedAtMs = Date.now();
  const place = { config: config.cluster, node: nodeOf(config.cluster) };
  const board = new StatusBoard(startedAtMs, expectationOf(first), place);
  const desk = new BookDesk((query) => children.send('order-book', query), systemClock);
  const children: Children = new Children({
    ...recording,
    ...first,
    board,
    desk,
    followed: (seen, gone) => followed.take(seen, gone),
  });
  const followed = new FollowedStreams({ children, board });
  const obstacles = (): string[] => board.obstacles(Date.now(), children.states());
  const hands = hasWorkers(config)
    ? openHands({ ...recording, children, board })
    : noHands(config.cluster.role, () => Date.now());
  const monitored = new MonitoringDesk({
    board, children, startedAtMs, books: desk, isStopping: () => stop.isStopping, budget: recording.budget,
    reloads: () => hands.reloads(), logs: () => recording.logs.counters(), market: config.network.market,
    clock: systemClock,
  }); // prettier-ignore
  const monitoring = await monitor(config, monitored);
  monitored.start();
  recording.pidFile.answersAt(monitoring.url);
  log.info('Recording', {
    symbols: first.symbols.length,
    outputDir: config.storage.outputDir,
    monitoring: monitoring.url,
  });
  let diskWatch: { close(): void } | undefined;
  try {
    orphans.takeOver(() => children.haveBegun && obstacles().length === 0);
    await Promise.race([children.start(), stop.stopped]);
    const duration = stopAfter(config, stop, log);
    hands.start();
    if (!stop.isStopping && isStoring(config)) diskWatch = watchDisk(recording, children, board, hands);
    signals.onReload(() => hands.reload());
    await stop.stopped;
    systemClock.clearTimeout(duration);
    log.info('Stopping', { reason: stop.reason });
  } finally {
    diskWatch?.close();
    const changes = hands.close();
    await children.stop();
    await changes;
    monitored.stop();
    await monitoring.close();
    // Nobody is left who could bring what is still in there.
    rmSync(join(recording.outputPath, '.spool'), { recursive: true, force: true });
  }
  const summary = { board, config, symbols: children.symbols, startedAtMs, nowMs: Date.now() };
  printSummary(recording.output, { ...summary, children: children.states() });
  const exitCode = children.failedStops.size > 0 && stop.exitCode === EXIT.ok ? EXIT.failed : stop.exitCode;
  log.info('Stopped', { reason: stop.reason, exitCode });
  return exitCode;
}

/** Books are kept in memory: a full disk is no reason to show them no more. */
function isStoring({ cluster: { role } }: StreamerConfig): boolean {
  return role !== 'order-book';
}

function watchDisk(
  { outputPath, disk, stop, log }: Recording,
  children: Children,
  board: StatusBoard,
  hands: Hands,
): { close(): void } {
  const isWriter = children.plan.config.cluster.role === 'writer';
  return keepDisk({
    ...disk,
    outputPath,
    storage: children.plan.config.storage,
    writtenBytes: () => board.totals().bytes,
    // A writer takes what comes: it can pack, and stop.
    streams: () => (isWriter ? [] : children.plan.config.symbols.streams),
    isPartitioned: isWriter,
    hasSinks: followerNames(children.plan.config).length > 0,
    actions: {
      dropHolds: () => children.send('writer', { type: 'drop-holds' }),
      packEarly: () => children.send(isWriter ? 'partition-writer' : 'writer', { type: 'pack-early' }),
      shed: (streams) => hands.shed(streams),
      stop: () => stop.request('no room is left on the disk', EXIT.diskFull),
    },
    report: (status) => (board.disk = status),
    log,
  });
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

/** The way to ask the exchange, kept open for as long as recording lasts. */
function openExchange(
  network: StreamerConfig['network'],
  outputPath: string,
  log: Log,
): Pick<Recording, 'isHeld' | 'budget'> & { readonly rest: BinanceRest; readonly close: () => void } {
  const budget = hostBudget(network, outputPath, log);
  const rest = new BinanceRest({ market: network.market, restUrl: network.restUrl, budget });
  return {
    rest,
    isHeld: () => budget.state().hold !== undefined,
    budget: () => budget.state(),
    close: () => {
      rest.close();
      budget.close();
    },
  };
}

function abortedBy(stop: StopSignal): AbortSignal {
  const controller = new AbortController();
  void stop.stopped.then(() => controller.abort());
  return controller.signal;
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
