import { systemClock } from '../clock.ts';
import type { Clock, ClockTimer } from '../clock.ts';
import { RequestQueue } from './request-queue.ts';
import { WeightWindow } from './weight-window.ts';
import type { BudgetSnapshot, HoldReason } from './weight-window.ts';

export interface BudgetRequest {
  readonly weight: number;
  /** Smaller goes first; equal ones in the order of asking. Default 0. */
  readonly priority?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What came of a request. Plain data, so that a budget can stand in another process. */
export interface RequestOutcome {
  readonly ok: boolean;
  /** `x-mbx-used-weight-1m` of the answer. */
  readonly usedWeight?: number | undefined;
  /** Set when the answer forbids further requests. */
  readonly hold?: { readonly reason: HoldReason; readonly forMs: number | undefined } | undefined;
}

/** Leave for one request. */
export interface RequestPermit {
  /** Must be called once, whatever came of the request. */
  settle(outcome: RequestOutcome): void;
}

export interface BudgetState {
  readonly limitPerMinute: number;
  readonly usedWeight: number;
  readonly waiting: number;
  readonly inFlight: number;
  readonly hold: { readonly reason: HoldReason; readonly remainingMs: number } | undefined;
}

/** The request weight of one address, shared by all who ask from it. */
export interface RequestBudget {
  /**
   * Resolves when the request may go out. Rejects with {@link BinanceClientError} `REQUEST_ABORTED` when the signal
   * says so, and `BUDGET_FULL` when too many wait already.
   */
  acquire(request: BudgetRequest): Promise<RequestPermit>;
  /** From `exchangeInfo.rateLimits`. */
  setLimit(limitPerMinute: number): void;
  state(): BudgetState;
  /** What must survive a restart: weight in use and the end of a ban. */
  snapshot(): BudgetSnapshot;
  restore(snapshot: BudgetSnapshot): void;
}

export interface RequestBudgetOptions {
  readonly limitPerMinute: number;
  readonly clock?: Clock;
  /** Requests that wait for leave; default 10,000. */
  readonly waitingMax?: number;
  /** Requests that wait for an answer; default 16. */
  readonly inFlightMax?: number;
}

export const WAITING_MAX = 10_000;
export const IN_FLIGHT_MAX = 16;

/** A budget in this process. */
export function createRequestBudget(options: RequestBudgetOptions): RequestBudget {
  return new LocalBudget(options);
}

class LocalBudget implements RequestBudget {
  readonly #clock: Clock;
  readonly #window: WeightWindow;
  readonly #inFlightMax: number;
  readonly #queue: RequestQueue;
  #timer: ClockTimer | undefined;

  constructor({ limitPerMinute, clock, waitingMax, inFlightMax }: RequestBudgetOptions) {
    this.#clock = clock ?? systemClock;
    this.#window = new WeightWindow(limitPerMinute);
    this.#inFlightMax = inFlightMax ?? IN_FLIGHT_MAX;
    this.#queue = new RequestQueue(waitingMax ?? WAITING_MAX, () => this.#pump());
  }

  acquire(request: BudgetRequest): Promise<RequestPermit> {
    return this.#queue.join(request, this.#clock.nowMs());
  }

  setLimit(limitPerMinute: number): void {
    this.#window.limitPerMinute = limitPerMinute;
    this.#pump();
  }

  state(): BudgetState {
    const nowMs = this.#clock.nowMs();
    return {
      limitPerMinute: this.#window.limitPerMinute,
      usedWeight: this.#window.used(nowMs),
      waiting: this.#queue.length,
      inFlight: this.#window.inFlight,
      hold: this.#window.hold(nowMs),
    };
  }

  snapshot(): BudgetSnapshot {
    return this.#window.snapshot(this.#clock.nowMs(), this.#clock.wallUs() / 1000);
  }

  restore(snapshot: BudgetSnapshot): void {
    this.#window.restore(snapshot, this.#clock.nowMs(), this.#clock.wallUs() / 1000);
    this.#pump();
  }

  /** Grants what may go now and sets the one timer for the next. */
  #pump(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let { first } = this.#queue; first !== undefined; { first } = this.#queue) {
      if (this.#window.inFlight >= this.#inFlightMax) return;
      const waitMs = this.#window.waitMs(first.weight, this.#clock.nowMs());
      if (waitMs > 0) return this.#wakeIn(waitMs);
      this.#queue.shift();
      first.grant(this.#permit(first.weight));
    }
  }

  #wakeIn(waitMs: number): void {
    if (waitMs === Infinity) return;
    this.#timer = this.#clock.setTimeout(() => this.#pump(), Math.ceil(waitMs));
  }

  #permit(weight: number): RequestPermit {
    const id = this.#window.take(weight);
    let isSettled = false;
    return {
      settle: ({ ok, usedWeight, hold }) => {
        if (isSettled) return;
        isSettled = true;
        const nowMs = this.#clock.nowMs();
        this.#window.settle(id, nowMs, usedWeight);
        if (hold !== undefined) this.#window.holdFor(hold.reason, nowMs, hold.forMs);
        else if (ok) this.#window.succeeded();
        this.#pump();
      },
    };
  }
}
