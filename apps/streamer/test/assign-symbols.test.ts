import fc from 'fast-check';
import { assignSymbols, planWorkers } from '../src/control/assign-symbols.ts';

const symbols = (count: number) => Array.from({ length: count }, (_, index) => `S${index}`);

describe('dealing symbols to workers', () => {
  it('gives up to eight symbols a worker each', () => {
    expect(assignSymbols(symbols(8), 'auto', 2)).toHaveLength(8);
  });

  it('deals more than eight evenly over as many workers as cores', () => {
    expect(assignSymbols(symbols(9), 'auto', 2).map((hand) => hand.length)).toEqual([5, 4]);
  });

  it('puts at most the asked number on a worker', () => {
    expect(assignSymbols(symbols(10), 4, 2).map((hand) => hand.length)).toEqual([4, 3, 3]);
  });

  it('deals every symbol exactly once and leaves no worker idle', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 700 }),
        fc.oneof(fc.constant('auto' as const), fc.integer({ min: 1, max: 50 })),
        fc.integer({ min: 1, max: 64 }),
        (count, perWorker, cores) => {
          const hands = assignSymbols(symbols(count), perWorker, cores);
          expect(hands.flat().sort()).toEqual(symbols(count).sort());
          expect(Math.min(...hands.map((hand) => hand.length))).toBeGreaterThan(0);
          if (perWorker !== 'auto')
            expect(Math.max(...hands.map((hand) => hand.length))).toBeLessThanOrEqual(perWorker);
        },
      ),
    );
  });
});

describe('planning workers', () => {
  it('gives every line of a hand a process of its own', () => {
    expect(planWorkers([['A', 'B'], ['C']], 2)).toEqual([
      { id: 'worker-1', slot: 'worker-1', symbols: ['A', 'B'], line: 0 },
      { id: 'worker-2', slot: 'worker-2', symbols: ['C'], line: 0 },
      { id: 'worker-1b', slot: 'worker-1b', symbols: ['A', 'B'], line: 1 },
      { id: 'worker-2b', slot: 'worker-2b', symbols: ['C'], line: 1 },
    ]);
  });
});
