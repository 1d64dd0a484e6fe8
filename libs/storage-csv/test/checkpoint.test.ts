import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { SinkOpened } from '@org/storage';
import { CsvSink, fileHeader } from '@org/storage-csv';
import { FaultyFileSystem, systemError } from './faulty-file-system.ts';
import { aggTradeFrame, batchOf, filesBelow, newStore, NOON_US, rowsOf, temporaryFolder } from './store.ts';

const folder = temporaryFolder();
const FILE = 'BTCUSDT/aggtrade_2026-01-02.csv';
const NEXT_PART = 'BTCUSDT/aggtrade_2026-01-02.1.csv';
const DAY_US = 86_400_000_000;

const trade = (id: number, symbol = 'BTCUSDT', receivedAtUs = NOON_US) => ({
  stream: `${symbol}@aggTrade`,
  receivedAtUs,
  payload: aggTradeFrame(id, { s: symbol }),
});
const ids = (path: string) => rowsOf(path).map((row) => Number(row['agg_trade_id']));

interface Contents {
  readonly position: number;
  readonly state?: string;
  readonly owner: string;
  readonly files: Readonly<Record<string, number>>;
}

const checkpointPath = (outputDir: string) => join(outputDir, '.csv-checkpoint.json');
const checkpointOf = (outputDir: string) =>
  JSON.parse(readFileSync(checkpointPath(outputDir), 'utf8')) as Contents;

async function open(outputDir: string, fileSystem = new FaultyFileSystem()) {
  const sink = new CsvSink({ outputDir, fileSystem });
  const opened: SinkOpened = await sink.open();
  return { sink, fileSystem, opened };
}

/** A store with trades 1 and 2, committed at position 1. */
async function committed(...more: readonly ReturnType<typeof trade>[]): Promise<string> {
  const outputDir = newStore(folder);
  const { sink } = await open(outputDir);
  await sink.append(batchOf(trade(1), trade(2), ...more), 1);
  await sink.commit('one');
  await sink.close();
  return outputDir;
}

/** Opens the store, appends trade 9 and commits. */
async function goOn(outputDir: string): Promise<SinkOpened> {
  const { sink, opened } = await open(outputDir);
  await sink.append(batchOf(trade(9)), opened.position + 1);
  await sink.commit();
  await sink.close();
  return opened;
}

/** Thousands of files are opened in some tests, and no power is cut. */
function withoutSyncs(): FaultyFileSystem {
  const fileSystem = new FaultyFileSystem();
  fileSystem.syncs = false;
  return fileSystem;
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: unknown) => error,
  );

