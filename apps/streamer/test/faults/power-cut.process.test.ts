import { seedOfRun } from './chance.ts';
import { cutPower } from './cut-power.ts';
import { auditFigures, printFigures } from './figures.ts';
import { itNeeds } from './machine.ts';
import { removeDisks } from './mounted-disk.ts';
import { EXACTLY_ONCE } from './stored-trades.ts';

const SHORT = { symbols: ['BTCUSDT', 'ETHUSDT'], tradesPerBatch: 20, pauseMsMax: 800 };

describe('a writer whose power is cut', () => {
  const test = itNeeds('power cuts');
  afterEach(removeDisks);

  test('has every acknowledged batch in its files, once', async () => {
    const seed = seedOfRun();
    const { stored, ...figures } = await cutPower({ ...SHORT, seed, cuts: 2, isSynced: true });
    printFigures('power cut', { seed, ...figures, ...auditFigures(stored), missing: stored.missing });
    expect(figures.isDrained).toBe(true);
    expect(figures.ackedBatches).toBeGreaterThan(50);
    expect(stored).toMatchObject(EXACTLY_ONCE);
  }, 60_000);

  test('is found out when its syncs do nothing', async () => {
    const seed = seedOfRun();
    const { stored, ...figures } = await cutPower({ ...SHORT, seed, cuts: 1, isSynced: false });
    printFigures('power cut without syncs', {
      seed,
      ...figures,
      ...auditFigures(stored),
      missing: stored.missing,
    });
    expect(figures.isDrained && stored.missing === 0).toBe(false);
  }, 60_000);
});
