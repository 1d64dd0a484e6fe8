import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CsvSink } from '@org/storage-csv';
import {
  checkpointOf,
  checkpointPath,
  committed,
  failure,
  FILE,
  goOn,
  ids,
  open,
  trade,
} from './committed-store.ts';
import { FaultyFileSystem, systemError } from './faulty-file-system.ts';
import { batchOf, temporaryFolder } from './store.ts';

const folder = temporaryFolder();

describe('two sinks on one folder', () => {
  it('cannot both go on: the one before is told at its next checkpoint, for good', async () => {
    const outputDir = await committed(folder);
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
    const outputDir = await committed(folder);
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
    const outputDir = await committed(folder);
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
    const outputDir = await committed(folder);
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

  it('are not mistaken for an older checkpoint that somebody put back', async () => {
    const outputDir = await committed(folder);
    const older = readFileSync(checkpointPath(outputDir));
    const { sink } = await open(outputDir);
    await sink.append(batchOf(trade(3)), 2);
    writeFileSync(checkpointPath(outputDir), older);
    expect(await failure(sink.commit())).toMatchObject({ code: 'STORE_TAKEN' });
    await sink.close();
  });

  it('replaces a checkpoint that was removed or damaged under it, which is nobody else', async () => {
    const outputDir = await committed(folder);
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
    const outputDir = await committed(folder);
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
    const outputDir = await committed(folder);
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
