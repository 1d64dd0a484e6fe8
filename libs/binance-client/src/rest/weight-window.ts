/** Requests count for a minute. */
export const WINDOW_MS = 60_000;

/** Longest ban of the exchange, and the first one that is assumed when it does not say (USD-M general info, seen 2026-11). */
const BAN_MAX_MS = 3 * 24 * 3_600_000;
const BAN_FIRST_MS = 2 * 60_000;
/** The exchange's clock and ours differ a little; asking a moment too early lengthens a ban. */
const HOLD_MARGIN_MS = 1_000;

export type HoldReason = 'rate-limited' | 'banned';

interface Entry {
  readonly weight: number;
  /** undefined while the answer is outstanding: the exchange may count the request at any moment until then. */
  readonly settledAtMs: number | undefined;
}

/** The part of a {@link WeightWindow} that outlives a process. Times are milliseconds since the epoch. */
export interface BudgetSnapshot {
  readonly limitPerMinute: number;
  readonly used: readonly { readonly weight: number; readonly atEpochMs: number }[];
  /** 0 where there is no hold. */
  readonly heldUntilEpochMs: number;
  readonly holdReason: HoldReason | undefined;
  readonly bans: number;
}

/** A {@link WeightWindow} as data, requests under way included. Times are those of the window's caller. */
export interface WindowState {
  readonly limitPerMinute: number;
  readonly nextId: number;
  readonly answered: readonly (readonly [weight: number, atMs: number])[];
  readonly outstanding: readonly (readonly [id: number, weight: number])[];
  readonly hold: { readonly reason: HoldReason; readonly untilMs: number } | undefined;
  readonly bans: number;
}

/** Parts of a window in which answered requests are told apart in its state; bounds the size of the state. */
const GRAINS = 120;

/**
 * The weight that was used in the last minute, and whether more may be. Knows no clock: every call says what time it is.
 *
 * A request counts from the moment it is granted until a minute after its answer. So whatever window the exchange uses,
 * rolling or fixed, no minute of it sees more of our requests than this counts. Its own count, which comes with every
 * answer, can only add: what it has beyond ours was used by others at this address.
 */
export class WeightWindow {
  #limitPerMinute: number;
  #entries = new Map<number, Entry>();
  #nextId = 1;
  #heldUntilMs = -Infinity;
  #holdReason: HoldReason | undefined;
  #bans = 0;

  readonly #windowMs: number;

  constructor(limitPerMinute: number, windowMs = WINDOW_MS) {
    this.#limitPerMinute = Math.max(1, limitPerMinute);
    this.#windowMs = windowMs;
  }

  static of(state: WindowState, windowMs = WINDOW_MS): WeightWindow {
    const window = new WeightWindow(state.limitPerMinute, windowMs);
    for (const [id, weight] of state.outstanding) window.#entries.set(id, { weight, settledAtMs: undefined });
    window.#nextId = state.nextId;
    for (const [weight, atMs] of state.answered) window.#add(weight, atMs);
    window.#bans = state.bans;
    window.#heldUntilMs = state.hold?.untilMs ?? -Infinity;
    window.#holdReason = state.hold?.reason;
    return window;
  }

