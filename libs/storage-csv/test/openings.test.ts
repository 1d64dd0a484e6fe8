import { Buffer } from 'node:buffer';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECORD_TYPE } from '@org/storage';
import { CsvSink, nodeFileSystem, OpeningFolder, type OpeningMiss } from '@org/storage-csv';
import { FaultyFileSystem, systemError } from './faulty-file-system.ts';
import { batchOf, depthFrame, newStore, rowsOf, temporaryFolder, type TestRecord } from './store.ts';

const folder = temporaryFolder();

const MIDNIGHT_US = Date.UTC(2026, 0, 3) * 1000;
const TODAY = 'BTCUSDT/depth_2026-01-03.csv';
const WAIT_MS = 1000;

/** The diff that ends with `u`, which follows `u - 2`, so many µs behind midnight. */
function diff(u: number, afterUs: number, symbol = 'BTCUSDT'): TestRecord {
  const frame = depthFrame(u, [['1.0', '2']], [], { s: symbol });
  const stream = `${symbol}@depth@0ms`;
  return { stream, receivedAtUs: MIDNIGHT_US + afterUs, order: u, follows: u - 2, payload: frame };
}

/** A book of two levels at `lastUpdateId`, as the order-book manager writes it. */
function bookAt(lastUpdateId: number, symbol = 'BTCUSDT'): Buffer {
  const levels = { bids: [['0.90', '1.500']], asks: [['1.10', '0.001']] };
  return Buffer.from(JSON.stringify({ lastUpdateId, E: 7, symbol, ...levels }));
}

/** The book of yesterday's last diff, and the first one of today. */
const BOUNDARY = [diff(10, -1), diff(12, 0)];

function world(fileSystem = new FaultyFileSystem()) {
  const outputDir = newStore(folder);
  const misses: OpeningMiss[] = [];
  let nowMs = 0;
  const clock = {
    nowMs: () => nowMs,
    setTimeout: (run: () => void, delayMs: number) => {
      nowMs += delayMs;
      void Promise.resolve(whileWaiting.run()).then(() => setImmediate(run));
    },
  };
  const whileWaiting: { run: () => void | Promise<void> } = { run: () => undefined };
  const missing = (miss: OpeningMiss) => void misses.push(miss);
  const openings = { waitMs: WAIT_MS, clock, missing };
  const sink = new CsvSink({ outputDir, fileSystem, openings });
  const put = (body: Buffer, symbol = 'BTCUSDT', period = '2026-01-03') =>
    new OpeningFolder(nodeFileSystem, outputDir).put({ symbol, period }, body, 'test');
  const rows = () => rowsOf(join(outputDir, TODAY)).map((row) => [row['local_time'], row['final_update_id'], row['update_type'], row['side'], row['price'], row['quantity']].join(' ')); // prettier-ignore
  const waiting = () => readdirSync(join(outputDir, '.openings')).sort();
  return {
    outputDir,
    sink,
    misses,
    put,
    rows,
    waiting,
    waitedMs: () => nowMs,
    fileSystem,
    openings,
    whileWaiting,
  };
}

const OPENING = [`${MIDNIGHT_US} 10 snapshot bid 0.90 1.500`, `${MIDNIGHT_US} 10 snapshot ask 1.10 0.001`];
const FIRST = `${MIDNIGHT_US} 12 diff bid 1.0 2`;

