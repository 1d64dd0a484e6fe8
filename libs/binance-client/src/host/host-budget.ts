import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { systemClock } from '../clock.ts';
import type { Clock, ClockTimer } from '../clock.ts';
import { BinanceClientError, isBinanceClientError } from '../errors.ts';
import { numericOptions } from '../numeric-options.ts';
import { IN_FLIGHT_MAX, WAITING_MAX } from '../rest/request-budget.ts';
import type { BudgetRequest, BudgetState, RequestBudget, RequestOutcome, RequestPermit } from '../rest/request-budget.ts'; // prettier-ignore
import { RequestQueue } from '../rest/request-queue.ts';
import { WINDOW_MS } from '../rest/weight-window.ts';
import type { BudgetSnapshot } from '../rest/weight-window.ts';
import { ATTEMPTS_MAX, ATTEMPTS_WINDOW_MS } from '../stream/attempt-limiter.ts';
import type { ConnectionAttempts } from '../stream/attempt-limiter.ts';
import { BanFile } from './ban-file.ts';
import { HostAttempts } from './host-attempts.ts';
import { thisMachine } from './host-machine.ts';
import type { HostMachine } from './host-machine.ts';
import { HostWeight, parseHostWeight } from './host-weight.ts';
import type { HostAnswer, Owner } from './host-weight.ts';
import { SharedFile } from './shared-file.ts';
import { parseStored, storedText } from './stored-state.ts';

export interface HostBudgetOptions {
  /** Where the files are, for all processes of the user; made with mode 0700. Needs hard links, so no FAT. */
  readonly folder: string;
  /**
   * Names the budget, for example the host of `restUrl`. Products that share one limit share one name: USD-M and COIN-M
   * do since 2026-06-30.
   */
  readonly host: string;
  /** Until `exchangeInfo` states another; a limit that is in the file already counts more. */
  readonly limitPerMinute: number;
  readonly clock?: Clock;
  /** In [0, 1); default `Math.random`. */
  readonly random?: () => number;
  readonly machine?: HostMachine;
  /** Requests of this process that wait for leave; default 10,000. */
  readonly waitingMax?: number;
  /** Requests of this process that wait for an answer; default 16. */
  readonly inFlightMax?: number;
  /** How long a request counts after its answer; default 60 s. */
  readonly windowMs?: number;
  /** How long a waiting process may not be heard of and keep its place; default 3 s. */
  readonly waiterTimeoutMs?: number;
  /** A request whose answer is outstanding for so long counts as answered; default 60 s. */
  readonly outstandingMaxMs?: number;
  /** Longest time between two looks at the file while requests wait; default 250 ms. */
  readonly pollMs?: number;
  /** Default 300 in `attemptsWindowMs`. */
  readonly attemptsMax?: number;
  /** Default 5 min. */
  readonly attemptsWindowMs?: number;
}

/** Since the budget was opened, in this process. */
export interface HostBudgetCounters {
  readonly granted: number;
  /** Changes that another process was faster with; each was decided again. */
  readonly races: number;
  /** The file was missing or damaged, and its content began anew. */
  readonly startedAnew: number;
  /** The files could not be used; waiting requests were refused with `BUDGET_UNAVAILABLE`. */
  readonly failures: number;
  /** Connection attempts that the other processes do not know of, because the file could not be used. */
  readonly unsharedAttempts: number;
}

/** A budget of all processes of a machine. `state()` counts them all, but `waiting` is of this process. */
export interface HostBudget extends RequestBudget {
  /** For `MarketStreams`; does not wait for requests. */
  readonly attempts: ConnectionAttempts;
  counters(): HostBudgetCounters;
  /** Refuses what waits, with `REQUEST_ABORTED`. Others need not be told: they notice the end of a process. */
  close(): void;
}

const DEFAULTS = {
  waitingMax: WAITING_MAX,
  inFlightMax: IN_FLIGHT_MAX,
  windowMs: WINDOW_MS,
  waiterTimeoutMs: 3_000,
  outstandingMaxMs: 60_000,
  pollMs: 250,
  attemptsMax: ATTEMPTS_MAX,
  attemptsWindowMs: ATTEMPTS_WINDOW_MS,
};
const LEAST: typeof DEFAULTS = {
  waitingMax: 1, inFlightMax: 1, windowMs: 1, waiterTimeoutMs: 1, outstandingMaxMs: 1, pollMs: 1, attemptsMax: 1,
  attemptsWindowMs: 1,
}; // prettier-ignore

/** Looks per `pollMs` while only another's turn is waited for. */
const TURNS_PER_POLL = 10;
/** A grant that is used later than this after it was asked for is asked for again. */
const LATE_GRANT_MS = 1_000;
/** Between attempts to store an answer that could not be stored. */
const RESTORE_MS = 1_000;

/**
 * The budget that all processes of a machine share through files in `folder`, whichever of them live or die. Throws
 * {@link BinanceClientError} `BUDGET_UNAVAILABLE` where the folder cannot be used.
 */
export function openHostBudget(options: HostBudgetOptions): HostBudget {
  return new FileBudget(options);
}

interface Granted {
  readonly id: number;
}

