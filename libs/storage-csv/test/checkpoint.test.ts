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
import { CsvSink, fileHeader } from '@org/storage-csv';
import {
  checkpointOf,
  checkpointPath,
  committed,
  failure,
  FILE,
  goOn,
  ids,
  NEXT_PART,
  open,
  trade,
  withoutSyncs,
} from './committed-store.ts';
import { FaultyFileSystem } from './faulty-file-system.ts';
import { batchOf, newStore, temporaryFolder } from './store.ts';

const folder = temporaryFolder();

describe('opening a store', () => {
  it('cuts a listed file to its length, and says how much', async () => {
    const outputDir = await committed(folder);
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
    const outputDir = await committed(folder);
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
      const outputDir = await committed(folder);
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
    const outputDir = await committed(folder);
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
    const outputDir = await committed(folder);
    rmSync(checkpointPath(outputDir));
    const { opened, sink } = await open(outputDir);
    await sink.close();
    const problem = 'expected a checkpoint, was absent; the position of the rows is lost';
    expect(opened).toEqual({ position: 0, state: undefined, isPositionLost: true, repairs: [{ target: checkpointPath(outputDir), problem, bytesCut: 0 }] }); // prettier-ignore
  });

  it('believes no checkpoint that was altered or cut, at every byte, and cuts no row then', async () => {
    const outputDir = await committed(folder);
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
        expect(opened).toMatchObject({ position: 0, state: undefined, isPositionLost: true });
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
        isPositionLost: false,
        repairs: [{ problem: expect.stringContaining('was damaged') }],
      });
      expect(readFileSync(victim, 'utf8')).toBe('precious');
    }
  });

  it('clears away a checkpoint that was not finished', async () => {
    const outputDir = await committed(folder);
    writeFileSync(`${checkpointPath(outputDir)}.another.tmp`, '{"version":1,');
    const { opened, sink } = await open(outputDir);
    await sink.close();
    expect(opened).toMatchObject({ position: 1, repairs: [] });
    expect(existsSync(`${checkpointPath(outputDir)}.another.tmp`)).toBe(false);
  });
});

describe('a sink', () => {
  it('refuses a state beyond its limit, and goes on', async () => {
    const { sink } = await open(await committed(folder));
    expect(await failure(sink.commit('x'.repeat(48 * 1024 * 1024 + 1)))).toBeInstanceOf(RangeError);
    // Six bytes each in the checkpoint, which could not be read again.
    expect(await failure(sink.commit('\u0001'.repeat(11 * 1024 * 1024)))).toBeInstanceOf(RangeError);
    expect(await sink.commit('x')).toBe(1);
    await sink.close();
  });

  it('returns a state of 40 MB', async () => {
    const outputDir = await committed(folder);
    const { sink } = await open(outputDir, withoutSyncs());
    const state = '{"id":1,"µ":[20]}\n'.repeat(2_300_000);
    await sink.commit(state);
    await sink.close();
    const { sink: next, opened } = await open(outputDir, withoutSyncs());
    await next.close();
    expect(opened.state === state).toBe(true);
    expect(opened).toMatchObject({ position: 1, isPositionLost: false, repairs: [] });
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
