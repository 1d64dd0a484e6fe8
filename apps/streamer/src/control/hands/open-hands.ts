import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '@org/binance-client';
import type { StreamerConfig } from '@org/config';
import type { Log } from '../../logging/child-log.ts';
import type { RecorderLog } from '../../logging/recorder-log.ts';
import type { StatusBoard } from '../../monitoring/status-board.ts';
import type { Children } from '../children.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import { isRareStream } from '../rare-streams.ts';
import { expectationOf, type RecorderPlan } from '../recorder-plan.ts';
import { type ReloadReport, Reloads } from '../reload.ts';
import { repeatedly } from '../repeatedly.ts';
import type { StopSignal } from '../stop-signal.ts';
import type { ChosenSymbols, SymbolDesk } from '../universe/symbol-desk.ts';
import { moveSymbols } from './move-symbols.ts';
import { type RebalancePace, Rebalancer } from './rebalancer.ts';
import { RecordedSymbols } from './recorded-symbols.ts';

export interface HandsOptions {
  readonly children: Children;
  readonly board: StatusBoard;
  readonly desk: SymbolDesk;
  readonly load: () => StreamerConfig;
  readonly plan: (config: StreamerConfig, chosen: ChosenSymbols) => RecorderPlan;
  readonly pace: RebalancePace;
  readonly isHeld: () => boolean;
  readonly stop: StopSignal;
  readonly logs: Pick<RecorderLog, 'setLevel'>;
  readonly log: Log;
}

export interface Hands {
  /** Follows the exchange and the loads from now on. */
  start(): void;
  reload(): void;
  /** What became of the reloads. */
  reloads(): ReloadReport;
  /** Records all streams of the configuration but these, in the workers that there are; nothing when it is so already. */
  shed(streams: readonly string[]): void;
  /** Begins nothing more; resolves when what is under way has ended. */
  close(): Promise<void>;
}

/** Who records what while recording goes on: listings and delistings, moves between workers, reloads; one at a time. */
export function openHands(options: HandsOptions): Hands {
  const { children, board, desk, pace, isHeld, stop, log } = options;
  const changes = new OneAtATime();
  const rebalancer = new Rebalancer({
    clock: systemClock,
    pace,
    lines: () => linesOf(children.plan),
    countsOf: (worker) => board.eventsBySymbol(worker),
    isCalm: () => isMovable(children) && !changes.isBusy && !isHeld(),
    move: (moves) => changes.run(async () => void (await moveSymbols(moves, moving))),
  });
  const recorded = new RecordedSymbols({
    children,
    board,
    loadOf: (worker) => rebalancer.loadOf(worker),
    log,
  });
  const moving = {
    children,
    assign: recorded.assign.bind(recorded),
    board,
    clock: systemClock,
    isStopping: () => stop.isStopping,
    log,
  };
  const reloads = new Reloads(children.plan.config, {
    ...options,
    ...reloading(options, recorded),
    changes,
    nowMs: () => Date.now(),
  });
  const follow = async (): Promise<void> => {
    const change = await desk.look();
    if (change !== undefined && !stop.isStopping) recorded.change(change);
  };
  const refreshMs = (): number =>
    children.plan.config.symbols.universe?.refreshIntervalMs ?? NOTHING_TO_FOLLOW_MS;
  const tasks: { stop(): void }[] = [];
  return {
    start: () => {
      tasks.push(repeatedly(systemClock, refreshMs, () => changes.run(follow)));
      tasks.push(
        repeatedly(
          systemClock,
          () => pace.lookIntervalMs,
          () => rebalancer.look(),
        ),
      );
    },
    reload: () => reloads.request(),
    reloads: () => reloads.report(),
    shed: (streams) => {
      const isDone = (): boolean => isDeepStrictEqual(children.plan.shed ?? [], streams);
      const take = (): Promise<void> => {
        if (!isDone() && !stop.isStopping) recorded.assign({ ...children.plan, shed: streams }, {});
        return Promise.resolve();
      };
      if (!isDone()) void changes.run(take);
    },
    close: () => {
      for (const task of tasks) task.stop();
      return changes.close();
    },
  };
}

/** A reload may bring something to follow. */
const NOTHING_TO_FOLLOW_MS = 60_000;

function reloading({ children, board, desk, plan, logs }: HandsOptions, recorded: RecordedSymbols) {
  return {
    symbols: () => children.symbols,
    apply: (config: StreamerConfig): void => {
      logs.setLevel(config.logging.level);
      children.tellSettings();
    },
    choose: ({ symbols }: StreamerConfig) => desk.choose(symbols, children.symbols),
    reassign: (config: StreamerConfig, chosen: ChosenSymbols): boolean => {
      if (!hasRoom(children.plan, chosen.symbols.length)) return false;
      const wanted = new Set(chosen.symbols);
      const gone = children.symbols.filter((symbol) => !wanted.has(symbol));
      desk.adopt(chosen);
      recorded.change({ config, symbols: chosen.symbols, ...chosen.universe?.explain(gone) });
      return true;
    },
    renew: async (config: StreamerConfig, chosen: ChosenSymbols): Promise<boolean> => {
      const isReplaced = await renew(withoutShed(plan(config, chosen), children), children, board);
      if (isReplaced) {
        desk.adopt(chosen);
        recorded.renewed();
      }
      return isReplaced;
    },
  };
}

/** What was given up before stays so: the disk has not grown by it. */
function withoutShed(plan: RecorderPlan, children: Children): RecorderPlan {
  return { ...plan, shed: children.plan.shed ?? [] };
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

/** Whether the workers that there are can take so many symbols: a number of symbols a worker is kept to. */
function hasRoom({ config, workers }: RecorderPlan, symbols: number): boolean {
  const { perWorker } = config.symbols;
  const lines = config.network.redundancy;
  return perWorker === 'auto' || symbols <= perWorker * (workers.length / lines);
}

function linesOf({ workers }: RecorderPlan): readonly (readonly string[])[] {
  const lines = new Map<number, string[]>();
  for (const { id, line } of workers) lines.set(line, [...(lines.get(line) ?? []), id]);
  return [...lines.values()];
}

/** Whoever deals symbols himself keeps them dealt; and a stream that may be silent for hours cannot show that it delivers. */
function isMovable(children: Children): boolean {
  const { perWorker, streams } = children.plan.config.symbols;
  const areReady = children.states().every(({ state }) => state === 'ready');
  return perWorker === 'auto' && areReady && !streams.some(isRareStream);
}