describe('a new file of depth', () => {
  it('begins with the book that stands right before its first diff, at the receipt of that', async () => {
    const { sink, misses, put, rows, waiting, waitedMs } = world();
    await put(bookAt(10));
    await sink.open();
    await sink.append(batchOf(...BOUNDARY), 1);
    expect(rows()).toEqual([...OPENING, FIRST]);
    expect(sink.stats()).toMatchObject({ rows: 2, openings: { written: 1, rows: 2, missing: 0 } });
    expect(misses).toEqual([]);
    expect(waitedMs()).toBe(0);
    expect(waiting()).toEqual(['BTCUSDT_2026-01-03']);
    await sink.commit();
    expect(waiting()).toEqual([]);
    await sink.append(batchOf(diff(14, 1)), 2);
    expect(rows()).toEqual([...OPENING, FIRST, `${MIDNIGHT_US + 1} 14 diff bid 1.0 2`]);
    await sink.close();
  });

  it('begins with the book before a REST snapshot that comes first', async () => {
    const { sink, put, rows } = world();
    await put(bookAt(10));
    await sink.open();
    const rest = { stream: 'BTCUSDT@depth@0ms', type: RECORD_TYPE.depthSnapshot, receivedAtUs: MIDNIGHT_US };
    await sink.append(batchOf(diff(10, -1), { ...rest, payload: bookAt(11) }, diff(12, 5)), 1);
    expect(rows().slice(0, 4)).toEqual([...OPENING, ...OPENING.map((row) => row.replace(' 10 ', ' 11 '))]);
    await sink.close();
  });

  it('waits for a book that is on its way', async () => {
    const { sink, misses, put, rows, waitedMs, whileWaiting } = world();
    await sink.open();
    whileWaiting.run = () => (waitedMs() < WAIT_MS / 2 ? undefined : put(bookAt(10)));
    await sink.append(batchOf(...BOUNDARY), 1);
    expect(rows()).toEqual([...OPENING, FIRST]);
    expect({ misses, waitedMs: waitedMs() }).toEqual({ misses: [], waitedMs: WAIT_MS / 2 });
    await sink.close();
  });

  it('waits so long and no longer, once a period for all files, and counts what did not come', async () => {
    const { sink, misses, rows, waitedMs } = world();
    await sink.open();
    await sink.append(batchOf(diff(10, -1), diff(20, -1, 'ETHUSDT'), diff(30, -1, 'SOLUSDT')), 1);
    await sink.append(batchOf(diff(12, 0), diff(22, 0, 'ETHUSDT')), 2);
    expect(waitedMs()).toBe(WAIT_MS);
    await sink.append(batchOf(diff(32, 0, 'SOLUSDT')), 3);
    expect(waitedMs()).toBe(WAIT_MS);
    expect(rows()).toEqual([FIRST]);
    const late = (symbol: string) => ({ symbol, period: '2026-01-03', reason: 'late' });
    expect(misses).toEqual(['BTCUSDT', 'ETHUSDT', 'SOLUSDT'].map(late));
    expect(sink.stats().openings).toEqual({ written: 0, rows: 0, missing: 3 });
    await sink.close();
  });

  it('of a stream that was not met before is not waited for, and takes what a life before has left', async () => {
    const { sink, misses, put, rows, waitedMs } = world();
    await put(bookAt(10));
    await sink.open();
    await sink.append(batchOf(diff(12, 0), diff(22, 0, 'ETHUSDT')), 1);
    expect(rows()).toEqual([...OPENING, FIRST]);
    expect({ waitedMs: waitedMs(), misses }).toEqual({ waitedMs: 0, misses: [] });
    await sink.close();
  });

  it.each<[what: string, body: Buffer, reason: string]>([
    ['is empty, since there is no book', Buffer.alloc(0), 'no-book'],
    ['stands before the last diff', bookAt(9), 'other-id'],
    ['stands behind the first diff', bookAt(12), 'other-id'],
    ['is cut', bookAt(10).subarray(0, 60), 'unreadable'],
    ['is none', Buffer.from('\0\0\0\0'), 'unreadable'],
    ['is of another symbol', bookAt(10, 'ETHUSDT'), 'unreadable'],
  ])('begins without an opening that %s, says so, and does not wait', async (_, body, reason) => {
    const { sink, misses, put, rows, waiting, waitedMs } = world();
    await put(body);
    await sink.open();
    await sink.append(batchOf(...BOUNDARY), 1);
    await sink.commit();
    expect(rows()).toEqual([FIRST]);
    expect(misses).toEqual([{ symbol: 'BTCUSDT', period: '2026-01-03', reason }]);
    expect({ waitedMs: waitedMs(), waiting: waiting() }).toEqual({ waitedMs: 0, waiting: [] });
    await sink.close();
  });

  it('begins without a book when its first record is a gap behind the last', async () => {
    const { sink, misses, put, rows } = world();
    await put(bookAt(10));
    await sink.open();
    await sink.append(batchOf(diff(10, -1), diff(14, 0)), 1);
    expect(rows()).toHaveLength(1);
    expect(misses).toMatchObject([{ reason: 'other-id' }]);
    await sink.close();
  });

  it('begins without a book when its first diff is none, since the next one follows that', async () => {
    const { sink, put, rows } = world();
    await put(bookAt(10));
    await sink.open();
    const broken = { ...diff(12, 0), payload: depthFrame(12, [['broken', '2']]) };
    await sink.append(batchOf(diff(10, -1), broken, diff(14, 1)), 1);
    expect(rows()).toEqual([`${MIDNIGHT_US + 1} 14 diff bid 1.0 2`]);
    await sink.close();
  });

  it('has one book when the disk was full at first', async () => {
    const { sink, put, rows, fileSystem } = world();
    await put(bookAt(10));
    await sink.open();
    for (const failing of [1, 2]) {
      let writes = 0;
      fileSystem.fault = (operation, path) =>
        operation === 'write' && path.endsWith(TODAY) && ++writes === failing
          ? systemError('ENOSPC')
          : undefined;
      await expect(sink.append(batchOf(...BOUNDARY), 2)).rejects.toMatchObject({ code: 'DISK_FULL' });
      if (failing === 1) await sink.commit();
    }
    fileSystem.fault = () => undefined;
    await sink.append(batchOf(...BOUNDARY), 2);
    expect(rows()).toEqual([...OPENING, FIRST]);
    expect(sink.stats().openings).toEqual({ written: 1, rows: 2, missing: 0 });
    await sink.close();
  });

  it('is the same after a kill at whatever call to the system', async () => {
    let isKilled = true;
    for (let call = 1; isKilled; call++) {
      const { outputDir, sink, put, rows, fileSystem, openings } = world();
      await put(bookAt(10));
      let calls = 0;
      isKilled = false;
      fileSystem.fault = () => {
        if (++calls < call) return undefined;
        isKilled = true;
        return systemError('EIO');
      };
      const record = async (by: CsvSink) => {
        const { position } = await by.open();
        if (position < 1) await by.append(batchOf(diff(10, -1)), 1);
        if (position < 2) await by.append(batchOf(diff(12, 0)), 2);
        if (position < 3) await by.append(batchOf(diff(14, 1)), 3);
        await by.commit('state');
        await by.close();
      };
      await record(sink).catch(() => undefined);
      await sink.close();
      if (isKilled) await record(new CsvSink({ outputDir, openings }));
      expect({ call, rows: rows() }).toEqual({ call, rows: [...OPENING, FIRST, `${MIDNIGHT_US + 1} 14 diff bid 1.0 2`] }); // prettier-ignore
    }
  });
});

