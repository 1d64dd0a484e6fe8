import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { depthSources, fileHeader, symbolFiles } from '@org/storage-csv';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'partition-folders-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(...path: string[]): void {
  mkdirSync(join(folder, ...path.slice(0, -1)), { recursive: true });
  writeFileSync(join(folder, ...path), `${fileHeader('depth')}\n`);
}

describe('a recording that several machines wrote', () => {
  it('is found in the folders of its partitions, parts of one symbol in the order of their numbers', async () => {
    file('p03', 'BTCUSDT', 'depth_2026-11-23.1000.csv');
    file('p03', 'BTCUSDT', 'depth_2026-11-23.900.csv');
    file('p117', 'ETHUSDT', 'depth_2026-11-23.100.csv');
    const sources = await depthSources(folder);
    expect(
      sources.map(({ symbol, paths }) => [symbol, paths.map((path) => path.slice(folder.length))]),
    ).toEqual([
      ['BTCUSDT', ['/p03/BTCUSDT/depth_2026-11-23.900.csv', '/p03/BTCUSDT/depth_2026-11-23.1000.csv']],
      ['ETHUSDT', ['/p117/ETHUSDT/depth_2026-11-23.100.csv']],
    ]);
    expect((await symbolFiles(folder)).map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT']);
  });

  it('is not looked for in folders of other names', async () => {
    for (const name of ['p1', 'p1234', 'pool', 'P03', 'xp03']) file(name, 'BTCUSDT', 'depth_2026-11-23.csv');
    file('p03', 'p04', 'BTCUSDT', 'depth_2026-11-23.csv');
    expect(await depthSources(folder)).toEqual([]);
    expect(await symbolFiles(folder)).toEqual([]);
  });
});