describe('opening a store', () => {
  it('cuts a listed file to its length, and says how much', async () => {
    const outputDir = await committed();
    const path = join(outputDir, FILE);
    const size = readFileSync(path).length;
    appendFileSync(path, 'rows that were not committed\nand a torn on');
    const { position, state, repairs } = await goOn(outputDir);
    expect({ position, state }).toEqual({ position: 1, state: 'one' });
    expect(repairs).toEqual([{ target: path, problem: 'holds rows behind the last commit', bytesCut: 42 }]);
    expect(checkpointOf(outputDir).files[FILE]).toBeGreaterThan(size);
    expect(ids(path)).toEqual([1, 2, 9]);
  });

  it('empties a file that was begun after the last commit, and it gets its header again', async () => {
    const outputDir = await committed();
    const { sink, fileSystem } = await open(outputDir);
    await sink.append(batchOf(trade(5, 'ETHUSDT')), 2);
    await fileSystem.crash();
    const path = join(outputDir, 'ETHUSDT/aggtrade_2026-01-02.csv');
    expect(ids(path)).toEqual([5]);
    const next = await open(outputDir);
    expect(next.opened.repairs).toMatchObject([{ target: path, bytesCut: expect.any(Number) }]);
    expect(readFileSync(path).length).toBe(0);
    await next.sink.append(batchOf(trade(5, 'ETHUSDT')), 2);
    await next.sink.close();
    expect(ids(path)).toEqual([5]);
  });

  it.each<[string, (path: string) => void, string]>([
    ['is shorter', (path) => truncateSync(path, 200), 'bytes, was 200;'],
    ['is missing', (path) => rmSync(path), 'bytes, was absent;'],
    [
      'has another header',
      (path) => writeFileSync(path, `time,price\n${'x'.repeat(999)}`),
      'was something else;',
    ],
    [
      'ends in NUL bytes where it was whole',
      (path) => writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 200), Buffer.alloc(900)])),
      'was something else;',
    ],
  ])(
    'leaves a listed file alone that %s, says so, and new rows go to another part',
    async (_name, damage, problem) => {
      const outputDir = await committed();
      const path = join(outputDir, FILE);
      damage(path);
      const before = existsSync(path) ? readFileSync(path) : undefined;
      for (const rows of [[9], [9, 9]]) {
        const { repairs } = await goOn(outputDir);
        expect(repairs).toEqual([{ target: path, problem: expect.stringContaining(problem), bytesCut: 0 }]);
        expect(existsSync(path) ? readFileSync(path) : undefined).toEqual(before);
        expect(ids(join(outputDir, NEXT_PART))).toEqual(rows);
      }
    },
  );

  it('neither cuts nor continues an unfinished file that it did not list', async () => {
    const outputDir = await committed();
    const path = join(outputDir, 'ETHUSDT/aggtrade_2026-01-02.csv');
    mkdirSync(dirname(path));
    const unfinished = `${fileHeader('aggtrade')!}\n1,2,`;
    writeFileSync(path, unfinished);
    const { sink, opened } = await open(outputDir);
    expect(opened.repairs).toEqual([]);
    await sink.append(batchOf(trade(5, 'ETHUSDT')), 2);
    await sink.commit();
    await sink.close();
    expect(readFileSync(path, 'utf8')).toBe(unfinished);
    expect(ids(path.replace('.csv', '.1.csv'))).toEqual([5]);
  });

  it('starts at position 0 and says so when no checkpoint is there but files are', async () => {
    const outputDir = await committed();
    rmSync(checkpointPath(outputDir));
    const { opened, sink } = await open(outputDir);
    await sink.close();
    const problem = 'expected a checkpoint, was absent; starts at position 0';
    expect(opened).toEqual({ position: 0, state: undefined, repairs: [{ target: checkpointPath(outputDir), problem, bytesCut: 0 }] }); // prettier-ignore
  });

  it('believes no checkpoint that was altered or cut, at every byte, and cuts no row then', async () => {
    const outputDir = await committed();
    const whole = readFileSync(checkpointPath(outputDir));
    const path = join(outputDir, FILE);
    appendFileSync(path, '1,2,3\n4,5');
    const kept = readFileSync(path, 'utf8').slice(0, -'4,5'.length);
    const altered = (at: number) => Buffer.from(whole.map((byte, index) => (index === at ? byte ^ 1 : byte)));
    for (let at = 0; at < whole.length; at++) {
      for (const damaged of [altered(at), whole.subarray(0, at)]) {
        writeFileSync(checkpointPath(outputDir), damaged);
        const { opened, sink } = await open(outputDir, withoutSyncs());
        await sink.close();
        expect(opened).toMatchObject({ position: 0, state: undefined });
        expect(opened.repairs[0]!.problem).toMatch(damaged.length === 0 ? /was absent/ : /was damaged/);
        expect(readFileSync(path, 'utf8')).toBe(kept);
      }
    }
  });

  it('believes no checkpoint that leads out of the store, or to a file that is none of its own', async () => {
    const { createHash } = await import('node:crypto');
    for (const path of [
      '../depth_2026-01-02.csv',
      '/etc/depth_2026-01-02.csv',
      'BTCUSDT/../depth_2026-01-02.csv',
      'a/b/depth_2026-01-02.csv',
      'BTCUSDT/notes_2026-01-02.csv',
      'BTCUSDT/depth_2026-01-02.csv.gz',
      'BTCUSDT/depth_2026-01-02.0.csv',
      'btcusdt/depth_2026-01-02.csv',
      '__proto__',
    ]) {
      // prettier-ignore
      const outputDir = newStore(folder);
      mkdirSync(outputDir, { recursive: true });
      const victim = join(outputDir, '..', 'depth_2026-01-02.csv');
      writeFileSync(victim, 'precious');
      const body = `{"owner":"x","position":7,"files":{${JSON.stringify(path)}:0}}`;
      const sum = createHash('sha256').update(body).digest('hex');
      writeFileSync(checkpointPath(outputDir), `{"version":1,"sha256":"${sum}",${body.slice(1)}\n`);
      const { opened, sink } = await open(outputDir);
      await sink.close();
      expect(opened).toMatchObject({
        position: 0,
        repairs: [{ problem: expect.stringContaining('was damaged') }],
      });
      expect(readFileSync(victim, 'utf8')).toBe('precious');
    }
  });

  it('clears away a checkpoint that was not finished', async () => {
    const outputDir = await committed();
    writeFileSync(`${checkpointPath(outputDir)}.another.tmp`, '{"version":1,');
    const { opened, sink } = await open(outputDir);
    await sink.close();
    expect(opened).toMatchObject({ position: 1, repairs: [] });
    expect(existsSync(`${checkpointPath(outputDir)}.another.tmp`)).toBe(false);
  });
});