describe('a diff whose receipt lies before the period of the one that it follows', () => {
  it('stays in the file of that one, so that both files replay, when it is seconds', async () => {
    const { sink, put, rows, outputDir } = world();
    await put(bookAt(10));
    await sink.open();
    await sink.append(batchOf(...BOUNDARY, diff(14, -4_999_999)), 1);
    await sink.append(batchOf(diff(16, -1), diff(18, 7)), 2);
    const ids = rows().map((row) => row.split(' ')[1]);
    expect(ids).toEqual(['10', '10', '12', '14', '16', '18']);
    expect(rowsOf(join(outputDir, TODAY.replace('03', '02')))).toHaveLength(1);
    await sink.close();
  });

  it('goes to the file of its own day when it is more, since the clock was wrong before', async () => {
    const { sink, rows, outputDir } = world();
    await sink.open();
    await sink.append(batchOf(...BOUNDARY, diff(14, -5_000_001)), 1);
    expect(rows()).toEqual([FIRST]);
    expect(rowsOf(join(outputDir, TODAY.replace('03', '02')))).toHaveLength(2);
    await sink.close();
  });
});

describe('openings that nobody came for', () => {
  it('are removed an hour after their period, unfinished ones among them, and nothing else', async () => {
    const { outputDir, sink, put, waiting } = world();
    await put(bookAt(1), 'OLDUSDT', '2026-01-02');
    await put(bookAt(1), 'OLDUSDT', '2026-01-02T22-59-50');
    await put(bookAt(1), 'LATEUSDT', '2026-01-02T23-00-00');
    await put(bookAt(1), 'NEXTUSDT', '2026-01-03T00-15');
    for (const name of ['OLDUSDT_2026-01-02.1234.tmp', 'notes.txt'])
      writeFileSync(join(outputDir, '.openings', name), '');
    await sink.open();
    await sink.append(batchOf(...BOUNDARY), 1);
    await sink.commit();
    expect(waiting()).toEqual(['LATEUSDT_2026-01-02T23-00-00', 'NEXTUSDT_2026-01-03T00-15', 'notes.txt']);
    await sink.close();
  });

  it('stop nobody when they cannot be removed', async () => {
    const { sink, put, rows, fileSystem } = world();
    await put(bookAt(10));
    await sink.open();
    fileSystem.fault = (operation) => (operation === 'removeFile' ? systemError('EACCES') : undefined);
    await sink.append(batchOf(...BOUNDARY), 1);
    expect(await sink.commit()).toBe(1);
    expect(rows()).toEqual([...OPENING, FIRST]);
    await sink.close();
  });
});

describe('the folder of openings', () => {
  it('holds whole openings only, whatever was left unfinished', async () => {
    const outputDir = newStore(folder);
    const fileSystem = new FaultyFileSystem();
    const openings = new OpeningFolder(fileSystem, outputDir);
    const place = { symbol: 'BTCUSDT', period: '2026-01-03' };
    fileSystem.fault = (operation) => (operation === 'write' ? systemError('ENOSPC') : undefined);
    await expect(openings.put(place, bookAt(10), 'test')).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readdirSync(join(outputDir, '.openings'))).toEqual([]);
    fileSystem.fault = (operation, _, bytes) => (operation === 'write' ? Math.min(bytes, 7) : undefined);
    await openings.put(place, bookAt(10), 'test');
    expect(readFileSync(join(outputDir, '.openings/BTCUSDT_2026-01-03'))).toEqual(bookAt(10));
    expect(await openings.names()).toEqual(new Set(['BTCUSDT_2026-01-03']));
  });

  it('takes no name that leaves it', async () => {
    const outputDir = newStore(folder);
    mkdirSync(outputDir, { recursive: true });
    const openings = new OpeningFolder(nodeFileSystem, outputDir);
    const put = openings.put({ symbol: '../BTCUSDT', period: '2026-01-03' }, bookAt(10), 'test');
    await expect(put).rejects.toBeInstanceOf(RangeError);
  });
});
