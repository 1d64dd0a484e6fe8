import { seedOfRun } from './chance.ts';
import { conclusionFigures } from './conclusion.ts';
import { printFigures, SOUND } from './figures.ts';
import { halfOpen, RESET, slow, stall, troubleNetwork } from './trouble-network.ts';

const symbols = ['BTCUSDT', 'ETHUSDT'];

describe('a recorder behind a bad line', () => {
  it('replaces a half-open connection within the silence timeout, and brings back or declares what it lost', async () => {
    const seed = seedOfRun();
    const figures = await troubleNetwork({
      seed,
      symbols,
      exchange: ['--rate', '30', '--trades', '10', '--levels', '300'],
      config: { symbols: { pairs: symbols, per_worker: 2 } },
      network: { silence_timeout: '1s' },
      troubles: [stall(500), halfOpen(3000, 2500), RESET, slow(500, 10_000)],
      settleMs: 2500,
    });
    const { troubles, worstReplacementMs, audit, books } = figures;
    printFigures('bad line', { seed, troubles, worstReplacementMs, ...conclusionFigures(figures) });
    expect(audit).toMatchObject({ ...SOUND, lost: audit.declared });
    expect(audit.gapRows).toBeGreaterThan(0);
    expect(books).toMatchObject({ books: symbols.length, differences: [] });
  }, 60_000);
});
