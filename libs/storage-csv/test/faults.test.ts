import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { CsvSink, type StorageCsvError } from '@org/storage-csv';
import { wrongSums } from './committed-store.ts';
import { FaultyFileSystem, systemError } from './faulty-file-system.ts';
import { aggTradeFrame, batchOf, filesBelow, newStore, rowsOf, temporaryFolder } from './store.ts';

const folder = temporaryFolder();
const STREAMS = ['BTCUSDT@aggTrade', 'ETHUSDT@aggTrade', 'XRPUSDT@aggTrade'];

/** One trade for each symbol. */
const batch = (id: number) =>
  batchOf(
    ...STREAMS.map((stream) => ({ stream, payload: aggTradeFrame(id, { s: stream.split('@', 1)[0] }) })),
  );

function stored(outputDir: string): number[][] {
  const paths = filesBelow(outputDir).filter((path) => path.endsWith('.csv'));
  return paths.map((path) => rowsOf(join(outputDir, path))).map((rows) => rows.map((row) => Number(row['agg_trade_id']))); // prettier-ignore
}

async function opened(): Promise<{ outputDir: string; fileSystem: FaultyFileSystem; sink: CsvSink }> {
  const outputDir = newStore(folder);
  const fileSystem = new FaultyFileSystem();
  const sink = new CsvSink({ outputDir, fileSystem, ownerToken: () => 'me' });
  await sink.open();
  return { outputDir, fileSystem, sink };
}

const failure = (promise: Promise<unknown>): Promise<StorageCsvError> =>
  promise.then(() => Promise.reject(new Error('expected a failure')), (error: unknown) => error as StorageCsvError); // prettier-ignore

describe('a write that fails', () => {
  it.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EIO', 'SINK_WRITE_FAILED'],
  ])('with %s is undone in every file, and the batch can come again', async (code, expected) => {
    const { outputDir, fileSystem, sink } = await opened();
    await sink.append(batch(1), 1);
    const before = sink.stats();
    fileSystem.fault = (operation, path, bytes) => {
      if (operation !== 'write' || !path.includes('ETHUSDT')) return undefined;
      return bytes > 10 ? 10 : systemError(code);
    };
    expect(await failure(sink.append(batch(2), 2))).toMatchObject({ code: expected, path: expect.stringMatching('ETHUSDT') }); // prettier-ignore
    expect(sink.stats()).toEqual(before);
    expect(stored(outputDir)).toEqual([[1], [1], [1]]);
    fileSystem.fault = () => undefined;
    await sink.append(batch(2), 2);
    expect(await sink.commit()).toBe(2);
    await sink.close();
    expect(stored(outputDir)).toEqual([[1, 2], [1, 2], [1, 2]]); // prettier-ignore
  });

  it('in the first batch leaves files that the next one begins', async () => {
    const { outputDir, fileSystem, sink } = await opened();
    fileSystem.fault = (operation, path) => (operation === 'write' && path.includes('XRP') ? systemError('ENOSPC') : undefined); // prettier-ignore
    expect(await failure(sink.append(batch(1), 1))).toMatchObject({ code: 'DISK_FULL' });
    fileSystem.fault = () => undefined;
    await sink.append(batch(1), 1);
    await sink.close();
    expect(stored(outputDir)).toEqual([[1], [1], [1]]);
  });

  it('and cannot be undone ends the sink', async () => {
    const { fileSystem, sink } = await opened();
    fileSystem.fault = (operation, path) =>
      path.endsWith('.csv') && (operation === 'write' || operation === 'truncate')
        ? systemError('EIO')
        : undefined;
    const error = await failure(sink.append(batch(1), 1));
    expect(error).toMatchObject({ code: 'SINK_WRITE_FAILED', cause: expect.any(AggregateError) });
    fileSystem.fault = () => undefined;
    expect(await failure(sink.append(batch(1), 1))).toBe(error);
    expect(await failure(sink.commit())).toBe(error);
    await sink.close();
    expect(fileSystem.openFiles).toBe(0);
  });

  it('because the system takes no byte is a failure, not an endless loop', async () => {
    const { fileSystem, sink } = await opened();
    fileSystem.fault = (operation) => (operation === 'write' ? 0 : undefined);
    expect(await failure(sink.append(batch(1), 1))).toMatchObject({ code: 'SINK_WRITE_FAILED' });
    await sink.close();
  });

  it('because a file cannot be opened is undone as well', async () => {
    const { outputDir, fileSystem, sink } = await opened();
    fileSystem.fault = (operation, path) =>
      operation === 'open' && path.includes('XRP') ? systemError('EMFILE') : undefined;
    expect(await failure(sink.append(batch(1), 1))).toMatchObject({ code: 'SINK_WRITE_FAILED' });
    fileSystem.fault = () => undefined;
    await sink.append(batch(1), 1);
    await sink.close();
    expect(stored(outputDir)).toEqual([[1], [1], [1]]);
  });
});

