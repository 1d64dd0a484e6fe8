import { z } from 'zod';
import type { RequestOutcome } from '../rest/request-budget.ts';
import { WeightWindow } from '../rest/weight-window.ts';
import type { HoldReason } from '../rest/weight-window.ts';

/** One holder of a host budget, usually one in a process: `<pid>-<random>`. */
export type Owner = string;

/** The first request of a holder, which waits. */
export interface HostWaiter {
  readonly owner: Owner;
  /** Smaller goes first. */
  readonly priority: number;
  /** Earlier goes first among equals. */
  readonly sinceMs: number;
}

export interface HostAsk extends HostWaiter {
  readonly weight: number;
}

/** `behind`: weight would be there, and somebody else's turn is first. */
export type HostAnswer =
  | { readonly type: 'granted'; readonly id: number }
  | { readonly type: 'wait'; readonly forMs: number }
  | { readonly type: 'behind' };

export interface HostTiming {
  readonly windowMs: number;
  /** A waiter that did not show itself for so long is passed over. */
  readonly waiterTimeoutMs: number;
  /** A request whose answer is outstanding for so long counts as answered. */
  readonly outstandingMaxMs: number;
}

interface Outstanding {
  readonly owner: Owner;
  readonly sinceMs: number;
}

const count = z.int().min(0);

const stateSchema = z.object({
  limitPerMinute: z.number().min(1),
  nextId: count,
  answered: z.array(z.tuple([z.number(), z.number()])),
  outstanding: z.array(z.tuple([count, z.number(), z.string(), z.number()])),
  waiting: z.array(z.tuple([z.string(), z.number(), z.number(), z.number()])),
  hold: z.object({ reason: z.enum(['rate-limited', 'banned']), untilMs: z.number() }).nullable(),
  bans: count,
});

/** A {@link HostWeight} as it is stored. */
export type HostWeightState = z.infer<typeof stateSchema>;

export function parseHostWeight(value: unknown): HostWeightState | undefined {
  return stateSchema.safeParse(value).data;
}

/**
 * The weight that all processes of a machine used, and the order in which they may use more: smaller priority first,
 * then the one that waits longer; nobody overtakes. Knows no clock and no file.
 */
export class HostWeight {
  readonly window: WeightWindow;
  readonly #timing: HostTiming;
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #waiters = new Map<Owner, HostWaiter & { readonly seenAtMs: number }>();
  /** Whether there is something to store. */
  isChanged = false;

