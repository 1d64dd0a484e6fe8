import fc from 'fast-check';
import { assignSymbols } from '../../src/control/assign-symbols.ts';
import { isUnbalanced, planMoves, totalOf, type WorkerLoad } from '../../src/control/hands/plan-moves.ts';

const load = (id: string, rates: Record<string, number>): WorkerLoad => ({
  id,
  rates: new Map(Object.entries(rates)),
});

/** The loads once the moves are done. */
function moved(loads: readonly WorkerLoad[]): readonly WorkerLoad[] {
  const moves = planMoves(loads);
  const rateOf = new Map(loads.flatMap(({ rates }) => [...rates]));
  return loads.map(({ id, rates }) => {
    const next = new Map(rates);
    for (const { symbol, from, to } of moves) {
      if (from === id) next.delete(symbol);
      if (to === id) next.set(symbol, rateOf.get(symbol)!);
    }
    return { id, rates: next };
  });
}

const squares = (loads: readonly WorkerLoad[]) => loads.reduce((sum, one) => sum + totalOf(one) ** 2, 0);
const heaviest = (loads: readonly WorkerLoad[]) => Math.max(...loads.map(totalOf));

const loadsArb = fc
  .array(
    fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1000, noNaN: true })), { maxLength: 40 }),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((workers) =>
    workers.map((rates, worker) =>
      load(`w${worker}`, Object.fromEntries(rates.map((rate, at) => [`S${worker}-${at}`, rate]))),
    ),
  );

describe('the plan of moves', () => {
  it('moves nobody while the busiest worker carries up to one and a half times the mean', () => {
    expect(planMoves([load('a', { A: 3 }), load('b', { B: 1 })])).toEqual([]);
    expect(planMoves([load('a', { A: 1.49, B: 1.49 }), load('b', { C: 1.02 })])).toEqual([]);
    expect(planMoves([load('a', { A: 100, B: 1 })])).toEqual([]);
    expect(planMoves([])).toEqual([]);
  });

  it('moves from the busiest to the least busy one, at most half of the difference and five symbols', () => {
    expect(
      planMoves([load('a', { A: 10, B: 4, C: 3, D: 1 }), load('b', { E: 1 }), load('c', { F: 2 })]),
    ).toEqual([
      { symbol: 'B', from: 'a', to: 'b' },
      { symbol: 'C', from: 'a', to: 'b' },
      { symbol: 'D', from: 'a', to: 'b' },
    ]);
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`S${index}`, 1]));
    expect(planMoves([load('a', many), load('b', {})])).toHaveLength(5);
  });

  it('leaves a symbol that is too heavy where it is, and moves no dust', () => {
    expect(planMoves([load('a', { BTC: 100 }), load('b', { X: 1 })])).toEqual([]);
    expect(planMoves([load('a', { BTC: 100, DUST: 0.5 }), load('b', { X: 1 })])).toEqual([]);
    expect(planMoves([load('a', { BTC: 100, SOME: 2 }), load('b', { X: 1 })])).toEqual([
      { symbol: 'SOME', from: 'a', to: 'b' },
    ]);
  });

  it('makes every distribution better, step by step, until it ends, and none comes twice', () => {
    fc.assert(
      fc.property(loadsArb, (begin) => {
        let loads: readonly WorkerLoad[] = begin;
        let steps = 0;
        for (; planMoves(loads).length > 0; steps++) {
          const next = moved(loads);
          expect(squares(next)).toBeLessThan(squares(loads));
          expect(heaviest(next)).toBeLessThanOrEqual(heaviest(loads));
          loads = next;
          expect(steps).toBeLessThan(1000);
        }
        const symbols = (of: readonly WorkerLoad[]) => of.flatMap(({ rates }) => [...rates.keys()]).sort();
        expect(symbols(loads)).toEqual(symbols(begin));
      }),
    );
  });

  it('leaves an imbalance only where no symbol could make it smaller', () => {
    fc.assert(
      fc.property(loadsArb, (loads) => {
        if (!isUnbalanced(loads) || planMoves(loads).length > 0) return;
        const totals = loads.map(totalOf);
        const busiest = loads[totals.indexOf(Math.max(...totals))]!;
        const spare = (Math.max(...totals) - Math.min(...totals)) / 2;
        const mean = totals.reduce((sum, total) => sum + total, 0) / loads.length;
        for (const rate of busiest.rates.values()) expect(rate > spare || rate < 0.02 * mean).toBe(true);
      }),
    );
  });
});

describe('dealing symbols by what is expected of them', () => {
  it('gives no worker more than the heaviest symbol above another, whatever the weights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 100, noNaN: true }), { minLength: 9, maxLength: 200 }),
        fc.integer({ min: 1, max: 8 }),
        (weights, cores) => {
          const weightOf = (symbol: string) => weights[Number(symbol)]!;
          const hands = assignSymbols(weights.map((_, index) => String(index)), 'auto', cores, weightOf); // prettier-ignore
          const totals = hands.map((hand) => hand.reduce((sum, symbol) => sum + weightOf(symbol), 0));
          expect(hands.flat().map(Number).sort((a, b) => a - b)).toEqual(weights.map((_, index) => index)); // prettier-ignore
          expect(Math.max(...totals) - Math.min(...totals)).toBeLessThanOrEqual(Math.max(...weights) + 1e-6);
          for (const hand of hands)
            expect(hand.map(weightOf)).toEqual(hand.map(weightOf).sort((a, b) => b - a));
        },
      ),
    );
  });
});
