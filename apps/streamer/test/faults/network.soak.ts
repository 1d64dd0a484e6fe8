import { seedOfRun } from './chance.ts';
import { conclusionFigures } from './conclusion.ts';
import { printFigures, SOUND } from './figures.ts';
import { CUT, halfOpen, late, RESET, slow, stall, troubleNetwork } from './trouble-network.ts';

const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
const round = [halfOpen(15_000, 5000), RESET, stall(2000), slow(8000, 20_000), CUT, late(5000, 300)];

describe('a recorder behind a bad line', () => {
  it.each([1, 2])('gets through every trouble with redundancy %i', async (redundancy) => {
    const seed = seedOfRun();
    const rounds = Number(process.env['FAULT_COUNT'] ?? 3);
    const figures = await troubleNetwork({
      seed,
      symbols,
      exchange: ['--rate', '100', '--trades', '50', '--levels', '300', '--depth-cuts', 'different', '--seed', String(seed)], // prettier-ignore
      network: { silence_timeout: '3s', redundancy },
      troubles: Array.from({ length: rounds }, () => round).flat(),
      settleMs: 20_000,
    });
    const { troubles, worstReplacementMs, audit, books } = figures;
    printFigures(`bad line, redundancy ${redundancy}`, { seed, troubles, worstReplacementMs, ...conclusionFigures(figures) }); // prettier-ignore
    expect(audit).toMatchObject({ ...SOUND, lost: audit.declared });
    expect(books).toMatchObject({ books: symbols.length, differences: [] });
    if (redundancy === 1) expect(audit.gapRows).toBeGreaterThan(0);
    else expect(audit).toMatchObject({ lost: 0, gapRows: 0 });
  });
});
