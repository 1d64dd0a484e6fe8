import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CsvSink, fileHeader, nodeFileSystem, readDepthFile, type FileSystem } from '@org/storage-csv';
import { batchOf, collect, depthFrame, newStore, rowsOf, temporaryFolder, linesOf } from './store.ts';

const folder = temporaryFolder();
const stream = 'BTCUSDT@depth@0ms';
const FILE = 'BTCUSDT/depth_2026-01-02.csv';

/** Syncs are left out: thousands of files are opened here and no power is cut. */
const fileSystem: FileSystem = {
  ...nodeFileSystem,
  open: async (path) => Object.assign(await nodeFileSystem.open(path), { sync: () => Promise.resolve() }),
  syncFolder: () => Promise.resolve(),
};

const levels = [['1.0', '2']];
const message = (u: number) => ({ stream, payload: depthFrame(u, levels, [['1.1', '4']]) });

/** Makes the store one of which nothing is known but its files. */
function withoutCheckpoint(outputDir: string): void {
  rmSync(join(outputDir, '.csv-checkpoint.json'));
}

const absent = (outputDir: string) => ({
  target: join(outputDir, '.csv-checkpoint.json'),
  problem: 'expected a checkpoint, was absent; the position of the rows is lost',
  bytesCut: 0,
});

async function written(): Promise<{ outputDir: string; path: string; whole: Buffer }> {
  const outputDir = newStore(folder);
  const sink = new CsvSink({ outputDir, fileSystem });
  await sink.open();
  await sink.append(batchOf(message(1010), message(1020)), 1);
  await sink.commit();
  await sink.close();
  withoutCheckpoint(outputDir);
  const path = join(outputDir, FILE);
  return { outputDir, path, whole: readFileSync(path) };
}

async function appendOne(outputDir: string, position: number) {
  const sink = new CsvSink({ outputDir, fileSystem });
  const opened = await sink.open();
  await sink.append(batchOf(message(1090)), position);
  await sink.commit();
  await sink.close();
  return opened;
}