describe('the list of files', () => {
  const savesIn = (operations: readonly string[]) =>
    operations.filter((each) => each.startsWith('rename ')).length;

  it('names every new file of a batch at length 0 before the first byte of any, with the position before', async () => {
    const outputDir = await committed();
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
    const outputDir = await committed(trade(1, 'ETHUSDT'));
    const { sink } = await open(outputDir);
    await sink.append(batchOf(trade(3, 'BTCUSDT', NOON_US + DAY_US)), 2);
    await sink.commit();
    await sink.close();
    expect(filesBelow(outputDir).filter((path) => path.includes('2026-01-03'))).toEqual(['BTCUSDT/aggtrade_2026-01-03.csv']); // prettier-ignore
  });
});

describe('two sinks on one folder', () => {
  it('cannot both go on: the one before is told at its next checkpoint, for good', async () => {
    const outputDir = await committed();
    const first = await open(outputDir);
    await first.sink.append(batchOf(trade(3)), 2);
    const second = await open(outputDir);
    const error = await failure(first.sink.commit());
    expect(error).toMatchObject({ code: 'STORE_TAKEN', path: checkpointPath(outputDir) });
    expect(await failure(first.sink.append(batchOf(trade(4)), 3))).toBe(error);
    await first.sink.close();
    await second.sink.append(batchOf(trade(3)), 2);
    expect(await second.sink.commit('two')).toBe(2);
    await second.sink.close();
    expect(ids(join(outputDir, FILE))).toEqual([1, 2, 3]);
  });

  it('cannot both go on when the one before begins a file', async () => {
    const outputDir = await committed();
    const first = await open(outputDir);
    const second = await open(outputDir);
    expect(await failure(first.sink.append(batchOf(trade(4, 'ETHUSDT')), 2))).toMatchObject({
      code: 'STORE_TAKEN',
    });
    await first.sink.close();
    await second.sink.close();
    expect(existsSync(join(outputDir, 'ETHUSDT/aggtrade_2026-01-02.csv'))).toBe(false);
  });

  it('are noticed while a checkpoint is written', async () => {
    const outputDir = await committed();
    const { sink, fileSystem } = await open(outputDir);
    await sink.append(batchOf(trade(3)), 2);
    const other = checkpointOf(outputDir);
    fileSystem.fault = (operation, path) => {
      if (operation === 'sync' && path.endsWith('.tmp')) {
        const head = readFileSync(checkpointPath(outputDir), 'utf8').replace(other.owner, 'another');
        writeFileSync(checkpointPath(outputDir), head);
      }
      return undefined;
    };
    expect(await failure(sink.commit())).toMatchObject({ code: 'STORE_TAKEN' });
    await sink.close();
  });

  it('are told apart by a new token at every opening', async () => {
    const outputDir = await committed();
    const owners = new Set<string>([checkpointOf(outputDir).owner]);
    for (let count = 0; count < 3; count++) {
      await goOn(outputDir);
      owners.add(checkpointOf(outputDir).owner);
    }
    expect(owners.size).toBe(4);
    expect(await failure(new CsvSink({ outputDir, ownerToken: () => '../x' }).open())).toBeInstanceOf(
      RangeError,
    );
  });

  it('replaces a checkpoint that was removed or damaged under it, which is nobody else', async () => {
    const outputDir = await committed();
    const { sink } = await open(outputDir);
    await sink.append(batchOf(trade(3)), 2);
    rmSync(checkpointPath(outputDir));
    expect(await sink.commit()).toBe(2);
    writeFileSync(checkpointPath(outputDir), 'damaged');
    expect(await sink.commit('again')).toBe(2);
    await sink.close();
    expect((await goOn(outputDir)).state).toBe('again');
  });
});

