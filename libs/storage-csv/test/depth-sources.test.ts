import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  depthSources,
  fileHeader,
  findDepthSources,
  readDepthCapture,
  readDepthSource,
  type StorageCsvError,
} from '@org/storage-csv';
import {
  collect,
  depthFrame,
  frame,
  newStore,
  recordings,
  temporaryFolder,
  withRecordings,
} from './store.ts';

const folder = temporaryFolder();
const NS = '1767355200000000123';
const HEADER = fileHeader('depth')!;

function dataDir(...files: readonly (readonly [name: string, content: string | Buffer])[]): string {
  const directory = newStore(folder);
  for (const [name, content] of files) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  mkdirSync(directory, { recursive: true });
  return directory;
}

const capture = (...messages: readonly string[]) =>
  gzipSync(messages.map((message) => `${NS} ${message}\n`).join(''));
const names = (directory: string, paths: readonly string[]) =>
  paths.map((path) => path.slice(directory.length + 1));
const failure = (promise: Promise<unknown>): Promise<StorageCsvError> =>
  promise.then(() => Promise.reject(new Error('expected a failure')), (error: unknown) => error as StorageCsvError); // prettier-ignore

describe('the depth data of a folder', () => {
  it('of our own is found in the order of time, and by date', async () => {
    const directory = dataDir(
      ['BTCUSDT/depth_2026-01-03.csv', ''],
      ['BTCUSDT/depth_2026-01-02.1.csv', ''],
      ['BTCUSDT/depth_2026-01-02.csv.gz', ''],
      ['BTCUSDT/depth_2026-01-01T23.csv', ''],
      ['BTCUSDT/depth_2026-01-01T05.csv.gz', ''],
      ['BTCUSDT/depth_2026-01-01T05.csv.gz.CHECKSUM', ''],
      ['BTCUSDT/aggtrade_2026-01-01.csv', ''],
      ['ETHUSDT/aggtrade_2026-01-01.csv', ''],
      ['币安人生USDT/depth_2026-01-01.csv', ''],
    );
    const found = await findDepthSources(directory, 'BTCUSDT');
    expect(found).toMatchObject({ format: 'csv', symbol: 'BTCUSDT' });
    expect(names(join(directory, 'BTCUSDT'), found.paths)).toEqual([
      'depth_2026-01-01T05.csv.gz',
      'depth_2026-01-01T23.csv',
      'depth_2026-01-02.csv.gz',
      'depth_2026-01-02.1.csv',
      'depth_2026-01-03.csv',
    ]);
    const day = await findDepthSources(directory, 'BTCUSDT', { date: '2026-01-01' });
    expect(names(join(directory, 'BTCUSDT'), day.paths)).toEqual([
      'depth_2026-01-01T05.csv.gz',
      'depth_2026-01-01T23.csv',
    ]);
    expect((await depthSources(directory)).map(({ symbol }) => symbol)).toEqual(['BTCUSDT', '币安人生USDT']);
    expect((await findDepthSources(join(directory, 'BTCUSDT'), 'BTCUSDT')).paths).toHaveLength(5);
    const error = await failure(findDepthSources(directory, 'ETHUSDT'));
    expect(error).toMatchObject({ code: 'DEPTH_NOT_FOUND', symbols: ['BTCUSDT', '币安人生USDT'] });
    expect(error.message).toMatch('expected depth data of ETHUSDT, was that of BTCUSDT, 币安人生USDT');
    expect(await failure(findDepthSources(directory, 'BTCUSDT', { date: '2030-01-01' }))).toMatchObject({
      symbols: [],
    });
  });

  it('takes a file once that lies there twice while it is being closed', async () => {
    const directory = dataDir(['BTCUSDT/depth_2026-01-02.csv', ''], ['BTCUSDT/depth_2026-01-02.csv.gz', '']);
    const { paths } = await findDepthSources(directory, 'BTCUSDT');
    expect(names(directory, paths)).toEqual(['BTCUSDT/depth_2026-01-02.csv']);
  });

  it('of captures is found by their names, by date, and by their content', async () => {
    const directory = dataDir(
      ['btcusdt_20260102.gz', capture(depthFrame(9))],
      ['btcusdt_20260103.gz', capture(depthFrame(10))],
      ['gap.gz', capture(frame({}, 'ethusdt@depth@0ms'))],
    );
    expect(names(directory, (await findDepthSources(directory, 'BTCUSDT')).paths)).toEqual(['btcusdt_20260102.gz', 'btcusdt_20260103.gz']); // prettier-ignore
    expect((await findDepthSources(directory, 'BTCUSDT', { date: '2026-01-03' })).paths).toHaveLength(1);
    expect(await findDepthSources(directory, 'ETHUSDT')).toMatchObject({
      format: 'capture',
      symbol: 'ETHUSDT',
    });
    expect(await failure(findDepthSources(directory, 'XRPUSDT'))).toMatchObject({
      symbols: ['BTCUSDT', 'ETHUSDT'],
    });
  });

  it('may be a single file of either kind', async () => {
    const csv = `${HEADER}\n9,5,4,1,2,0,diff,bid,1,2\n`;
    const directory = dataDir(
      ['BTCUSDT/depth_2026-01-02.csv', csv],
      ['loose.csv', csv],
      ['any.gz', capture(depthFrame(9))],
    );
    for (const name of ['BTCUSDT/depth_2026-01-02.csv', 'loose.csv', 'any.gz']) {
      const source = await findDepthSources(join(directory, name), 'BTCUSDT');
      expect(source.symbol).toBe('BTCUSDT');
      if (name !== 'any.gz')
        expect(await collect(readDepthSource(source))).toMatchObject([{ diff: { symbol: 'BTCUSDT' } }]);
    }
    expect(await failure(findDepthSources(join(directory, 'BTCUSDT/depth_2026-01-02.csv'), 'ETHUSDT'))).toMatchObject({ symbols: ['BTCUSDT'] }); // prettier-ignore
  });

  it('that is not there, or is empty, is an error with a code', async () => {
    expect(await failure(findDepthSources(join(folder, 'absent'), 'BTCUSDT'))).toMatchObject({
      code: 'FILE_UNREADABLE',
    });
    const error = await failure(findDepthSources(dataDir(), 'BTCUSDT'));
    expect(error).toMatchObject({ code: 'DEPTH_NOT_FOUND', symbols: [] });
    expect(error.message).toMatch(/was that of no symbol$/);
  });
});