  /** `shiftMs` is added to all times of the state. */
  constructor(timing: HostTiming, state: HostWeightState, shiftMs = 0) {
    this.#timing = timing;
    const { hold, answered, outstanding } = state;
    const held = hold === null ? undefined : { ...hold, untilMs: hold.untilMs + shiftMs };
    this.window = WeightWindow.of(
      {
        ...state,
        answered: answered.map(([weight, atMs]) => [weight, atMs + shiftMs]),
        outstanding: outstanding.map(([id, weight]) => [id, weight]),
        hold: held,
      },
      timing.windowMs,
    );
    for (const [id, , owner, sinceMs] of outstanding)
      this.#outstanding.set(id, { owner, sinceMs: sinceMs + shiftMs });
    for (const [owner, priority, sinceMs, seenAtMs] of state.waiting)
      this.#waiters.set(owner, {
        owner,
        priority,
        sinceMs: sinceMs + shiftMs,
        seenAtMs: seenAtMs + shiftMs,
      });
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  outstandingOf(owner: Owner): number {
    let number = 0;
    for (const each of this.#outstanding.values()) if (each.owner === owner) number++;
    return number;
  }

  state(nowMs: number): HostWeightState {
    const { hold, answered, outstanding, ...rest } = this.window.state(nowMs);
    return {
      ...rest,
      answered: answered.map(([weight, atMs]) => [weight, atMs]),
      outstanding: outstanding.map(([id, weight]) => {
        const { owner = '', sinceMs = nowMs } = this.#outstanding.get(id) ?? {};
        return [id, weight, owner, sinceMs];
      }),
      waiting: Array.from(this.#waiters.values(), ({ owner, priority, sinceMs, seenAtMs }) => [
        owner, priority, sinceMs, seenAtMs,
      ]), // prettier-ignore
      hold: hold ?? null,
      bans: rest.bans,
    };
  }

  /**
   * Passes over waiters that are gone or do not show themselves, and counts requests as answered whose process is gone,
   * or whose answer nobody waits for any longer.
   */
  tidy(
    nowMs: number,
    isAwaited: (owner: Owner, id: number) => boolean,
    isGone: (owner: Owner) => boolean,
  ): void {
    for (const [id, { owner, sinceMs }] of this.#outstanding) {
      const isOld = nowMs - sinceMs >= this.#timing.outstandingMaxMs;
      if (isOld || !isAwaited(owner, id)) this.#settled(id, nowMs);
    }
    for (const [owner, { seenAtMs }] of this.#waiters) {
      if (nowMs - seenAtMs >= this.#timing.waiterTimeoutMs || isGone(owner)) this.leave(owner);
    }
  }

  /** Grants the first request of a holder, or says what it waits for and keeps its place. */
  ask(request: HostAsk, nowMs: number): HostAnswer {
    const { weight, owner } = request;
    const forMs = this.window.waitMs(weight, nowMs);
    const isHeldForLong = (this.window.hold(nowMs)?.remainingMs ?? 0) > this.#timing.waiterTimeoutMs;
    // Nobody could keep a place for days without writing all the time.
    if (isHeldForLong) {
      this.leave(owner);
      return { type: 'wait', forMs };
    }
    const isBehind = this.#isBehind(request);
    if (!isBehind && forMs <= 0) return this.#grant(request, nowMs);
    this.#keepPlace(request, nowMs);
    return forMs > 0 ? { type: 'wait', forMs } : { type: 'behind' };
  }

  leave(owner: Owner): void {
    if (this.#waiters.delete(owner)) this.isChanged = true;
  }

  settle(id: number, nowMs: number, { ok, usedWeight, hold }: RequestOutcome): void {
    this.#settled(id, nowMs, usedWeight);
    if (hold !== undefined) this.window.holdFor(hold.reason, nowMs, hold.forMs);
    else if (ok) this.window.succeeded();
  }

  holdUntil(reason: HoldReason, nowMs: number, remainingMs: number): void {
    this.window.restore(
      { limitPerMinute: this.window.limitPerMinute, used: [], heldUntilEpochMs: nowMs + remainingMs, holdReason: reason, bans: 1 },
      nowMs,
      nowMs,
    ); // prettier-ignore
    this.isChanged = true;
  }

  #settled(id: number, nowMs: number, usedWeight?: number): void {
    this.#outstanding.delete(id);
    this.window.settle(id, nowMs, usedWeight);
    this.isChanged = true;
  }

  #grant({ owner, weight }: HostAsk, nowMs: number): HostAnswer {
    const id = this.window.take(weight);
    this.#outstanding.set(id, { owner, sinceMs: nowMs });
    this.#waiters.delete(owner);
    this.isChanged = true;
    return { type: 'granted', id };
  }

  #isBehind(request: HostWaiter): boolean {
    for (const other of this.#waiters.values())
      if (other.owner !== request.owner && order(other, request) < 0) return true;
    return false;
  }

  #keepPlace({ owner, priority, sinceMs }: HostWaiter, nowMs: number): void {
    const known = this.#waiters.get(owner);
    const isKnown = known?.priority === priority && known.sinceMs === sinceMs;
    if (isKnown && nowMs - known.seenAtMs < this.#timing.waiterTimeoutMs / 3) return;
    this.#waiters.set(owner, { owner, priority, sinceMs, seenAtMs: nowMs });
    this.isChanged = true;
  }
}

function order(a: HostWaiter, b: HostWaiter): number {
  return a.priority - b.priority || a.sinceMs - b.sinceMs || (a.owner < b.owner ? -1 : 1);
}