describe('a short write', () => {
  it('is continued until every byte is out, whatever its length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 1, max: 400 })), async (lengths) => {
        const { outputDir, fileSystem, sink } = await opened();
        fileSystem.fault = (operation) =>
          operation === 'write' ? (lengths.next().value as number) : undefined;
        for (const id of [1, 2, 3]) await sink.append(batch(id), id);
        await sink.close();
        expect(stored(outputDir)).toEqual([[1, 2, 3], [1, 2, 3], [1, 2, 3]]); // prettier-ignore
      }),
      { numRuns: 15 },
    );
  });
});

/** A sink that has ended would fail for ever. */
async function untilStored(append: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await append();
    } catch (error) {
      if (attempt > 100) throw error;
    }
  }
}

describe('faults at random', () => {
  it('never lose, repeat or tear a row: what was appended is stored once and in order', async () => {
    const faults = fc.array(fc.constantFrom(...['none', 'none', 'short', 'ENOSPC', 'EIO'] as const), { minLength: 5, maxLength: 60 }); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(faults, fc.integer({ min: 1, max: 3 }), async (sequence, openFilesMax) => {
        const outputDir = newStore(folder);
        const fileSystem = new FaultyFileSystem();
        const sink = new CsvSink({ outputDir, fileSystem, openFilesMax });
        await sink.open();
        const pending = [...sequence];
        fileSystem.fault = (operation, _path, bytes) => {
          const fault = operation === 'write' ? (pending.shift() ?? 'none') : 'none';
          return fault === 'none' ? undefined : fault === 'short' ? Math.ceil(bytes / 3) : systemError(fault);
        };
        for (const id of [1, 2, 3, 4]) await untilStored(() => sink.append(batch(id), id));
        fileSystem.fault = () => undefined;
        await sink.commit();
        expect(await wrongSums(outputDir)).toEqual([]);
        await untilStored(() => sink.append(batch(9), 9));
        await sink.close();
        const next = new CsvSink({ outputDir, fileSystem, openFilesMax });
        await next.open();
        expect(stored(outputDir)).toEqual([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]]); // prettier-ignore
        await next.append(batch(5), 5);
        await next.commit();
        await next.close();
        expect(stored(outputDir)).toEqual([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]); // prettier-ignore
        expect(await wrongSums(outputDir)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a sync that fails', () => {
  it('is final: nothing is synced a second time, and the position stays', async () => {
    const { outputDir, fileSystem, sink } = await opened();
    await sink.append(batch(1), 1);
    await sink.commit();
    await sink.append(batch(2), 2);
    fileSystem.fault = (operation, path) =>
      operation === 'sync' && path.includes('ETH') ? systemError('EIO') : undefined;
    const error = await failure(sink.commit());
    expect(error).toMatchObject({ code: 'SINK_SYNC_FAILED', path: expect.stringMatching('ETHUSDT') });
    fileSystem.fault = () => undefined;
    fileSystem.operations.length = 0;
    expect(await failure(sink.commit())).toBe(error);
    expect(await failure(sink.append(batch(3), 3))).toBe(error);
    await sink.close();
    expect(fileSystem.operations).toEqual([]);
    const next = new CsvSink({ outputDir });
    expect((await next.open()).position).toBe(1);
    await next.close();
  });

  it('counts when a file is closed because too many are open', async () => {
    const outputDir = newStore(folder);
    const fileSystem = new FaultyFileSystem();
    const sink = new CsvSink({ outputDir, fileSystem, openFilesMax: 1 });
    await sink.open();
    fileSystem.fault = (operation, path) =>
      operation === 'sync' && path.includes('BTC') ? systemError('EIO') : undefined;
    const error = await failure(sink.append(batch(1), 1));
    expect(error.code).toBe('SINK_SYNC_FAILED');
    expect(await failure(sink.append(batch(1), 1))).toBe(error);
    await sink.close();
  });
});

describe('a commit', () => {
  it('takes no rows while a sync is under way, and calls no position durable that came after it', async () => {
    const { sink, fileSystem } = await opened();
    await sink.append(batchOf({ payload: aggTradeFrame(1) }), 1);
    fileSystem.operations.length = 0;
    const [committed] = await Promise.all([
      sink.commit(),
      sink.append(batchOf({ payload: aggTradeFrame(2) }), 2),
    ]);
    const rowOperations = fileSystem.operations
      .filter((operation) => operation.includes('aggtrade'))
      .map((operation) => operation.split(' ')[0]);
    expect({ committed, rowOperations }).toEqual({ committed: 1, rowOperations: ['sync', 'write'] });
    expect(await sink.commit()).toBe(2);
    await sink.close();
  });

  it.each([Number.NaN, 1.5, 1])('refuses position %d after position 1', async (position) => {
    const { sink } = await opened();
    await sink.append(batchOf({ payload: aggTradeFrame(1) }), 1);
    await expect(sink.append(batchOf({ payload: aggTradeFrame(2) }), position)).rejects.toThrow(RangeError);
    await sink.close();
  });

  it('syncs the rows, then the new names, then the checkpoint, in this order', async () => {
    const { outputDir, fileSystem, sink } = await opened();
    await sink.append(batchOf({ payload: aggTradeFrame(1) }), 1);
    fileSystem.operations.length = 0;
    await sink.commit();
    const checkpoint = join(outputDir, '.csv-checkpoint.json');
    expect(fileSystem.operations).toEqual([
      `sync ${join(outputDir, 'BTCUSDT/aggtrade_2026-01-02.csv')}`,
      `syncFolder ${outputDir}`,
      `syncFolder ${join(outputDir, 'BTCUSDT')}`,
      `open ${checkpoint}`,
      `open ${checkpoint}.me.tmp`,
      `truncate ${checkpoint}.me.tmp`,
      `write ${checkpoint}.me.tmp`,
      `sync ${checkpoint}.me.tmp`,
      `open ${checkpoint}`,
      `rename ${checkpoint}`,
      `syncFolder ${outputDir}`,
    ]);
    await sink.close();
  });

  it('syncs the name of a file that could be opened only after the commit before', async () => {
    const { outputDir, fileSystem, sink } = await opened();
    const path = join(outputDir, 'BTCUSDT');
    fileSystem.fault = (operation, file) =>
      operation === 'open' && file.startsWith(path) ? systemError('EMFILE') : undefined;
    await failure(sink.append(batchOf({ payload: aggTradeFrame(1) }), 1));
    await sink.commit('state');
    fileSystem.fault = () => undefined;
    await sink.append(batchOf({ payload: aggTradeFrame(1) }), 1);
    fileSystem.operations.length = 0;
    await sink.commit();
    expect(fileSystem.operations).toContain(`syncFolder ${path}`);
    await sink.close();
  });

  it('that finds the disk full can be asked for again', async () => {
    const { fileSystem, sink } = await opened();
    await sink.append(batch(1), 1);
    fileSystem.fault = (operation, path) => (operation === 'write' && path.includes('checkpoint') ? systemError('ENOSPC') : undefined); // prettier-ignore
    expect(await failure(sink.commit())).toMatchObject({ code: 'DISK_FULL' });
    fileSystem.fault = () => undefined;
    expect(await sink.commit()).toBe(1);
    await sink.close();
  });
});

describe('an output folder', () => {
  it('that is a file is refused with a clear error', async () => {
    const outputDir = newStore(folder);
    mkdirSync(join(outputDir, '..'), { recursive: true });
    writeFileSync(outputDir, 'a file');
    const error = await failure(new CsvSink({ outputDir }).open());
    expect(error).toMatchObject({ code: 'OUTPUT_NOT_WRITABLE', path: outputDir });
    expect(await failure(new CsvSink({ outputDir: join(outputDir, 'below') }).open())).toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' }); // prettier-ignore
  });

  it('that may not be written is refused', async () => {
    const outputDir = newStore(folder);
    const fileSystem = new FaultyFileSystem();
    fileSystem.fault = (operation) => (operation === 'open' ? systemError('EROFS') : undefined);
    expect(await failure(new CsvSink({ outputDir, fileSystem }).open())).toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
    });
  });

  it('on a full disk opens all the same', async () => {
    const outputDir = newStore(folder);
    const fileSystem = new FaultyFileSystem();
    fileSystem.fault = (operation) => (operation === 'write' ? systemError('ENOSPC') : undefined);
    const sink = new CsvSink({ outputDir, fileSystem });
    await expect(sink.open()).resolves.toMatchObject({ position: 0 });
    expect(await failure(sink.append(batch(1), 1))).toMatchObject({ code: 'DISK_FULL' });
    fileSystem.fault = () => undefined;
    await sink.append(batch(1), 1);
    await sink.close();
    expect(stored(outputDir)).toEqual([[1], [1], [1]]);
  });

  it('is made with its parents', async () => {
    const { outputDir, sink } = await opened();
    await sink.close();
    expect(existsSync(join(outputDir, '.csv-checkpoint.json'))).toBe(true);
  });
});

describe('a sink that is used wrongly', () => {
  it('says so: before it is open, after it is closed, and for a position that is stored already', async () => {
    const outputDir = newStore(folder);
    const sink = new CsvSink({ outputDir });
    await expect(sink.append(batch(1), 1)).rejects.toThrow(/opened before/);
    await sink.close();
    await sink.open();
    await sink.append(batch(1), 5);
    await expect(sink.append(batch(2), 5)).rejects.toThrow('position 5: expected a whole number above 5');
    await expect(sink.append(Buffer.from('no batch'), 6)).rejects.toMatchObject({
      code: 'RECORD_BATCH_CORRUPT',
    });
    await sink.close();
    await expect(sink.commit()).rejects.toThrow(/not used after/);
    expect(stored(outputDir)).toEqual([[1], [1], [1]]);
  });
});
