import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fileHeader } from '@org/storage-csv';
import { checkpointOf, checkpointPath, committed, FILE, ids, open, trade } from './committed-store.ts';
import { FaultyFileSystem, systemError } from './faulty-file-system.ts';
import { batchOf, newStore, temporaryFolder } from './store.ts';

const folder = temporaryFolder();

const LOST = { position: 0, state: undefined, isPositionLost: true };
const KNOWN = { isPositionLost: false, repairs: [] };

async function openedAndClosed(outputDir: string) {
  const { sink, opened } = await open(outputDir);
  await sink.close();
  return opened;
}

/** A store with rows, and without the checkpoint that belongs to them. */
async function withoutCheckpoint(): Promise<string> {
  const outputDir = await committed(folder);
  rmSync(checkpointPath(outputDir));
  return outputDir;
}

function storeWith(file: string, content: string | Buffer): string {
  const outputDir = newStore(folder);
  mkdirSync(dirname(join(outputDir, file)), { recursive: true });
  writeFileSync(join(outputDir, file), content);
  return outputDir;
}

describe('the position of a store', () => {
  it.each([
    'BTCUSDT/depth_2026-01-02.csv',
    'BTCUSDT/orderbook_2026-01-02T07.csv',
    'BTCUSDT/kline_2026-01-02.3.csv',
    'BTCUSDT/markprice_2026-01-02.csv',
    'gaps_2026-01-02.csv',
    'rejected_2026-01-02.jsonl',
  ])('is lost when there is no checkpoint but %s', async (file) => {
    const header = fileHeader(/(?<kind>[a-z]+)_/.exec(file)!.groups!['kind']!);
    expect(await openedAndClosed(storeWith(file, `${header}\n1,2\n`))).toMatchObject(LOST);
    expect(await openedAndClosed(storeWith(file, ''))).toMatchObject({ position: 0, ...KNOWN });
  });

  it('is lost when all the rows are compressed', async () => {
    expect(await openedAndClosed(storeWith('BTCUSDT/depth_2026-01-02.csv.gz', gzipSync('rows')))).toMatchObject(LOST); // prettier-ignore
  });

  it.each(['', 'damaged'])('is lost when the checkpoint is %j and there are rows', async (content) => {
    const outputDir = await committed(folder);
    writeFileSync(checkpointPath(outputDir), content);
    expect(await openedAndClosed(outputDir)).toMatchObject(LOST);
  });

  it('is 0 when there are only files of others', async () => {
    expect(await openedAndClosed(storeWith('BTCUSDT/notes.txt', 'x'))).toMatchObject({ position: 0, ...KNOWN }); // prettier-ignore
  });

  it('is 0 when the checkpoint is damaged and there are no rows, and a repair says so', async () => {
    const outputDir = storeWith('.csv-checkpoint.json', 'damaged');
    const problem = 'expected a checkpoint, was damaged; there are no rows, starts at position 0';
    expect(await openedAndClosed(outputDir)).toMatchObject({ position: 0, isPositionLost: false, repairs: [{ problem }] }); // prettier-ignore
  });

  it('is 0 when the first rows of a new store were not committed', async () => {
    const outputDir = newStore(folder);
    const { sink, fileSystem } = await open(outputDir);
    await sink.append(batchOf(trade(1)), 1);
    await fileSystem.crash();
    expect(await openedAndClosed(outputDir)).toMatchObject({ position: 0, isPositionLost: false });
  });
});

describe('a sink that has lost its position', () => {
  it('writes a readable checkpoint at position 0', async () => {
    const outputDir = await withoutCheckpoint();
    await openedAndClosed(outputDir);
    expect(checkpointOf(outputDir)).toMatchObject({ position: 0 });
  });

  it.each([1, 2, 123_456_789_012, Number.MAX_SAFE_INTEGER])(
    'goes on at position %i, and knows it from then on',
    async (position) => {
      const outputDir = await withoutCheckpoint();
      const { sink } = await open(outputDir);
      await sink.append(batchOf(trade(3)), position);
      expect(await sink.commit('new')).toBe(position);
      await sink.close();
      expect(await openedAndClosed(outputDir)).toEqual({ position, state: 'new', ...KNOWN });
      expect(ids(join(outputDir, FILE))).toEqual([1, 2, 3]);
    },
  );

  it('says so again when it ended before its first commit, and cuts what it appended', async () => {
    const outputDir = await withoutCheckpoint();
    const rows = readFileSync(join(outputDir, FILE));
    for (let life = 0; life < 3; life++) {
      const { sink, fileSystem, opened } = await open(outputDir);
      expect(opened).toMatchObject(LOST);
      expect(opened.repairs[0]!.problem).toMatch(/the position of the rows is lost$/);
      expect(readFileSync(join(outputDir, FILE))).toEqual(rows);
      // Nothing was appended: this stores nothing.
      expect(await sink.commit()).toBe(0);
      await sink.append(batchOf(trade(3), trade(3, 'ETHUSDT')), 1000 + life);
      await fileSystem.crash();
    }
  });

  it('says so again when there was no room for a checkpoint', async () => {
    const outputDir = await withoutCheckpoint();
    const full = new FaultyFileSystem();
    full.fault = (operation) => (operation === 'write' ? systemError('ENOSPC') : undefined);
    for (const each of [full, new FaultyFileSystem()]) {
      const next = await open(outputDir, each);
      await next.sink.close();
      expect(next.opened).toMatchObject(LOST);
    }
  });

  it('knows its position once a state was committed', async () => {
    const outputDir = await withoutCheckpoint();
    const { sink } = await open(outputDir);
    expect(await sink.commit('seam declared')).toBe(0);
    await sink.close();
    expect(await openedAndClosed(outputDir)).toEqual({ position: 0, state: 'seam declared', ...KNOWN });
  });
});