describe('a full disk', () => {
  it('is opened all the same, also with rows to cut, and goes on when there is room', async () => {
    const outputDir = await committed();
    appendFileSync(join(outputDir, FILE), '7,7,7');
    const fileSystem = new FaultyFileSystem();
    fileSystem.fault = (operation) => (operation === 'write' ? systemError('ENOSPC') : undefined);
    const { sink, opened } = await open(outputDir, fileSystem);
    expect(opened).toMatchObject({ position: 1, state: 'one', repairs: [{ bytesCut: 5 }] });
    for (const symbol of ['BTCUSDT', 'ETHUSDT'])
      expect(await failure(sink.append(batchOf(trade(3, symbol)), 2))).toMatchObject({ code: 'DISK_FULL' });
    expect(await failure(sink.commit('two'))).toMatchObject({ code: 'DISK_FULL' });
    expect(ids(join(outputDir, FILE))).toEqual([1, 2]);
    fileSystem.fault = () => undefined;
    await sink.append(batchOf(trade(3), trade(3, 'ETHUSDT')), 2);
    expect(await sink.commit('two')).toBe(2);
    await sink.close();
    expect(checkpointOf(outputDir)).toMatchObject({ position: 2, state: 'two' });
    expect(ids(join(outputDir, FILE))).toEqual([1, 2, 3]);
  });

  it('that is opened by two gives the store to the one that writes first', async () => {
    const outputDir = await committed();
    const full = new FaultyFileSystem();
    full.fault = (operation) => (operation === 'write' ? systemError('ENOSPC') : undefined);
    const first = await open(outputDir, full);
    const second = await open(outputDir, full);
    full.fault = () => undefined;
    expect(await second.sink.commit('second')).toBe(1);
    expect(await failure(first.sink.commit('first'))).toMatchObject({ code: 'STORE_TAKEN' });
    await first.sink.close();
    await second.sink.close();
  });
});

describe('a sink', () => {
  it('refuses a state beyond its limit, and goes on', async () => {
    const { sink } = await open(await committed());
    expect(await failure(sink.commit('x'.repeat(8 * 1024 * 1024 + 1)))).toBeInstanceOf(RangeError);
    expect(await sink.commit('x')).toBe(1);
    await sink.close();
  });

  it('ends when a file was changed under it, and what it committed stays', async () => {
    const outputDir = newStore(folder);
    const fileSystem = new FaultyFileSystem();
    const sink = new CsvSink({ outputDir, fileSystem, openFilesMax: 1 });
    await sink.open();
    await sink.append(batchOf(trade(1), trade(1, 'ETHUSDT')), 1);
    await sink.commit();
    appendFileSync(join(outputDir, FILE), 'x');
    const error = await failure(sink.append(batchOf(trade(2)), 2));
    expect(error).toMatchObject({ code: 'SEGMENT_CORRUPT', path: join(outputDir, FILE) });
    expect(await failure(sink.commit('more'))).toBe(error);
    await sink.close();
    expect((await goOn(outputDir)).position).toBe(1);
    expect(ids(join(outputDir, FILE))).toEqual([1, 9]);
  });
});
