import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CsvSink, fileHeader } from '@org/storage-csv';
import { checkpointPath, DAY_US, FILE, ids, NEXT_PART, trade } from '../committed-store.ts';
import { FaultyFileSystem, systemError } from '../faulty-file-system.ts';
import { batchOf, newStore, NOON_US, temporaryFolder } from '../store.ts';

const folder = temporaryFolder();
const MIDNIGHT_US = NOON_US + DAY_US / 2;
const MINUTE_US = 60_000_000;
/** Long after the grace, as far as the clock of the caller is concerned. */
const NEXT_NOON = { nowUs: NOON_US + DAY_US };
const NEXT_DAY = 'BTCUSDT/aggtrade_2026-01-03.csv';

const today = (id: number) => batchOf(trade(id));
const tomorrow = (id: number) => batchOf(trade(id, 'BTCUSDT', NOON_US + DAY_US));
const closedIn = (outputDir: string): unknown =>
  (JSON.parse(readFileSync(checkpointPath(outputDir), 'utf8')) as { closed?: unknown }).closed;

async function opened(outputDir: string, fileSystem = new FaultyFileSystem()): Promise<CsvSink> {
  const sink = new CsvSink({ outputDir, fileSystem });
  await sink.open();
  return sink;
}

/** A file of a past day that no row has come to since, and the file of the day after. */
async function dayIsOver(fileSystem?: FaultyFileSystem) {
  const outputDir = newStore(folder);
  const sink = await opened(outputDir, fileSystem);
  await sink.append(today(1), 1);
  await sink.append(tomorrow(2), 2);
  await sink.commit('two');
  return { outputDir, sink };
}

/** Looks twice, as far apart as the grace is long. */
async function closeQuiet(sink: CsvSink): Promise<readonly string[]> {
  await sink.closeFiles(NEXT_NOON);
  return sink.closeFiles({ nowUs: NEXT_NOON.nowUs + 6 * MINUTE_US });
}

describe('a file', () => {
  it('is closed five minutes after its day, and the file of the present day is not', async () => {
    const { sink } = await dayIsOver();
    expect(await sink.closeFiles({ nowUs: MIDNIGHT_US - 1 })).toEqual([]);
    expect(await sink.closeFiles({ nowUs: MIDNIGHT_US })).toEqual([]);
    expect(await sink.closeFiles({ nowUs: MIDNIGHT_US + 5 * MINUTE_US - 1 })).toEqual([]);
    expect(await sink.closeFiles({ nowUs: MIDNIGHT_US + 5 * MINUTE_US })).toEqual([FILE]);
    await sink.close();
  });

  it('of an hour is closed a minute after it, and one of a day by its own length', async () => {
    const outputDir = newStore(folder);
    mkdirSync(join(outputDir, 'BTCUSDT'), { recursive: true });
    writeFileSync(join(outputDir, FILE), `${fileHeader('aggtrade')}\n`);
    const sink = new CsvSink({ outputDir, rotation: 'hourly' });
    await sink.open();
    await sink.append(today(1), 1);
    await sink.commit('one');
    const hour = 'BTCUSDT/aggtrade_2026-01-02T12.csv';
    const hourEndUs = NOON_US + 60 * MINUTE_US;
    expect(await sink.closeFiles({ nowUs: hourEndUs })).toEqual([]);
    expect(await sink.closeFiles({ nowUs: hourEndUs + MINUTE_US - 1 })).toEqual([]);
    expect(await sink.closeFiles({ nowUs: hourEndUs + MINUTE_US })).toEqual([hour]);
    expect(await sink.closeFiles({ nowUs: MIDNIGHT_US })).toEqual([hour]);
    expect(await sink.closeFiles({ nowUs: MIDNIGHT_US + MINUTE_US })).toEqual([hour, FILE]);
    await sink.close();
  });

  it('is not closed while rows come to it, nor with rows that are not committed', async () => {
    const { sink } = await dayIsOver();
    await sink.closeFiles(NEXT_NOON);
    await sink.append(today(3), 3);
    expect(await sink.closeFiles({ nowUs: NEXT_NOON.nowUs, isEnding: true })).toEqual([]);
    await sink.commit('three');
    expect(await sink.closeFiles({ nowUs: NEXT_NOON.nowUs + 5 * MINUTE_US })).toEqual([]);
    expect(await sink.closeFiles({ nowUs: NEXT_NOON.nowUs + 10 * MINUTE_US })).toEqual([FILE]);
    await sink.close();
  });

  it('is closed at once when nothing will come any more', async () => {
    const { sink } = await dayIsOver();
    expect(await sink.closeFiles({ nowUs: MIDNIGHT_US, isEnding: true })).toEqual([FILE]);
    await sink.close();
  });

  it('that is closed gets no rows: those that come late go to another part, over a crash as well', async () => {
    const { outputDir, sink } = await dayIsOver();
    await closeQuiet(sink);
    await sink.append(today(3), 3);
    await sink.commit('three');
    expect([ids(join(outputDir, FILE)), ids(join(outputDir, NEXT_PART))]).toEqual([[1], [3]]);
    // Not closed: what a killed process leaves is the same.
    const next = await opened(outputDir);
    await next.append(today(4), 4);
    await next.commit('four');
    expect([ids(join(outputDir, FILE)), ids(join(outputDir, NEXT_PART))]).toEqual([[1], [3, 4]]);
    expect(await next.closeFiles(NEXT_NOON)).toEqual([FILE]);
    await next.close();
    await sink.close();
  });

  it('is remembered as closed until it is packed, and then the checkpoint is as it was before there were any', async () => {
    const { outputDir, sink } = await dayIsOver();
    expect(closedIn(outputDir)).toBeUndefined();
    await closeQuiet(sink);
    expect(closedIn(outputDir)).toEqual([FILE]);
    await sink.packed([FILE]);
    await sink.append(tomorrow(3), 3);
    await sink.commit('three');
    expect(closedIn(outputDir)).toBeUndefined();
    expect(ids(join(outputDir, NEXT_DAY))).toEqual([2, 3]);
    await sink.close();
  });

  it('that a recorder left behind when it went down over midnight is found by the next one', async () => {
    const { outputDir, sink } = await dayIsOver();
    await sink.append(tomorrow(3), 3);
    await sink.commit('three');
    await sink.close();
    const next = await opened(outputDir);
    await next.append(tomorrow(4), 4);
    await next.commit('four');
    expect(await next.closeFiles({ nowUs: NOON_US + DAY_US })).toEqual([FILE]);
    await next.close();
  });

  it('that is packed or has a checksum is left alone, one that was being packed is not', async () => {
    const outputDir = newStore(folder);
    const csv = `${fileHeader('aggtrade')}\n`;
    mkdirSync(join(outputDir, 'BTCUSDT'), { recursive: true });
    for (const [name, content] of [
      ['aggtrade_2025-12-01.csv.gz', 'packed'],
      ['aggtrade_2025-12-02.csv', csv],
      ['aggtrade_2025-12-02.csv.CHECKSUM', 'sum'],
      ['aggtrade_2025-12-03.csv', csv],
      ['aggtrade_2025-12-03.csv.gz', 'both'],
      ['notes_2025-12-03.csv', 'none of ours'],
    ] as const) {
      writeFileSync(join(outputDir, 'BTCUSDT', name), content);
    }
    const sink = await opened(outputDir);
    expect(await closeQuiet(sink)).toEqual(['BTCUSDT/aggtrade_2025-12-03.csv']);
    await sink.close();
  });

  it('that was listed and never written is none', async () => {
    const { outputDir, sink } = await dayIsOver();
    await sink.append(batchOf(trade(3, 'ETHUSDT')), 3);
    await sink.commit('three');
    // The file of the next day is listed together with that of the first symbol, and no row comes to it.
    await sink.append(batchOf(trade(4, 'BTCUSDT', NOON_US + 2 * DAY_US)), 4);
    await sink.commit('four');
    const closed = await sink.closeFiles({ nowUs: NOON_US + 9 * DAY_US, isEnding: true });
    expect([...closed].sort()).toEqual([
      FILE,
      NEXT_DAY,
      'BTCUSDT/aggtrade_2026-01-04.csv',
      'ETHUSDT/aggtrade_2026-01-02.csv',
    ]);
    for (const path of closed) expect(existsSync(join(outputDir, path))).toBe(true);
    await sink.close();
  });
});

