import { seedOfRun, chanceOf } from './chance.ts';
import { auditFigures, printFigures } from './figures.ts';
import { type CrashPoint, killAtCalls } from './kill-at-call.ts';
import { itNeeds } from './machine.ts';
import { EXACTLY_ONCE } from './stored-trades.ts';
import { failSyncs, slowSyncs } from './sync-faults.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'];

describe('a writer whose system calls are struck', () => {
  const test = itNeeds('strace');

  for (const [calls, count] of [
    ['write', 34],
    ['sync', 34],
    ['name', 8],
    ['open', 24],
  ] as const) {
    test(`stores everything once, killed at each ${calls} call up to the ${count}th`, async () => {
      const points: CrashPoint[] = Array.from({ length: count }, (_, index) => ({ calls, n: index + 1 }));
      const { stored, ...figures } = await killAtCalls(points);
      printFigures(`killed at ${calls} calls`, {
        ...figures,
        ...auditFigures(stored),
        missing: stored.missing,
      });
      expect(figures).toMatchObject({ reached: count, isDrained: true });
      expect(stored).toMatchObject(EXACTLY_ONCE);
    });
  }

  test('ends within a second when a sync fails, and its successor has everything', async () => {
    const seed = seedOfRun();
    const chance = chanceOf(seed);
    const calls = Array.from({ length: 20 }, () => 1 + Math.floor(chance() * 60));
    const { stored, ...figures } = await failSyncs(
      { symbols: SYMBOLS, tradesPerBatch: 5, intervalMs: 10 },
      calls,
    );
    printFigures('failed syncs', { seed, ...figures, ...auditFigures(stored), missing: stored.missing });
    expect(figures.exitCodes).toEqual(calls.map(() => 70));
    expect(figures.endMsMax).toBeLessThanOrEqual(1000);
    expect(stored).toMatchObject(EXACTLY_ONCE);
  });

  test('carries 2,000 batches a second with syncs that take 100 ms longer', async () => {
    const { stored, ackMs, ...figures } = await slowSyncs(
      { symbols: SYMBOLS, tradesPerBatch: 10, intervalMs: 2 },
      100,
      30_000,
    );
    printFigures('slow syncs', { ...figures, ...ackMs, ...auditFigures(stored), missing: stored.missing });
    expect(figures.batchesPerSecond).toBeGreaterThanOrEqual(1900);
    expect(stored).toMatchObject(EXACTLY_ONCE);
  });
});
