import { seedOfRun } from './chance.ts';
import { conclusionFigures } from './conclusion.ts';
import { printFigures, SOUND } from './figures.ts';
import { rotateConnections } from './rotate-connections.ts';

const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];

describe('a recorder whose connections grow old every two seconds', () => {
  it.each([
    [1, 'different'],
    [1, 'same'],
    [2, 'different'],
  ] as const)('has no hole with redundancy %i and %s depth cuts', async (redundancy, depthCuts) => {
    const seed = seedOfRun();
    const figures = await rotateConnections({
      symbols,
      exchange: ['--rate', '100', '--trades', '50', '--levels', '300', '--depth-cuts', depthCuts, '--seed', String(seed)], // prettier-ignore
      network: { redundancy },
      lifetime: '2s',
      rotations: Number(process.env['FAULT_COUNT'] ?? 150),
    });
    const { connections, rotations, audit, books } = figures;
    printFigures(`rotation, redundancy ${redundancy}, ${depthCuts} depth cuts`, { seed, connections, rotations, ...conclusionFigures(figures) }); // prettier-ignore
    expect(audit).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
    expect(books).toMatchObject({ books: symbols.length, differences: [] });
  });
});
