import { conclusionFigures } from './conclusion.ts';
import { printFigures, SOUND } from './figures.ts';
import { reloadConfig, STAYS } from './reload-config.ts';

describe('a recorder that is given another configuration', () => {
  it('goes on without a gap with what stays, begins what is new, and takes no bad one', async () => {
    const figures = await reloadConfig({
      symbols: [],
      exchange: ['--rate', '30', '--trades', '10', '--levels', '300', '--depth-cuts', 'different'],
      // Connections are replaced all the time as well, and each cuts the depth stream in its own way.
      network: { lifetime: '2s' },
      rotationsMin: 1,
      reloads: 1,
    });
    const rotations = figures.log.match(/ConnectionRotated/g)?.length ?? 0;
    const { reloads, worstReloadMs, gaps, addedRows, leftOver, audit, books } = figures;
    printFigures('reload', { reloads, worstReloadMs, rotations, addedRows, leftOver, gapsOfStaying: gaps[STAYS], ...conclusionFigures(figures) }); // prettier-ignore
    expect(audit).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
    expect({ gaps: Object.values(gaps), leftOver }).toEqual({ gaps: [0, 0, 0], leftOver: 0 });
    expect(addedRows).toBeGreaterThan(0);
    expect(rotations).toBeGreaterThan(0);
    expect(books).toMatchObject({ books: 2, differences: [] });
  }, 60_000);
});
