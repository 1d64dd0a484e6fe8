import { chanceOf, seedOfRun } from './chance.ts';
import { auditFigures, printFigures } from './figures.ts';
import { type CrashPoint, killAtCalls } from './kill-at-call.ts';
import { itNeeds } from './machine.ts';
import { EXACTLY_ONCE } from './stored-trades.ts';
import { failSyncs, slowSyncs } from './sync-faults.ts';

const SHAPE = { symbols: ['BTCUSDT', 'ETHUSDT'], tradesPerBatch: 20, intervalMs: 10 };

describe('a writer whose system calls are struck', () => {
  const test = itNeeds('strace');

  test('stores everything once wherever it is killed', async () => {
    const seed = seedOfRun();
    const chance = chanceOf(seed);
    const upTo = (count: number): number => 1 + Math.floor(chance() * count);
    const points: CrashPoint[] = [
      { calls: 'write', n: upTo(30) },
      { calls: 'sync', n: upTo(20) },
      { calls: 'name', n: upTo(5) },
      { calls: 'open', n: upTo(12) },
    ];
    const { stored, ...figures } = await killAtCalls(points);
    const text = points.map(({ calls, n }) => `${calls} ${n}`).join(' / ');
    printFigures('killed at calls', {
      seed,
      at: text,
      ...figures,
      ...auditFigures(stored),
      missing: stored.missing,
    });
    expect(figures).toMatchObject({ reached: points.length, isDrained: true });
    expect(stored).toMatchObject(EXACTLY_ONCE);
  }, 60_000);

  test('ends when a sync fails, and its successor has everything', async () => {
    const seed = seedOfRun();
    const n = 1 + Math.floor(chanceOf(seed)() * 20);
    const { stored, ...figures } = await failSyncs(SHAPE, [n]);
    printFigures('failed sync', { seed, n, ...figures, ...auditFigures(stored), missing: stored.missing });
    expect(figures.exitCodes).toEqual([70]);
    expect(figures.endMsMax).toBeLessThanOrEqual(1000);
    expect(stored).toMatchObject(EXACTLY_ONCE);
  }, 60_000);

  test('carries its load with syncs that take 100 ms longer', async () => {
    const { stored, ackMs, ...figures } = await slowSyncs(SHAPE, 100, 1500);
    printFigures('slow syncs', { ...figures, ...ackMs, ...auditFigures(stored), missing: stored.missing });
    expect(figures.batchesPerSecond).toBeGreaterThan(150);
    expect(ackMs.p50).toBeGreaterThanOrEqual(100);
    expect(stored).toMatchObject(EXACTLY_ONCE);
  }, 60_000);
});
