import { isDeepStrictEqual } from 'node:util';
import { type ClockTimer, systemClock } from '@org/binance-client';
import { parseStreamKey } from '@org/market-data';
import { Supervisor, type SupervisorHandlers } from '@org/supervision';
import { errorFields, type Log } from '../logging/child-log.ts';
import type { RecorderLog } from '../logging/recorder-log.ts';
import type { BookDesk } from '../monitoring/book-desk.ts';
import type { ChildState } from '../monitoring/recorder-status.ts';
import type { StatusBoard } from '../monitoring/status-board.ts';
import { bookPlan, type ChildPlanOptions, childSpecs, workerSpecs } from './child-specs.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { ChildMessage, PrimaryMessage, RepairWish } from './messages.ts';
import { recordedStreams, type RecorderPlan } from './recorder-plan.ts';
import { isFollower } from './task.ts';
import type { StopSignal } from './stop-signal.ts';

export interface ChildrenOptions extends Omit<ChildPlanOptions, 'output' | 'handOf'> {
  readonly logs: RecorderLog;
  readonly log: Log;
  readonly stop: StopSignal;
  readonly board: StatusBoard;
  readonly desk: BookDesk;
  /** Depth streams that collectors forward have appeared, and ended. */
  readonly followed: (seen: readonly string[], gone: readonly string[]) => void;
}

/** What is true of symbols that workers take and leave. */
export interface HandChange {
  /** Those that are taken are recorded by another worker, which will leave them. */
  readonly joinsRunning?: boolean;
  /** Those that the exchange itself ended. */
  readonly ended?: ReadonlySet<string>;
  /** How far each stream that is left must have come before. */
  readonly reached?: ReadonlyMap<string, number>;
}

/** How long workers wait for their successors to deliver. */
const RENEWAL_PATIENCE_MS = 30_000;
const LOOK_INTERVAL_MS = 200;

/** Somebody waits for the status: a worker that is busy is shown as it was. */
const REPORT_PATIENCE_MS = 250;
const REPORT_LOOK_MS = 5;

/** How long the first workers wait for each other. */
const GO_TIMEOUT_MS = 5000;

/** The children of the primary: starts and stops them, and passes their messages on. */
export class Children {
  readonly #options: ChildrenOptions;
  readonly #supervisor: Supervisor;
  #plan: ChildPlanOptions;
  readonly #exitCodes = new Map<string, number | null>();
  readonly #waitingForGo = new Set<string>();
  /** Whether the workers were told to begin. */
  haveBegun = false;
  #goTimer: ClockTimer | undefined;
  /** Children that did not end as they should when they were told to stop: what they held may be lost. */
  readonly failedStops = new Set<string>();

