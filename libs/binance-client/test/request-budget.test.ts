import fc from 'fast-check';
import { createRequestBudget } from '@org/binance-client';
import type { RequestBudget, RequestOutcome } from '@org/binance-client';
import { ManualClock } from './manual-clock.ts';

const MINUTE_MS = 60_000;
const fine: RequestOutcome = { ok: true };

function setUp(changed: Partial<Parameters<typeof createRequestBudget>[0]> = {}): {
  clock: ManualClock;
  budget: RequestBudget;
} {
  const clock = new ManualClock();
  return { clock, budget: createRequestBudget({ limitPerMinute: 2400, clock, ...changed }) };
}

interface Timing {
  readonly priority?: number;
  readonly latencyMs?: number;
}

/** Asks and says when it was granted; answers `latencyMs` later. */
async function ask(
  budget: RequestBudget,
  clock: ManualClock,
  weight: number,
  granted: (atMs: number) => void,
  { priority = 0, latencyMs = 50 }: Timing = {},
): Promise<void> {
  const permit = await budget.acquire({ weight, priority });
  granted(clock.nowMs());
  clock.setTimeout(() => permit.settle(fine), latencyMs);
}

describe('the request budget', () => {
  it('never lets a storm of 200 depth requests use more than its limit in any minute', async () => {
    const { clock, budget } = setUp();
    const grants: number[] = [];
    const all = Array.from({ length: 200 }, () => ask(budget, clock, 20, (atMs) => grants.push(atMs)));
    await clock.advance(3 * MINUTE_MS);
    await Promise.all(all);
    expect(grants).toHaveLength(200);
    for (const startMs of grants) {
      const inMinute = grants.filter((atMs) => atMs >= startMs && atMs < startMs + MINUTE_MS).length;
      expect(inMinute * 20).toBeLessThanOrEqual(2400);
    }
    expect(Math.max(...grants) - Math.min(...grants)).toBeLessThan(1.2 * MINUTE_MS);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stays within its limit for any mix of weights, latencies and moments', async () => {
    const request = fc.record({
      weight: fc.integer({ min: 1, max: 50 }),
      latencyMs: fc.integer({ min: 0, max: 9_000 }),
      afterMs: fc.nat(5_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), async (requests) => {
        const { clock, budget } = setUp({ limitPerMinute: 100, inFlightMax: 5 });
        // The exchange may count a request at any moment from its grant to its answer.
        const spans: { fromMs: number; toMs: number; weight: number }[] = [];
        const all = [];
        for (const { weight, latencyMs, afterMs } of requests) {
          const granted = (fromMs: number) => spans.push({ fromMs, toMs: fromMs + latencyMs, weight });
          all.push(ask(budget, clock, weight, granted, { latencyMs }));
          await clock.advance(afterMs);
        }
        await clock.advance(60 * MINUTE_MS);
        await Promise.all(all);
        for (const { toMs: startMs } of spans) {
          const inMinute = spans.filter(
            ({ fromMs, toMs }) => toMs >= startMs && fromMs < startMs + MINUTE_MS,
          );
          const latestFirst = inMinute.reduce((sum, { weight }) => sum + weight, 0);
          expect(latestFirst).toBeLessThanOrEqual(100);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('grants by priority, and in the order of asking within one', async () => {
    const { clock, budget } = setUp({ limitPerMinute: 10 });
    const order: string[] = [];
    const asked = [['first', 5], ['b', 1], ['c', 1], ['a', 0], ['d', 2]] as const; // prettier-ignore
    const all = asked.map(([name, priority]) => ask(budget, clock, 10, () => order.push(name), { priority }));
    await clock.advance(10 * MINUTE_MS);
    await Promise.all(all);
    expect(order).toEqual(['first', 'a', 'b', 'c', 'd']);
  });

  it('does not let light requests starve a heavy one', async () => {
    const { clock, budget } = setUp({ limitPerMinute: 10 });
    const order: number[] = [];
    const all = [6, 10, 4].map((weight) => ask(budget, clock, weight, () => order.push(weight)));
    await clock.advance(5 * MINUTE_MS);
    await Promise.all(all);
    expect(order).toEqual([6, 10, 4]);
  });

  it('lets a request that is heavier than the limit go alone', async () => {
    const { clock, budget } = setUp({ limitPerMinute: 10 });
    const times: number[] = [];
    const all = [1, 25].map((weight) => ask(budget, clock, weight, (atMs) => times.push(atMs)));
    await clock.advance(5 * MINUTE_MS);
    await Promise.all(all);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(MINUTE_MS);
  });

  it('believes the count of the exchange: what others use is gone', async () => {
    const { clock, budget } = setUp();
    const permit = await budget.acquire({ weight: 20 });
    permit.settle({ ok: true, usedWeight: 2390 });
    expect(budget.state()).toMatchObject({ usedWeight: 2390, waiting: 0, inFlight: 0 });
    let grantedAtMs = 0;
    const startMs = clock.nowMs();
    const waiting = ask(budget, clock, 20, (atMs) => (grantedAtMs = atMs));
    await clock.advance(2 * MINUTE_MS);
    await waiting;
    expect(grantedAtMs - startMs).toBeGreaterThanOrEqual(MINUTE_MS);
  });

  it('takes no comfort from a smaller count of the exchange', async () => {
    const { budget } = setUp();
    (await budget.acquire({ weight: 20 })).settle(fine);
    (await budget.acquire({ weight: 20 })).settle({ ok: true, usedWeight: 3 });
    expect(budget.state().usedWeight).toBe(40);
  });

  it('follows a limit that is changed while requests wait', async () => {
    const { clock, budget } = setUp({ limitPerMinute: 20 });
    let granted = 0;
    const all = [20, 20].map((weight) => ask(budget, clock, weight, () => granted++));
    await clock.advance(0);
    expect(granted).toBe(1);
    budget.setLimit(40);
    await Promise.all(all);
    expect(granted).toBe(2);
    await clock.advance(MINUTE_MS);
  });

  it('lets only so many requests be under way', async () => {
    const { clock, budget } = setUp({ inFlightMax: 2 });
    let granted = 0;
    const all = [1, 1, 1].map((weight) => ask(budget, clock, weight, () => granted++));
    await clock.advance(0);
    expect([granted, budget.state().waiting]).toEqual([2, 1]);
    await clock.advance(100);
    await Promise.all(all);
    expect(granted).toBe(3);
  });

  it('refuses more waiting requests than its limit', async () => {
    const { budget } = setUp({ limitPerMinute: 1, waitingMax: 1 });
    await budget.acquire({ weight: 1 });
    const signal = AbortSignal.timeout(1_000);
    const waiting = budget.acquire({ weight: 1, signal }).catch((error: unknown) => error);
    await expect(budget.acquire({ weight: 1 })).rejects.toMatchObject({ code: 'BUDGET_FULL' });
    await expect(waiting).resolves.toMatchObject({ code: 'REQUEST_ABORTED' });
  });

  it('forgets a request that is aborted while it waits', async () => {
    const { clock, budget } = setUp({ limitPerMinute: 10 });
    const order: string[] = [];
    const first = ask(budget, clock, 10, () => order.push('first'));
    const abort = new AbortController();
    const second = budget.acquire({ weight: 10, signal: abort.signal });
    const third = ask(budget, clock, 10, () => order.push('third'));
    abort.abort(new Error('no longer needed'));
    await expect(second).rejects.toMatchObject({ code: 'REQUEST_ABORTED' });
    await expect(budget.acquire({ weight: 1, signal: abort.signal })).rejects.toMatchObject({
      code: 'REQUEST_ABORTED',
    });
    await clock.advance(2 * MINUTE_MS);
    await Promise.all([first, third]);
    expect(order).toEqual(['first', 'third']);
  });
});

describe('a hold of the request budget', () => {
  /** When the next request is granted after an answer that holds the budget, from that answer. */
  async function heldForMs(
    budget: RequestBudget,
    clock: ManualClock,
    hold: RequestOutcome['hold'],
  ): Promise<number> {
    const permit = await budget.acquire({ weight: 1 });
    const startMs = clock.nowMs();
    permit.settle({ ok: false, hold });
    let grantedAtMs = Infinity;
    const next = ask(budget, clock, 1, (atMs) => (grantedAtMs = atMs), { priority: -1, latencyMs: 0 });
    await clock.advance(4 * 24 * 3_600_000);
    await next;
    return grantedAtMs - startMs;
  }

  it('stops every request until the told end of a ban and a second', async () => {
    const { clock, budget } = setUp();
    expect(await heldForMs(budget, clock, { reason: 'banned', forMs: 600_000 })).toBe(601_000);
  });

  it('stops every request for a minute after a rate limit without a duration', async () => {
    const { clock, budget } = setUp();
    expect(await heldForMs(budget, clock, { reason: 'rate-limited', forMs: undefined })).toBe(60_000);
  });

  it('assumes 2 minutes for a ban of unknown length, twice as long each time, 3 days at most, until it succeeds', async () => {
    const { clock, budget } = setUp();
    const silence = { reason: 'banned', forMs: undefined } as const;
    // The answer that follows a ban is a success and would start anew; it is left out by banning before it comes.
    const waits = [];
    for (let time = 0; time < 14; time++) {
      const permit = await Promise.race([
        budget.acquire({ weight: 1 }),
        clock.advance(4 * 24 * 3_600_000).then(() => undefined),
      ]);
      permit?.settle({ ok: false, hold: silence });
      waits.push(budget.state().hold?.remainingMs);
      await clock.advance(3 * 24 * 3_600_000);
    }
    expect(waits.slice(0, 3)).toEqual([120_000, 240_000, 480_000]);
    expect(waits.at(-1)).toBe(3 * 24 * 3_600_000);
    (await budget.acquire({ weight: 1 })).settle(fine);
    expect(await heldForMs(budget, clock, silence)).toBe(120_000);
  });

  it('is not shortened by the answers that were under way', async () => {
    const { clock, budget } = setUp();
    const [first, second] = [await budget.acquire({ weight: 1 }), await budget.acquire({ weight: 1 })];
    first.settle({ ok: false, hold: { reason: 'banned', forMs: 600_000 } });
    second.settle({ ok: false, hold: { reason: 'rate-limited', forMs: 1_000 } });
    expect(budget.state().hold).toEqual({ reason: 'banned', remainingMs: 601_000 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('survives a restart, with the weight that was used', async () => {
    const { clock, budget } = setUp();
    (await budget.acquire({ weight: 30 })).settle(fine);
    await budget.acquire({ weight: 12 });
    (await budget.acquire({ weight: 1 })).settle({ ok: false, hold: { reason: 'banned', forMs: 600_000 } });
    const stored = JSON.parse(JSON.stringify(budget.snapshot())) as ReturnType<RequestBudget['snapshot']>;
    await clock.advance(10_000);
    const restarted = createRequestBudget({ limitPerMinute: 100, clock });
    restarted.restore(stored);
    expect(restarted.state()).toMatchObject({
      limitPerMinute: 2400, usedWeight: 43, hold: { reason: 'banned', remainingMs: 591_000 },
    }); // prettier-ignore
    await clock.advance(50_000);
    expect(restarted.state().usedWeight).toBe(0);
  });

  it('is over in a snapshot whose end has passed', async () => {
    const { clock, budget } = setUp();
    (await budget.acquire({ weight: 1 })).settle({ ok: false, hold: { reason: 'banned', forMs: 1_000 } });
    const stored = budget.snapshot();
    await clock.advance(10_000);
    const restarted = createRequestBudget({ limitPerMinute: 100, clock });
    restarted.restore(stored);
    expect(restarted.state().hold).toBeUndefined();
  });
});
