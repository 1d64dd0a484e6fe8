import { conclusionFigures } from './conclusion.ts';
import { printFigures, SOUND } from './figures.ts';
import { reloadConfig, STAYS } from './reload-config.ts';

describe('a recorder that is given another configuration', () => {
  it.each([1, 2])('goes on without a gap with what stays, ten times (redundancy %i)', async (redundancy) => {
    const figures = await reloadConfig({
      symbols: [],
      exchange: ['--rate', '100', '--trades', '50', '--levels', '300', '--depth-cuts', 'different'],
      network: { redundancy },
      reloads: Number(process.env['FAULT_COUNT'] ?? 10),
    });
    const { reloads, worstReloadMs, gaps, addedRows, leftOver, audit, books } = figures;
    printFigures(`reload, redundancy ${redundancy}`, { reloads, worstReloadMs, addedRows, leftOver, gapsOfStaying: gaps[STAYS], ...conclusionFigures(figures) }); // prettier-ignore
    // What went and came back misses the time between, and says so.
    expect(audit).toMatchObject(SOUND);
    expect({ gaps: gaps[STAYS], leftOver }).toEqual({ gaps: 0, leftOver: 0 });
    expect(addedRows).toBeGreaterThan(0);
    expect(books).toMatchObject({ books: 2, differences: [] });
  });
});
