import type { Move } from '../../src/control/hands/change-hands.ts';
import { RateMeter } from '../../src/control/hands/rate-meter.ts';
import { Rebalancer } from '../../src/control/hands/rebalancer.ts';

describe('the meter of rates', () => {
  it('knows nothing after one count, then the rate, then an average that follows within minutes', () => {
    const meter = new RateMeter();
    meter.sample(new Map([['A', 1000]]), 0);
    expect(meter.rates().get('A')).toBe(0);
    meter.sample(new Map([['A', 1100]]), 10_000);
    expect(meter.rates().get('A')).toBeCloseTo(10);
    let events = 1100;
    const rates: number[] = [];
    for (let minute = 1; minute <= 5; minute++) {
      events += 60 * 30;
      meter.sample(new Map([['A', events]]), 10_000 + minute * 60_000);
      rates.push(meter.rates().get('A')!);
    }
    expect(rates[0]).toBeGreaterThan(20);
    expect(rates[0]).toBeLessThan(25);
    expect(rates.at(-1)).toBeCloseTo(30, 0);
  });

  it('begins anew with a worker that counts anew, and forgets what is gone', () => {
    const meter = new RateMeter();
    meter.sample(new Map([['A', 5000], ['B', 1]]), 0); // prettier-ignore
    meter.sample(new Map([['A', 5100], ['B', 1]]), 10_000); // prettier-ignore
    meter.sample(new Map([['A', 3]]), 20_000);
    expect([...meter.rates()]).toEqual([['A', 10]]);
  });

  it('takes two counts at one time for one', () => {
    const meter = new RateMeter();
    meter.sample(new Map([['A', 1]]), 0);
    meter.sample(new Map([['A', 9]]), 0);
    expect(meter.rates().get('A')).toBe(0);
  });
});

/** Two workers, one of which carries two symbols of 10 events a second, the other one of 1. */
function bench() {
  const state = { nowMs: 0, isCalm: true, moves: [] as (readonly Move[])[] };
  const rates: Record<string, Record<string, number>> = { a: { A: 10, B: 10, C: 2 }, b: { D: 1 } };
  const rebalancer = new Rebalancer({
    clock: { nowMs: () => state.nowMs },
    pace: { lookIntervalMs: 1000, looks: 3, calmAfterMs: 5000 },
    lines: () => [['a', 'b'], ['ab']],
    countsOf: (worker) =>
      new Map(
        Object.entries(rates[worker] ?? {}).map(([symbol, rate]) => [symbol, (rate * state.nowMs) / 1000]),
      ),
    isCalm: () => state.isCalm,
    move: (moves) => {
      state.moves.push(moves);
      return Promise.resolve();
    },
  });
  const look = async (times = 1): Promise<void> => {
    for (let at = 0; at < times; at++) {
      state.nowMs += 1000;
      await rebalancer.look();
    }
  };
  return { state, rates, rebalancer, look };
}

describe('the rebalancer', () => {
  it('measures from the first look, and moves nobody before things are calm and the imbalance has lasted', async () => {
    const { state, rebalancer, look } = bench();
    await look(4);
    expect({ load: rebalancer.loadOf('a'), unknown: rebalancer.loadOf('x') }).toEqual({
      load: 22,
      unknown: 0,
    });
    expect(state.moves).toEqual([]);
    await look(2);
    expect(state.moves).toEqual([]);
    await look(1);
    expect(state.moves).toEqual([[{ symbol: 'A', from: 'a', to: 'b' }]]);
  });

  it('counts anew after a move, and after every moment that is not calm', async () => {
    const { state, look } = bench();
    await look(6);
    state.isCalm = false;
    await look(1);
    state.isCalm = true;
    await look(2);
    expect(state.moves).toEqual([]);
    await look(1);
    expect(state.moves).toHaveLength(1);
    await look(2);
    expect(state.moves).toHaveLength(1);
    await look(1);
    expect(state.moves).toHaveLength(2);
  });

  it('moves nobody for a burst that is over soon', async () => {
    const { state, rates, look } = bench();
    rates['a'] = { A: 1, B: 1, C: 1 };
    rates['b'] = { D: 3 };
    await look(20);
    expect(state.moves).toEqual([]);
  });
});
