import { seedOfRun } from './chance.ts';
import { cutPower } from './cut-power.ts';
import { auditFigures, printFigures } from './figures.ts';
import { itNeeds } from './machine.ts';
import { removeDisks } from './mounted-disk.ts';
import { EXACTLY_ONCE } from './stored-trades.ts';

describe('a writer under load', () => {
  afterEach(removeDisks);

  itNeeds('power cuts')('loses its power 40 times and no acknowledged batch', async () => {
    const seed = seedOfRun();
    const { stored, ...figures } = await cutPower({
      seed,
      cuts: 40,
      symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'],
      tradesPerBatch: 10,
      pauseMsMax: 2500,
      isSynced: true,
    });
    printFigures('power cut', { seed, ...figures, ...auditFigures(stored), missing: stored.missing });
    expect(figures.isDrained).toBe(true);
    expect(stored).toMatchObject(EXACTLY_ONCE);
  });
});