describe('the depth messages of captures', () => {
  withRecordings.each([
    ['usdm-2021-07-22', 'SUSHIUSDT', 256],
    ['coinm-2021-07-22', 'BTCUSD_211231', 228],
    ['spot-2021-10-12', 'NKNUSDT', 151],
    ['gaps', 'ETHUSDT', 2667],
  ])('of %s are all of %s: %i', async (name, symbol, count) => {
    const messages = await collect(readDepthSource(await findDepthSources(join(recordings, name), symbol)));
    expect(messages).toHaveLength(count);
    expect(messages.filter(({ type }) => type === 'snapshot').length).toBeGreaterThan(0);
    expect(messages.every(({ damagedRows }) => damagedRows === 0)).toBe(true);
  });

  withRecordings('come with the best prices in between when asked for', async () => {
    const path = join(recordings, 'usdm-2021-07-22/sushiusdt_20210722.gz');
    const messages = await collect(readDepthCapture([path], { bookTickers: true }));
    expect(messages.filter(({ type }) => type === 'bookTicker')).toHaveLength(305);
    expect(messages[0]).toEqual({
      type: 'bookTicker',
      receivedAtUs: 1626992741062170,
      bookTicker: { symbol: 'SUSHIUSDT', updateId: 600859600576, bidPrice: '7.6110', bidQuantity: '2', askPrice: '7.6120', askQuantity: '297', eventTimeMs: 1626992741017, transactionTimeMs: 1626992741012 }, // prettier-ignore
    });
  });

  it('leave out partial books, which only their stream tells apart, and find a snapshot by its key', async () => {
    const partial = depthFrame(9).replace('btcusdt@any', 'btcusdt@depth20@100ms');
    const diff = depthFrame(9).replace('btcusdt@any', 'btcusdt@depth@100ms');
    const snapshot = '{"E":7,"lastUpdateId":8,"bids":[],"asks":[]}';
    const directory = dataDir([
      'btcusdt_20260102.gz',
      capture('{"lastUpdateId":7,"bids":[],"asks":[]}', partial, diff, snapshot),
    ]);
    const messages = await collect(readDepthCapture([join(directory, 'btcusdt_20260102.gz')]));
    expect(messages).toMatchObject([
      { type: 'snapshot', receivedAtUs: 1767355200000000, snapshot: { lastUpdateId: 7 } },
      { type: 'diff', diff: { finalUpdateId: 9 } },
      { type: 'snapshot', snapshot: { lastUpdateId: 8, eventTimeMs: 7 } },
    ]);
  });

  it('reject what is malformed or of another symbol, and go on', async () => {
    const good = depthFrame(9).replace('btcusdt@any', 'btcusdt@depth');
    const other = depthFrame(9, [], [], { s: 'ETHUSDT' }).replace('btcusdt@any', 'btcusdt@depth');
    const lines = [good, '{"stream":', other, '{"lastUpdateId":"x"}', good];
    const directory = dataDir(['btcusdt_20260102.gz', capture(...lines)]);
    const path = join(directory, 'btcusdt_20260102.gz');
    const rejected: { line: number }[] = [];
    expect(
      await collect(readDepthCapture([path], { rejected: (rejection) => rejected.push(rejection) })),
    ).toHaveLength(2);
    expect(rejected.map(({ line }) => line)).toEqual([2, 3, 4]);
    expect(await failure(collect(readDepthCapture([path])))).toMatchObject({
      code: 'ROW_BROKEN',
      path,
      line: 2,
    });
    expect(await collect(readDepthCapture([]))).toEqual([]);
  });

  it('of a capture that was cut come until the cut', async () => {
    const good = depthFrame(9).replace('btcusdt@any', 'btcusdt@depth');
    const whole = capture(good, good, good);
    const directory = dataDir(['btcusdt_20260102.gz', whole.subarray(0, -4)]);
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const message of readDepthCapture([join(directory, 'btcusdt_20260102.gz')]))
        seen.push(message);
    })();
    expect(await failure(reading)).toMatchObject({ code: 'CAPTURE_TRUNCATED', lastGoodLine: 3 });
    expect(seen).toHaveLength(3);
  });
});