interface Settlement {
  readonly id: number;
  readonly outcome: RequestOutcome;
}

class FileBudget implements HostBudget {
  readonly attempts: HostAttempts;
  readonly #settings: typeof DEFAULTS;
  readonly #limitPerMinute: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #machine: HostMachine;
  readonly #owner: Owner;
  readonly #file: SharedFile;
  readonly #ban: BanFile;
  readonly #queue: RequestQueue;
  /** Requests whose answers are outstanding, and those whose answers are not stored yet. */
  readonly #inFlight = new Set<number>();
  #settlements: Settlement[] = [];
  #hasPlace = false;
  /** The text that was read or written last: what is known should the file be lost. */
  #known: string | undefined;
  #timer: ClockTimer | undefined;
  #granted = 0;
  #startedAnew = 0;
  #failures = 0;

  constructor(options: HostBudgetOptions) {
    this.#settings = numericOptions(DEFAULTS, options, LEAST);
    this.#limitPerMinute = options.limitPerMinute;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#machine = options.machine ?? thisMachine;
    this.#owner = `${this.#machine.pid}-${randomBytes(6).toString('hex')}`;
    const folder = path.join(options.folder, fileName(options.host));
    const { waitingMax, attemptsMax, attemptsWindowMs } = this.#settings;
    this.#file = new SharedFile(path.join(folder, 'weight'));
    this.#ban = new BanFile(new SharedFile(path.join(folder, 'ban'), true), this.#machine);
    const attempts = new SharedFile(path.join(folder, 'attempts'));
    this.attempts = new HostAttempts(attempts, this.#machine, attemptsMax, attemptsWindowMs);
    this.#queue = new RequestQueue(waitingMax, () => this.#pump());
    this.#change(() => undefined);
  }

  acquire(request: BudgetRequest): Promise<RequestPermit> {
    return this.#queue.join(request, this.#machine.nowMs());
  }

  setLimit(limitPerMinute: number): void {
    this.#guarded(() =>
      this.#change((weight) => {
        if (weight.window.limitPerMinute === limitPerMinute) return;
        weight.window.limitPerMinute = limitPerMinute;
        weight.isChanged = true;
      }),
    );
    this.#pump();
  }

  state(): BudgetState {
    const nowMs = this.#machine.nowMs();
    const { window } = this.#look();
    return {
      limitPerMinute: window.limitPerMinute,
      usedWeight: window.used(nowMs),
      waiting: this.#queue.length,
      inFlight: window.inFlight,
      hold: window.hold(nowMs),
    };
  }

  snapshot(): BudgetSnapshot {
    const { window } = this.#look();
    return window.snapshot(this.#machine.nowMs(), this.#machine.epochMs());
  }

  restore(snapshot: BudgetSnapshot): void {
    this.#guarded(() =>
      this.#change((weight, nowMs) => {
        weight.window.restore(snapshot, nowMs, this.#machine.epochMs());
        weight.isChanged = true;
      }),
    );
    this.#pump();
  }

  counters(): HostBudgetCounters {
    return {
      granted: this.#granted,
      races: this.#file.races,
      startedAnew: this.#startedAnew,
      failures: this.#failures,
      unsharedAttempts: this.attempts.failures,
    };
  }

  close(): void {
    this.#queue.refuseAll(new BinanceClientError('REQUEST_ABORTED', 'request: the host budget was closed'));
    this.#pump();
    this.#clock.clearTimeout(this.#timer);
  }

  /** Stores the answers that have come, grants what may go now, and sets the one timer for the next look. */
  #pump(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#queue.length === 0 && this.#settlements.length === 0 && !this.#hasPlace) return;
    const failure = this.#guarded(() => this.#turn());
    if (failure !== undefined) this.#failed(failure);
  }

  #turn(): void {
    const startedAtMs = this.#machine.nowMs();
    const { granted, answer } = this.#change((weight, nowMs) => this.#askFor(weight, nowMs));
    this.#hasPlace = answer !== undefined;
    for (const { id } of granted) this.#inFlight.add(id);
    if (this.#machine.nowMs() - startedAtMs >= LATE_GRANT_MS) return this.#giveBack(granted);
    for (const { id } of granted) this.#queue.shift()?.grant(this.#permit(id));
    if (answer !== undefined) this.#lookAgain(answer);
  }

  /** Grants the first requests of the queue one after the other; tells what the next one waits for, if anything. */
  #askFor(weight: HostWeight, nowMs: number): { granted: readonly Granted[]; answer?: HostAnswer } {
    const granted: Granted[] = [];
    for (const request of this.#queue) {
      // Its answers make room here, and meanwhile it must not stand in the way of others.
      if (weight.outstandingOf(this.#owner) >= this.#settings.inFlightMax) break;
      const { weight: of, priority, sinceMs } = request;
      const answer = weight.ask({ owner: this.#owner, weight: of, priority, sinceMs }, nowMs);
      if (answer.type !== 'granted') return { granted, answer };
      granted.push(answer);
    }
    weight.leave(this.#owner);
    return { granted };
  }

  /** This process was stopped before it could use the grants. Since then there may be a hold, or others took the weight. */
  #giveBack(granted: readonly Granted[]): void {
    for (const { id } of granted) this.#settlements.push({ id, outcome: { ok: false } });
    this.#lookAgain({ type: 'behind' });
  }

  #lookAgain(answer: HostAnswer): void {
    const { pollMs } = this.#settings;
    const lookMs = (answer.type === 'behind' ? pollMs / TURNS_PER_POLL : pollMs) * (0.5 + this.#random() / 2);
    const waitMs = answer.type === 'wait' ? Math.min(answer.forMs, lookMs) : lookMs;
    this.#timer = this.#clock.setTimeout(() => this.#pump(), Math.ceil(waitMs));
  }

  /** What waits is refused, and no request leaves uncounted. What was answered is kept until it can be stored. */
  #failed(failure: BinanceClientError): void {
    this.#queue.refuseAll(failure);
    if (this.#settlements.length === 0) return;
    this.#timer = this.#clock.setTimeout(() => this.#pump(), RESTORE_MS);
  }

  /** Counts and returns the error of files that cannot be used. */
  #guarded(use: () => unknown): BinanceClientError | undefined {
    try {
      use();
      return undefined;
    } catch (error) {
      if (!isBinanceClientError(error)) throw error;
      this.#failures++;
      return error;
    }
  }

  #permit(id: number): RequestPermit {
    this.#granted++;
    let isSettled = false;
    return {
      settle: (outcome) => {
        if (isSettled) return;
        isSettled = true;
        this.#settlements.push({ id, outcome });
        this.#pump();
      },
    };
  }

  /** Makes one change on top of what all processes did, together with what this one still has to tell. */
  #change<R>(decide: (weight: HostWeight, nowMs: number) => R): R {
    const settlements = this.#settlements;
    const result = this.#file.change((stored) => {
      const nowMs = this.#machine.nowMs();
      const weight = this.#load(stored);
      weight.tidy(nowMs, (owner, id) => this.#isAwaited(owner, id), (owner) => !this.#isAlive(owner)); // prettier-ignore
      for (const { id, outcome } of settlements) weight.settle(id, nowMs, outcome);
      const answer = decide(weight, nowMs);
      this.#known = weight.isChanged ? storedText(weight.state(nowMs), this.#machine) : stored;
      return { text: weight.isChanged ? this.#known : undefined, result: answer };
    });
    this.#settlements = this.#settlements.filter((settlement) => !settlements.includes(settlement));
    for (const { id } of settlements) this.#inFlight.delete(id);
    if (settlements.some(({ outcome }) => outcome.hold?.reason === 'banned')) this.#storeBan();
    return result;
  }

  /** What is stored, or what was known last where that cannot be read. */
  #look(): HostWeight {
    let text = this.#known;
    this.#guarded(() => (text = this.#file.read()));
    return this.#load(text);
  }

  #load(text: string | undefined): HostWeight {
    return this.#parsed(text) ?? this.#anew(text !== undefined);
  }

  #parsed(text: string | undefined): HostWeight | undefined {
    const stored = text === undefined ? undefined : parseStored(text, this.#machine);
    const state = parseHostWeight(stored?.state);
    if (stored === undefined || state === undefined) return undefined;
    return new HostWeight(this.#settings, state, stored.shiftMs);
  }

  /**
   * Without a file nothing is known to be used, and the first answer tells. With a damaged one some of the weight of
   * the last minute is used, so half of it is taken for used. A process that knew more goes on with what it knew.
   */
  #anew(isDamaged: boolean): HostWeight {
    const nowMs = this.#machine.nowMs();
    const known = this.#parsed(this.#known);
    this.#startedAnew++;
    const limitPerMinute = this.#limitPerMinute;
    const answered: [number, number][] = isDamaged ? [[limitPerMinute / 2, nowMs]] : [];
    const weight =
      known ??
      new HostWeight(this.#settings, {
        limitPerMinute, nextId: 1, answered, outstanding: [], waiting: [], hold: null, bans: 0,
      }); // prettier-ignore
    let remainingMs = 0;
    this.#guarded(() => (remainingMs = this.#ban.remainingMs()));
    if (remainingMs > 0) weight.holdUntil('banned', nowMs, remainingMs);
    weight.isChanged = true;
    return weight;
  }

  #storeBan(): void {
    const held = this.#parsed(this.#known)?.window.hold(this.#machine.nowMs());
    if (held !== undefined) this.#guarded(() => this.#ban.store(held.remainingMs));
  }

  #isAwaited(owner: Owner, id: number): boolean {
    return owner === this.#owner ? this.#inFlight.has(id) : this.#isAlive(owner);
  }

  #isAlive(owner: Owner): boolean {
    return owner === this.#owner || this.#machine.isAlive(Number.parseInt(owner, 10));
  }
}

function fileName(host: string): string {
  const name = host.replaceAll(/[^\p{L}\p{N}.-]/gu, '_');
  if (name !== '' && !name.startsWith('.') && name.length <= 200) return name;
  throw new BinanceClientError(
    'REQUEST_INVALID',
    `host: expected the name of a host, was ${JSON.stringify(host)}`,
  );
}