  constructor(options: ChildrenOptions) {
    this.#options = options;
    this.#plan = {
      ...options,
      output: options.logs.childOutput,
      handOf: (worker) => this.#plan.workers.find(({ id }) => id === worker)?.symbols,
    };
    this.#supervisor = new Supervisor({ handlers: this.#handlers() });
  }

  /** Resolves when all are ready, or when it is clear that they will not be; then the stop signal is set. */
  async start(): Promise<void> {
    const { stop } = this.#options;
    try {
      await this.#supervisor.start(childSpecs(this.#plan));
    } catch (error) {
      stop.request(error instanceof Error ? error.message : String(error), EXIT.failed);
    }
  }

  /**
   * Puts other workers in the place of those that are there: the new ones begin beside the old ones, which end when
   * `deliver` says that the new ones bring every stream, or, after a time, whatever the old ones still bring (`cover`). If
   * they do not, the old ones stay and the new ones go. The ids of the two must differ. Returns whether they were replaced.
   */
  async renew(
    plan: RecorderPlan,
    { deliver, cover }: { readonly deliver: () => boolean; readonly cover: () => boolean },
  ): Promise<boolean> {
    const before = this.#plan;
    this.#plan = { ...before, ...plan };
    this.send('order-book', { type: 'keep-books', books: bookPlan(this.#plan) });
    // One that never becomes ready is no reason to wait for ever: it delivers nothing.
    for (const spec of workerSpecs(this.#plan)) this.#supervisor.add(spec).catch(() => undefined);
    await this.#until(deliver);
    const isReplaced = deliver() || cover();
    if (!isReplaced) this.#plan = before;
    const leaving = isReplaced ? before.workers : plan.workers;
    if (!isReplaced) this.send('order-book', { type: 'keep-books', books: bookPlan(before) });
    await Promise.all(leaving.map(({ id }) => this.#supervisor.remove(id)));
    return isReplaced;
  }

  /**
   * Gives the workers that there are the symbols of another plan, which has the same workers. Those that keep a symbol
   * see nothing of it; a worker that is being started anew begins with what it should have by then.
   */
  reassign(plan: RecorderPlan, change: HandChange = {}): void {
    const before = this.#plan;
    this.#plan = { ...before, ...plan };
    if (!isDeepStrictEqual(recordedStreams(before), recordedStreams(plan)))
      for (const id of this.workers) this.#tellStreams(id);
    const handBefore = new Map(before.workers.map(({ id, symbols }) => [id, symbols]));
    for (const { id, symbols } of plan.workers) this.#tell(id, handBefore.get(id) ?? [], symbols, change);
    if (before.symbols !== plan.symbols)
      this.send('order-book', { type: 'keep-books', books: bookPlan(this.#plan) });
  }

  /** Resolves when every worker that is ready has reported, or after a moment. */
  async freshReports(): Promise<void> {
    const { board } = this.#options;
    const askedAtMs = Date.now();
    const ready = this.states().filter(({ role, state }) => role === 'worker' && state === 'ready');
    for (const { id } of ready) this.send(id, { type: 'report-now' });
    const deadlineMs = systemClock.nowMs() + REPORT_PATIENCE_MS;
    while (!ready.every(({ id }) => board.hasReported(id, askedAtMs)) && systemClock.nowMs() < deadlineMs)
      await new Promise<void>((resolve) => void systemClock.setTimeout(resolve, REPORT_LOOK_MS));
  }

  /** Tells all children what a reload changed in those that go on. */
  tellSettings(): void {
    for (const { id } of this.states()) this.#sendSettings(id);
  }

  send(id: string, message: PrimaryMessage): void {
    this.#supervisor.send(id, message);
  }

  get plan(): RecorderPlan {
    return this.#plan;
  }

  get workers(): readonly string[] {
    return this.#plan.workers.map(({ id }) => id);
  }

  /** What is recorded now. */
  get symbols(): readonly string[] {
    return this.#plan.symbols;
  }

  states(): ChildState[] {
    return this.#supervisor.status();
  }

  stop(): Promise<void> {
    systemClock.clearTimeout(this.#goTimer);
    this.send('writer', { type: 'make-room' });
    return this.#supervisor.stop();
  }

  #tellStreams(worker: string): void {
    this.send(worker, { type: 'record-streams', streams: recordedStreams(this.#plan) });
  }

  #tell(id: string, had: readonly string[], has: readonly string[], change: HandChange): void {
    const [hadSet, hasSet] = [new Set(had), new Set(has)];
    const taken = has.filter((symbol) => !hadSet.has(symbol));
    const left = had.filter((symbol) => !hasSet.has(symbol));
    const isEnded = (symbol: string): boolean => change.ended?.has(symbol) ?? false;
    const reached = Object.fromEntries(change.reached ?? []);
    for (const isExplained of [true, false]) {
      const symbols = left.filter((symbol) => isEnded(symbol) === isExplained);
      if (symbols.length > 0) this.send(id, { type: 'leave-symbols', symbols, isExplained, reached });
    }
    const joinsRunning = change.joinsRunning ?? false;
    if (taken.length > 0) this.send(id, { type: 'take-symbols', symbols: taken, joinsRunning });
  }

  #handlers(): SupervisorHandlers {
    const { log, stop, board } = this.#options;
    return {
      ready: (id) => this.#ready(id),
      exited: (id, { cause, code, signal, expected }) => {
        board.ended(id);
        this.#exitCodes.set(id, code);
        if (expected && code !== 0) {
          // What a follower has not brought on is in the journal.
          if (!this.#isFollower(id)) this.failedStops.add(id);
          log.error('StopFailed', { id, code, signal });
        }
        if (!expected)
          log.error('ChildExited', { id, code, signal, ...(cause === undefined ? {} : errorFields(cause)) });
      },
      restarting: (id, restart) => log.warn('ChildRestarting', { id, ...restart }),
      stopTimedOut: (id, stage) => log.error('StopTimedOut', { id, stage }),
      gaveUp: (id, error) => {
        log.error('ChildGivenUp', { id, ...errorFields(error) });
        stop.request(error.message, exitCodeFor(this.#exitCodes.get(id)));
      },
      stopRequested: (id, signal) => {
        log.info('SignalReceived', { id, signal });
        stop.request(signal);
      },
      message: (id, message) => this.#message(id, message as ChildMessage),
    };
  }

  #isFollower(id: string): boolean {
    return this.states().some((child) => child.id === id && isFollower(child.role));
  }

  #sendSettings(id: string): void {
    const { logging, orderbook } = this.#plan.config;
    this.send(id, { type: 'settings', settings: { logLevel: logging.level, orderbook } });
  }

  /** The first workers begin together, when the last is ready or has had its time; later ones begin at once. */
  #ready(id: string): void {
    this.#options.log.info('ChildReady', { id });
    this.#sendSettings(id);
    const role = this.states().find((child) => child.id === id)?.role;
    // It was started with the books of the first plan; what it should keep may have changed since.
    if (role === 'order-book') this.send(id, { type: 'keep-books', books: bookPlan(this.#plan) });
    if (role !== 'worker') return;
    // The worker was started with all streams of the configuration.
    if (this.#plan.shed?.length) this.#tellStreams(id);
    this.#waitingForGo.add(id);
    if (this.haveBegun || this.#waitingForGo.size === this.#plan.workers.length) this.#go();
    else this.#goTimer ??= systemClock.setTimeout(() => this.#go(), GO_TIMEOUT_MS);
  }

  #go(): void {
    this.haveBegun = true;
    systemClock.clearTimeout(this.#goTimer);
    for (const worker of this.#waitingForGo) this.send(worker, { type: 'go' });
    this.#waitingForGo.clear();
  }

  #message(id: string, message: ChildMessage): void {
    const { board, desk } = this.#options;
    switch (message.type) {
      case 'report':
        return board.report(id, message.report, Date.now());
      case 'book-answer':
        return desk.answered(message.requestId, message.answer);
      case 'tops-answer':
        return desk.topsAnswered(message.requestId, message.answers);
      case 'snapshot-wanted': {
        const taker = this.#snapshotTakerOf(message.symbol);
        if (taker !== undefined) this.send(taker, { type: 'take-snapshot', symbol: message.symbol });
        return;
      }
      case 'depth-streams':
        return this.#options.followed(message.seen, message.gone);
      case 'repairs-wanted':
        this.#repair(message.repairs);
    }
  }

  #repair(repairs: readonly RepairWish[]): void {
    for (const [symbol, wishes] of bySymbol(repairs)) {
      const worker = this.#workerOf(symbol);
      if (worker !== undefined) this.send(worker, { type: 'repair', repairs: wishes });
    }
  }

  #snapshotTakerOf(symbol: string): string | undefined {
    return this.#plan.config.cluster.role === 'order-book' ? 'partition-follower' : this.#workerOf(symbol);
  }

  /** A worker that is up and has the symbol; of several lines the first. */
  #workerOf(symbol: string): string | undefined {
    const ready = new Set(this.states().flatMap(({ id, state }) => (state === 'ready' ? [id] : [])));
    return this.#plan.workers.find(({ id, symbols }) => ready.has(id) && symbols.includes(symbol))?.id;
  }

  async #until(deliver: () => boolean): Promise<void> {
    const deadlineMs = systemClock.nowMs() + RENEWAL_PATIENCE_MS;
    while (!deliver() && systemClock.nowMs() < deadlineMs && !this.#options.stop.isStopping)
      await new Promise<void>((resolve) => void systemClock.setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}

/** The wishes of each symbol's stream keys, by symbol. */
function bySymbol(repairs: readonly RepairWish[]): ReadonlyMap<string, readonly RepairWish[]> {
  const groups = new Map<string, RepairWish[]>();
  for (const repair of repairs) {
    const symbol = parseStreamKey(repair.stream)?.symbol ?? '';
    groups.set(symbol, [...(groups.get(symbol) ?? []), repair]);
  }
  return groups;
}

function exitCodeFor(code: number | null | undefined): ExitCode {
  return Object.values(EXIT).find((known) => known === code && known !== EXIT.ok) ?? EXIT.failed;
}
