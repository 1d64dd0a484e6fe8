import { join } from 'node:path';
import { RECORD_TYPE } from '@org/storage';
import { CsvSink } from '@org/storage-csv';
import {
  batchOf,
  filesBelow,
  linesOf,
  newStore,
  NOON_US,
  temporaryFolder,
  type TestRecord,
} from './store.ts';

const folder = temporaryFolder();
const DAY = '2026-01-02';

async function store(...records: readonly TestRecord[]) {
  const outputDir = newStore(folder);
  const rejections: unknown[] = [];
  const sink = new CsvSink({ outputDir, events: { rejected: (rejection) => rejections.push(rejection) } });
  await sink.open();
  await sink.append(batchOf(...records), 1);
  await sink.close();
  return { outputDir, rejections, sink };
}

describe('a frame that cannot become rows', () => {
  it.each([
    ['depth@0ms', 90, 80, '80,90'],
    ['depth', 90, 80, '80,90'],
    ['aggTrade', 90, 89, '89,91'],
    ['trade', 90, 89, '89,91'],
    ['aggTrade', undefined, 89, ','],
    ['aggTrade', 90, undefined, ','],
    ['aggTrade', 90.5, 89, ','],
    ['aggTrade', Infinity, 89, ','],
    ['bookTicker', 90, undefined, ','],
    ['kline_1m', 90, 80, ','],
    ['nothing known', 90, 80, ','],
  ])('leaves a gap in its stream: %s with order %p that follows %p', async (name, order, follows, ids) => {
    const stream = `BTCUSDT@${name}`;
    const record = {
      stream,
      payload: '{"stream":"torn',
      line: 1,
      receivedAtUs: NOON_US + 0.5,
      order,
      follows,
    };
    const { outputDir, sink } = await store(record);
    const [, ...rows] = linesOf(join(outputDir, `BTCUSDT/gaps_${DAY}.csv`));
    expect(rows).toEqual([`${stream},malformed,${ids},${NOON_US},${NOON_US},${NOON_US},1,`]);
    expect(sink.stats()).toMatchObject({ records: 1, rows: 0, rejected: 1 });
  });

  it('leaves no gap when it is no event of a symbol, or its stream has no name that a row can hold', async () => {
    const { outputDir } = await store(
      { type: RECORD_TYPE.restRows, payload: 'no rows' },
      { type: RECORD_TYPE.depthSnapshot, stream: 'BTCUSDT@depth', payload: 'no book' },
      { type: RECORD_TYPE.gap, payload: 'no gap' },
      { stream: 'nothing', payload: 'torn' },
      { stream: 'BTCUSDT@a\nb', payload: 'torn' },
    );
    expect(filesBelow(outputDir)).toEqual([`BTCUSDT/rejected_${DAY}.jsonl`, `rejected_${DAY}.jsonl`]);
  });
});

describe('a record that has no rows', () => {
  it.each([
    ['doubt', RECORD_TYPE.doubt],
    ['tick', RECORD_TYPE.tick],
  ])('is passed over without a word: %s', async (_name, type) => {
    const { outputDir, rejections, sink } = await store(
      { type, payload: '{}' },
      { type, stream: 'any', payload: '' },
    );
    expect(filesBelow(outputDir)).toEqual([]);
    expect(rejections).toEqual([]);
    expect(sink.stats()).toMatchObject({ records: 2, rows: 0, rejected: 0 });
  });
});
