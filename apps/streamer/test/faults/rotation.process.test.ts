import { seedOfRun } from './chance.ts';
import { conclusionFigures } from './conclusion.ts';
import { printFigures, SOUND } from './figures.ts';
import { rotateConnections } from './rotate-connections.ts';

const symbols = ['BTCUSDT', 'ETHUSDT'];

describe('a recorder whose connections grow old', () => {
  it('replaces them without a hole, though each connection cuts the depth stream in its own way', async () => {
    const seed = seedOfRun();
    const figures = await rotateConnections({
      symbols,
      exchange: ['--rate', '50', '--trades', '20', '--levels', '300', '--depth-cuts', 'different', '--seed', String(seed)], // prettier-ignore
      config: { symbols: { pairs: symbols, per_worker: 2 } },
      lifetime: '2s',
      rotations: 4,
    });
    const { connections, rotations, audit, books } = figures;
    printFigures('rotation', { seed, connections, rotations, ...conclusionFigures(figures) });
    expect(audit).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
    expect(books).toMatchObject({ books: symbols.length, differences: [] });
  }, 60_000);
});