  /** Answers count from the end of the part of the window in which they came: a little longer, never shorter. */
  state(nowMs: number): WindowState {
    this.used(nowMs);
    const grainMs = this.#windowMs / GRAINS;
    const answered = new Map<number, number>();
    const outstanding: [number, number][] = [];
    for (const [id, { weight, settledAtMs }] of this.#entries) {
      if (settledAtMs === undefined) outstanding.push([id, weight]);
      else {
        const atMs = Math.ceil(settledAtMs / grainMs) * grainMs;
        answered.set(atMs, (answered.get(atMs) ?? 0) + weight);
      }
    }
    return {
      limitPerMinute: this.#limitPerMinute,
      nextId: this.#nextId,
      answered: Array.from(answered, ([atMs, weight]) => [weight, atMs]),
      outstanding,
      hold: this.hold(nowMs) && { reason: this.#holdReason!, untilMs: this.#heldUntilMs },
      bans: this.#bans,
    };
  }

  get limitPerMinute(): number {
    return this.#limitPerMinute;
  }

  set limitPerMinute(weight: number) {
    this.#limitPerMinute = Math.max(1, weight);
  }

  /** Requests whose answers are outstanding. */
  get inFlight(): number {
    let count = 0;
    for (const { settledAtMs } of this.#entries.values()) if (settledAtMs === undefined) count++;
    return count;
  }

  used(nowMs: number): number {
    let sum = 0;
    for (const [id, { weight, settledAtMs }] of this.#entries) {
      if (settledAtMs !== undefined && nowMs - settledAtMs >= this.#windowMs) this.#entries.delete(id);
      else sum += weight;
    }
    return sum;
  }

  /** What stops all requests at present. */
  hold(nowMs: number): { readonly reason: HoldReason; readonly remainingMs: number } | undefined {
    const remainingMs = this.#heldUntilMs - nowMs;
    return this.#holdReason === undefined || remainingMs <= 0
      ? undefined
      : { reason: this.#holdReason, remainingMs };
  }

  /**
   * How long a request of this weight must wait: 0 is not at all, Infinity until an outstanding answer comes. A request
   * that is heavier than the whole limit may go when it is alone.
   */
  waitMs(weight: number, nowMs: number): number {
    const held = this.hold(nowMs);
    if (held !== undefined) return held.remainingMs;
    let excess = this.used(nowMs) + Math.min(weight, this.#limitPerMinute) - this.#limitPerMinute;
    if (excess <= 0) return 0;
    const settled = [...this.#entries.values()].filter((entry) => entry.settledAtMs !== undefined);
    settled.sort((a, b) => a.settledAtMs! - b.settledAtMs!);
    for (const entry of settled) {
      excess -= entry.weight;
      if (excess <= 0) return entry.settledAtMs! + this.#windowMs - nowMs;
    }
    return Infinity;
  }

  /** Counts a request that goes out now; returns the number to settle it with. */
  take(weight: number): number {
    const id = this.#nextId++;
    this.#entries.set(id, { weight, settledAtMs: undefined });
    return id;
  }

  /** The answer has come, or will not. `usedWeight` is the exchange's own count for this minute. */
  settle(id: number, nowMs: number, usedWeight?: number): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#entries.set(id, { ...entry, settledAtMs: nowMs });
    const byOthers = (usedWeight ?? 0) - this.used(nowMs);
    if (byOthers > 0) this.#add(byOthers, nowMs);
  }

  /**
   * Stops all requests. Without a duration from the exchange a rate limit holds for a minute, and a ban for 2 minutes,
   * twice as long each time it comes again, 3 days at most.
   */
  holdFor(reason: HoldReason, nowMs: number, toldMs: number | undefined): void {
    const assumedMs =
      reason === 'banned'
        ? Math.min(BAN_MAX_MS, BAN_FIRST_MS * 2 ** Math.min(this.#bans, 12))
        : this.#windowMs;
    if (reason === 'banned') this.#bans++;
    const holdMs = Math.min(
      BAN_MAX_MS,
      toldMs !== undefined && toldMs > 0 ? toldMs + HOLD_MARGIN_MS : assumedMs,
    );
    if (nowMs + holdMs <= this.#heldUntilMs) return;
    this.#heldUntilMs = nowMs + holdMs;
    this.#holdReason = reason;
  }

  /** An answer without complaint: the next ban is a first one again. */
  succeeded(): void {
    this.#bans = 0;
  }

  /** Requests whose answers are outstanding count as answered now. */
  snapshot(nowMs: number, epochMs: number): BudgetSnapshot {
    this.used(nowMs);
    const toEpoch = (atMs: number) => epochMs + atMs - nowMs;
    const held = this.hold(nowMs);
    return {
      limitPerMinute: this.#limitPerMinute,
      used: Array.from(this.#entries.values(), ({ weight, settledAtMs }) => ({
        weight,
        atEpochMs: toEpoch(settledAtMs ?? nowMs),
      })),
      heldUntilEpochMs: held === undefined ? 0 : toEpoch(this.#heldUntilMs),
      holdReason: held?.reason,
      bans: this.#bans,
    };
  }

  /** Adds what an earlier process used, and keeps to its hold. Times in the future, from a clock since set, are now. */
  restore(snapshot: BudgetSnapshot, nowMs: number, epochMs: number): void {
    for (const { weight, atEpochMs } of snapshot.used) {
      this.#add(weight, nowMs - Math.max(0, epochMs - atEpochMs));
    }
    this.limitPerMinute = snapshot.limitPerMinute;
    this.#bans = Math.max(this.#bans, snapshot.bans);
    const heldUntilMs = nowMs + Math.min(BAN_MAX_MS, snapshot.heldUntilEpochMs - epochMs);
    if (snapshot.holdReason === undefined || heldUntilMs <= this.#heldUntilMs) return;
    this.#heldUntilMs = heldUntilMs;
    this.#holdReason = snapshot.holdReason;
  }

  #add(weight: number, settledAtMs: number): void {
    this.#entries.set(this.#nextId++, { weight, settledAtMs });
  }
}
