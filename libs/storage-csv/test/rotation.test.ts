import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CsvSink, parseFileName, compareFileNames, type Rotation } from '@org/storage-csv';
import { FaultyFileSystem } from './faulty-file-system.ts';
import { aggTradeFrame, batchOf, filesBelow, newStore, rowsOf, temporaryFolder } from './store.ts';

const folder = temporaryFolder();

const MIDNIGHT_US = Date.UTC(2026, 0, 3) * 1000;
const HOUR_US = 3_600_000_000;

const record = (id: number, receivedAtUs: number) => ({ receivedAtUs, payload: aggTradeFrame(id) });
const ids = (path: string) => rowsOf(path).map((row) => Number(row['agg_trade_id']));

async function sinkOver(outputDir: string, rotation?: Rotation): Promise<CsvSink> {
  const sink = new CsvSink(rotation === undefined ? { outputDir } : { outputDir, rotation });
  await sink.open();
  return sink;
}

describe('rotation', () => {
  it('begins a file at midnight UTC of the receipt, and a late record goes to the file of its own day', async () => {
    const outputDir = newStore(folder);
    const sink = await sinkOver(outputDir);
    await sink.append(
      batchOf(record(1, MIDNIGHT_US - 1), record(2, MIDNIGHT_US), record(3, MIDNIGHT_US - 2)),
      1,
    );
    await sink.append(batchOf(record(4, MIDNIGHT_US + 1)), 2);
    await sink.append(batchOf(record(5, MIDNIGHT_US - 3)), 3);
    await sink.close();
    expect(filesBelow(outputDir)).toEqual([
      'BTCUSDT/aggtrade_2026-01-02.csv',
      'BTCUSDT/aggtrade_2026-01-03.csv',
    ]);
    expect(ids(join(outputDir, 'BTCUSDT/aggtrade_2026-01-02.csv'))).toEqual([1, 3, 5]);
    expect(ids(join(outputDir, 'BTCUSDT/aggtrade_2026-01-03.csv'))).toEqual([2, 4]);
  });

  it('begins a file each hour when asked to', async () => {
    const outputDir = newStore(folder);
    const sink = await sinkOver(outputDir, 'hourly');
    await sink.append(
      batchOf(record(1, MIDNIGHT_US - 1), record(2, MIDNIGHT_US + HOUR_US), record(3, MIDNIGHT_US - 1)),
      1,
    );
    await sink.close();
    expect(filesBelow(outputDir)).toEqual([
      'BTCUSDT/aggtrade_2026-01-02T23.csv',
      'BTCUSDT/aggtrade_2026-01-03T01.csv',
    ]);
    expect(ids(join(outputDir, 'BTCUSDT/aggtrade_2026-01-02T23.csv'))).toEqual([1, 3]);
  });

  it('goes on with the file of the day after a restart, with one header', async () => {
    const outputDir = newStore(folder);
    for (const id of [1, 2, 3]) {
      const sink = await sinkOver(outputDir);
      await sink.append(batchOf(record(id, MIDNIGHT_US)), id);
      await sink.commit();
      await sink.close();
    }
    expect(ids(join(outputDir, 'BTCUSDT/aggtrade_2026-01-03.csv'))).toEqual([1, 2, 3]);
  });

  it('writes another part when the file of the period is closed and compressed already', async () => {
    const outputDir = newStore(folder);
    mkdirSync(join(outputDir, 'BTCUSDT'), { recursive: true });
    writeFileSync(join(outputDir, 'BTCUSDT/aggtrade_2026-01-03.csv.gz'), 'closed');
    const sink = await sinkOver(outputDir);
    await sink.append(batchOf(record(1, MIDNIGHT_US)), 1);
    await sink.close();
    expect(existsSync(join(outputDir, 'BTCUSDT/aggtrade_2026-01-03.csv'))).toBe(false);
    expect(ids(join(outputDir, 'BTCUSDT/aggtrade_2026-01-03.1.csv'))).toEqual([1]);
  });

  it('holds no more files open than allowed, and loses nothing by closing them', async () => {
    const outputDir = newStore(folder);
    const fileSystem = new FaultyFileSystem();
    const sink = new CsvSink({ outputDir, fileSystem, openFilesMax: 3, rotation: 'hourly' });
    await sink.open();
    fileSystem.openFilesHigh = 0;
    const hours = Array.from({ length: 12 }, (_, hour) => hour);
    for (const round of [1, 2, 3]) {
      const records = hours.map((hour) => record(100 * round + hour, MIDNIGHT_US + hour * HOUR_US));
      await sink.append(batchOf(...records), round);
    }
    await sink.commit();
    expect(fileSystem.openFilesHigh).toBeLessThanOrEqual(4); // the checkpoint is one more
    await sink.close();
    expect(fileSystem.openFiles).toBe(0);
    const stored = filesBelow(outputDir).map((path) => ids(join(outputDir, path)));
    expect(stored).toEqual(hours.map((hour) => [100 + hour, 200 + hour, 300 + hour]));
  });
});

describe('the name of a file', () => {
  it('is parsed into its parts, and put in the order of time', () => {
    const names = [
      'depth_2026-01-03.csv',
      'depth_2026-01-02.2.csv.gz',
      'depth_2026-01-02T10.csv',
      'depth_2026-01-02.csv',
    ];
    expect(parseFileName('depth_2026-01-02T10.12.csv.gz')).toEqual({ kind: 'depth', period: '2026-01-02T10', part: 12, isCompressed: true }); // prettier-ignore
    expect(names.sort((a, b) => compareFileNames(parseFileName(a)!, parseFileName(b)!))).toEqual([
      'depth_2026-01-02.csv',
      'depth_2026-01-02.2.csv.gz',
      'depth_2026-01-02T10.csv',
      'depth_2026-01-03.csv',
    ]);
    for (const name of [
      'depth.csv',
      'depth_2026-01-02.csv.gz.CHECKSUM',
      'manifest_2026-01-02.json',
      'depth_2026-01-02.csv.gz.tmp',
    ]) {
      expect(parseFileName(name)).toBeUndefined();
    }
  });
});
