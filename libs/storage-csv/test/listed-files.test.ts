import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileHeader } from '@org/storage-csv';
import { checkpointOf, committed, DAY_US, FILE, ids, open, trade, type Contents } from './committed-store.ts';
import { batchOf, filesBelow, newStore, NOON_US, temporaryFolder } from './store.ts';

const folder = temporaryFolder();

describe('the list of files', () => {
  const savesIn = (operations: readonly string[]) =>
    operations.filter((each) => each.startsWith('rename ')).length;

  it('names every new file of a batch at length 0 before the first byte of any, with the position before', async () => {
    const outputDir = await committed(folder);
    const { sink, fileSystem } = await open(outputDir);
    fileSystem.operations.length = 0;
    const seen: Contents[] = [];
    fileSystem.fault = (operation, path) => {
      if (operation === 'write' && path.endsWith('.csv')) seen.push(checkpointOf(outputDir));
      return undefined;
    };
    await sink.append(batchOf(trade(3), trade(3, 'ETHUSDT'), trade(3, 'XRPUSDT')), 2);
    const size = { ...checkpointOf(outputDir).files };
    expect(seen).toHaveLength(3);
    for (const { position, state, files } of seen) {
      expect({ position, state }).toEqual({ position: 1, state: 'one' });
      expect(files).toEqual({
        ...size,
        'ETHUSDT/aggtrade_2026-01-02.csv': 0,
        'XRPUSDT/aggtrade_2026-01-02.csv': 0,
      });
    }
    expect(savesIn(fileSystem.operations)).toBe(1);
    await sink.append(batchOf(trade(4), trade(4, 'ETHUSDT')), 3);
    expect(savesIn(fileSystem.operations)).toBe(1);
    await sink.close();
  });

  it('lists a file that was there before at its present length', async () => {
    const outputDir = newStore(folder);
    const path = join(outputDir, FILE);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${fileHeader('aggtrade')!}\n1,2,3\n`);
    const length = readFileSync(path).length;
    const { sink, fileSystem } = await open(outputDir);
    await sink.append(batchOf(trade(3)), 1);
    expect(checkpointOf(outputDir).files).toEqual({ [FILE]: length });
    await fileSystem.crash();
    const next = await open(outputDir);
    expect(readFileSync(path).length).toBe(length);
    await next.sink.close();
  });

  it('is written once for all files of a new day, and forgets those of the day before when no row comes to them', async () => {
    const outputDir = newStore(folder);
    const { sink, fileSystem } = await open(outputDir);
    const symbols = Array.from({ length: 30 }, (_, index) => `SYM${index}USDT`);
    const batchAt = (timeUs: number, part: readonly string[]) =>
      batchOf(...part.map((symbol, index) => trade(index, symbol, timeUs)));
    await sink.append(batchAt(NOON_US, symbols), 1);
    await sink.commit();
    const before = savesIn(fileSystem.operations);
    for (const [index, symbol] of symbols.entries())
      await sink.append(batchAt(NOON_US + DAY_US, [symbol]), 2 + index);
    expect(savesIn(fileSystem.operations) - before).toBe(1);
    expect(Object.keys(checkpointOf(outputDir).files)).toHaveLength(60);
    await sink.append(batchAt(NOON_US, ['SYM3USDT']), 50);
    await sink.commit();
    expect(Object.keys(checkpointOf(outputDir).files)).toHaveLength(60);
    await sink.append(batchAt(NOON_US + DAY_US, ['SYM3USDT']), 51);
    await sink.commit();
    const { files } = checkpointOf(outputDir);
    expect(Object.keys(files).sort()).toEqual(
      symbols.map((symbol) => `${symbol}/aggtrade_2026-01-03.csv`).sort(),
    );
    expect(fileSystem.openFiles).toBe(30);
    await sink.append(batchAt(NOON_US, ['SYM4USDT']), 52);
    expect(checkpointOf(outputDir).files['SYM4USDT/aggtrade_2026-01-02.csv']).toBeGreaterThan(0);
    await sink.commit();
    await sink.close();
    expect(ids(join(outputDir, 'SYM4USDT/aggtrade_2026-01-02.csv'))).toEqual([4, 0]);
  });

  it('makes no file for a stream that has no row on the new day', async () => {
    const outputDir = await committed(folder, trade(1, 'ETHUSDT'));
    const { sink } = await open(outputDir);
    await sink.append(batchOf(trade(3, 'BTCUSDT', NOON_US + DAY_US)), 2);
    await sink.commit();
    await sink.close();
    expect(filesBelow(outputDir).filter((path) => path.includes('2026-01-03'))).toEqual(['BTCUSDT/aggtrade_2026-01-03.csv']); // prettier-ignore
  });
});