describe('recovery without a checkpoint', () => {
  it('keeps exactly the complete rows of a file that was cut, at every byte, and goes on cleanly', async () => {
    const { outputDir, path, whole } = await written();
    const appended = whole.subarray(whole.indexOf(10) + 1, whole.length).length / 2;
    for (let length = 0; length <= whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const complete = whole.subarray(0, whole.lastIndexOf(10, length - 1) + 1);
      const kept = length === 0 ? Buffer.alloc(0) : complete;
      const sink = new CsvSink({ outputDir, fileSystem });
      const { repairs, isPositionLost } = await sink.open();
      expect(isPositionLost).toBe(length > 0);
      expect(readFileSync(path).equals(kept)).toBe(true);
      const cut = length - kept.length;
      expect(repairs).toEqual([
        ...(length === 0 ? [] : [absent(outputDir)]),
        ...(cut === 0 ? [] : [{ target: path, problem: 'ends in an unfinished line', bytesCut: cut }]),
      ]);
      await sink.append(batchOf(message(1090)), 100 + length);
      await sink.close();
      withoutCheckpoint(outputDir);
      const header = Buffer.byteLength(`${fileHeader('depth')}\n`);
      expect(readFileSync(path).length).toBe(Math.max(kept.length, header) + appended);
      expect(linesOf(path)[0]).toBe(fileHeader('depth'));
      const messages = await collect(readDepthFile(path));
      expect(messages.at(-1)).toMatchObject({ diff: { finalUpdateId: 1090 }, damagedRows: 0 });
    }
  }, 30_000);

  it('gives a reader of the cut file exactly its complete rows, at every byte', async () => {
    const { path, whole } = await written();
    const rows = (text: string) => Math.max(0, text.split('\n').length - 2);
    for (let length = 0; length < whole.length; length++) {
      truncateSync(path, 0);
      appendFileSync(path, whole.subarray(0, length));
      const tails: unknown[] = [];
      const messages = await collect(readDepthFile(path, { unfinished: (tail) => tails.push(tail) }));
      const levelsRead = messages.map((read) =>
        read.type === 'diff' ? read.diff.bids.length + read.diff.asks.length : 0,
      );
      expect(levelsRead.reduce((sum, count) => sum + count, 0)).toBe(rows(whole.toString('utf8', 0, length)));
      expect(tails).toHaveLength(length === 0 || whole[length - 1] === 10 ? 0 : 1);
    }
  });

  it.each([
    ['after a complete line', '', 5000],
    ['within a line', '1767355200000000,5,4,9,10', 70_000],
    ['of a block where nothing was written', '', 200_000],
  ])('cuts a tail of NUL bytes %s', async (_name, torn, nuls) => {
    const { outputDir, path, whole } = await written();
    appendFileSync(path, Buffer.concat([Buffer.from(torn), Buffer.alloc(nuls)]));
    const { repairs } = await appendOne(outputDir, 2);
    expect(repairs).toEqual([
      absent(outputDir),
      { target: path, problem: 'ends in NUL bytes', bytesCut: torn.length + nuls },
    ]);
    expect(readFileSync(path).subarray(0, whole.length).equals(whole)).toBe(true);
    expect(rowsOf(path)).toHaveLength(6);
  });

  it('cuts a file of nothing but NUL bytes to nothing, and begins it anew', async () => {
    const { outputDir, path } = await written();
    writeFileSync(path, Buffer.alloc(100_000));
    const { repairs } = await appendOne(outputDir, 2);
    expect(repairs).toEqual([
      absent(outputDir),
      { target: path, problem: 'ends in NUL bytes', bytesCut: 100_000 },
    ]);
    expect(rowsOf(path)).toHaveLength(2);
  });

  it('finds the last complete line behind an unfinished one that is longer than a read', async () => {
    const { outputDir, path, whole } = await written();
    appendFileSync(path, 'x'.repeat(150_000));
    const { repairs } = await appendOne(outputDir, 2);
    expect(repairs).toMatchObject([absent(outputDir), { bytesCut: 150_000 }]);
    expect(readFileSync(path).length).toBeGreaterThan(whole.length);
  });

  it('keeps and reports damage that is not at the end', async () => {
    const { outputDir, path, whole } = await written();
    const damaged = Buffer.concat([whole, Buffer.alloc(9), whole.subarray(whole.indexOf(10) + 1)]);
    writeFileSync(path, damaged);
    const { repairs } = await appendOne(outputDir, 2);
    expect(repairs).toEqual([
      absent(outputDir),
      { target: path, problem: `NUL bytes at offset ${whole.length}, kept`, bytesCut: 0 },
    ]);
    expect(readFileSync(path).subarray(0, damaged.length).equals(damaged)).toBe(true);
  });

  it('does not touch a file with another header; new rows go to another part', async () => {
    const { outputDir, path } = await written();
    const foreign = 'time,price\n1,2\nunfinished';
    writeFileSync(path, foreign);
    const { repairs } = await appendOne(outputDir, 2);
    expect(repairs).toEqual([absent(outputDir), { target: path, problem: expect.stringMatching(/^expected the header .* was "time,price/), bytesCut: 0 }]); // prettier-ignore
    expect(readFileSync(path, 'utf8')).toBe(foreign);
    expect(rowsOf(path.replace('.csv', '.1.csv'))).toHaveLength(2);
    await appendOne(outputDir, 3);
    expect(rowsOf(path.replace('.csv', '.1.csv'))).toHaveLength(4);
  });

  it('leaves alone what is compressed or not ours', async () => {
    const { outputDir } = await written();
    const others = [
      'BTCUSDT/depth_2026-01-01.csv.gz',
      'BTCUSDT/notes_2026-01-01.csv',
      'BTCUSDT/notes.txt',
      'other/readme.csv',
    ];
    for (const name of others) {
      mkdirSync(dirname(join(outputDir, name)), { recursive: true });
      writeFileSync(join(outputDir, name), 'unfinished');
    }
    expect((await appendOne(outputDir, 2)).repairs).toEqual([absent(outputDir)]);
    for (const name of others) expect(readFileSync(join(outputDir, name), 'utf8')).toBe('unfinished');
  });

  it('cuts an unfinished line of rejected records', async () => {
    const outputDir = newStore(folder);
    mkdirSync(outputDir, { recursive: true });
    const path = join(outputDir, 'rejected_2026-01-02.jsonl');
    writeFileSync(path, '{"a":1}\n{"b":');
    expect((await appendOne(outputDir, 1)).repairs).toMatchObject([
      absent(outputDir),
      { target: path, bytesCut: 5 },
    ]);
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n');
  });
});