describe('closing', () => {
  it('takes the oldest files first, and no more than a checkpoint is to name', async () => {
    const fileSystem = new FaultyFileSystem();
    const { outputDir, sink } = await dayIsOver(fileSystem);
    const dayOf = (number: number): string => new Date(number * 86_400_000).toISOString().slice(0, 10);
    const names = Array.from({ length: 10_001 }, (_, number) => `aggtrade_${dayOf(number)}.csv`);
    fileSystem.list = (path) =>
      Promise.resolve(
        path === outputDir
          ? [{ name: 'BTCUSDT', isFolder: true }]
          : names.toReversed().map((name) => ({ name, isFolder: false })),
      );
    const closed = await sink.closeFiles(NEXT_NOON);
    expect([closed.length, closed[0], closed.at(-1)]).toEqual([
      10_000,
      `BTCUSDT/${names[0]}`,
      `BTCUSDT/${names[9999]}`,
    ]);
    await sink.packed([closed[0]!]);
    expect((await sink.closeFiles(NEXT_NOON)).at(-1)).toBe(`BTCUSDT/${names[10_000]}`);
    await sink.close();
  });

  it('that finds the disk full changes nothing, and may come again', async () => {
    const fileSystem = new FaultyFileSystem();
    const { sink } = await dayIsOver(fileSystem);
    fileSystem.fault = (operation) => (operation === 'write' ? systemError('ENOSPC') : undefined);
    await sink.closeFiles(NEXT_NOON);
    const later = { nowUs: NEXT_NOON.nowUs + 6 * MINUTE_US };
    await expect(sink.closeFiles(later)).rejects.toMatchObject({ code: 'DISK_FULL' });
    fileSystem.fault = () => undefined;
    await sink.append(today(3), 3);
    await sink.commit('three');
    expect(await sink.closeFiles({ ...later, isEnding: true })).toEqual([FILE]);
    await sink.close();
  });

  it('gives back the open file', async () => {
    const fileSystem = new FaultyFileSystem();
    const { sink } = await dayIsOver(fileSystem);
    const before = fileSystem.openFiles;
    await closeQuiet(sink);
    expect(fileSystem.openFiles).toBe(before - 1);
    await sink.close();
  });

  it('of a damaged list is refused as a damaged checkpoint', async () => {
    const { outputDir, sink } = await dayIsOver();
    await closeQuiet(sink);
    await sink.close();
    const text = readFileSync(checkpointPath(outputDir), 'utf8');
    writeFileSync(checkpointPath(outputDir), text.replace(FILE, '../../elsewhere.csv'));
    const next = new CsvSink({ outputDir });
    expect(await next.open()).toMatchObject({ isPositionLost: true });
    await next.close();
  });
});
