import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { RECORD_TYPE } from '@org/storage';
import {
  CsvSink,
  fileHeader,
  readDepthFile,
  type DepthFileOptions,
  type DepthMessage,
  type StorageCsvError,
} from '@org/storage-csv';
import { batchOf, collect, depthFrame, newStore, NOON_US, temporaryFolder } from './store.ts';

const folder = join(temporaryFolder(), 'BTCUSDT');
beforeAll(() => void mkdirSync(folder));
const HEADER = fileHeader('depth')!;

const row = (u: number, side: string, price: string, quantity: string) => `9,5,4,${u - 1},${u},${u - 2},diff,${side},${price},${quantity}`; // prettier-ignore

let files = 0;
function file(lines: readonly string[] | Buffer | string, extension = 'csv'): string {
  const path = join(folder, `file-${++files}.${extension}`);
  const content = Array.isArray(lines)
    ? lines.map((line) => `${line}\n`).join('')
    : (lines as string | Buffer);
  writeFileSync(path, extension.endsWith('gz') && typeof content === 'string' ? gzipSync(content) : content);
  return path;
}

async function read(path: string, options?: DepthFileOptions) {
  const messages: DepthMessage[] = [];
  try {
    for await (const message of readDepthFile(path, options)) messages.push(message);
  } catch (error) {
    return { messages, error: error as StorageCsvError };
  }
  return { messages };
}

const ids = (messages: readonly DepthMessage[]) =>
  messages.map((message) =>
    message.type === 'diff' ? message.diff.finalUpdateId : message.snapshot.lastUpdateId,
  );

describe('a depth file', () => {
  it('gives back whatever messages were stored, whatever their shape and wherever the file is cut into pieces', async () => {
    const decimal = fc
      .tuple(fc.nat(99999), fc.nat(999))
      .map(([whole, part]) => `${whole}.${String(part).padStart(3, '0')}`);
    const side = fc.array(fc.tuple(decimal, decimal), { maxLength: 6 });
    const message = fc.record({
      bids: side,
      asks: side,
      isSnapshot: fc.boolean(),
      hasPu: fc.boolean(),
      stepUs: fc.nat(5),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 30 }), async (messages) => {
        let receivedAtUs = NOON_US;
        const expected = messages.map(({ bids, asks, isSnapshot, hasPu, stepUs }, index): DepthMessage => {
          receivedAtUs += stepUs;
          const shared = { symbol: 'BTCUSDT', transactionTimeMs: 4, bids, asks };
          const u = 100 + 10 * index;
          return isSnapshot
            ? { type: 'snapshot', receivedAtUs, damagedRows: 0, snapshot: { ...shared, eventTimeMs: undefined, lastUpdateId: u } }
            : { type: 'diff', receivedAtUs, damagedRows: 0, diff: { ...shared, eventTimeMs: 5, firstUpdateId: u - 1, finalUpdateId: u, previousFinalUpdateId: hasPu ? u - 2 : undefined } }; // prettier-ignore
        });
        const records = expected.map((stored) => ({
          stream: 'BTCUSDT@depth@0ms',
          receivedAtUs: stored.receivedAtUs,
          type: stored.type === 'diff' ? RECORD_TYPE.frame : RECORD_TYPE.depthSnapshot,
          payload:
            stored.type === 'snapshot'
              ? { lastUpdateId: stored.snapshot.lastUpdateId, T: 4, bids: stored.snapshot.bids, asks: stored.snapshot.asks }
              : depthFrame(stored.diff.finalUpdateId, stored.diff.bids, stored.diff.asks, { pu: stored.diff.previousFinalUpdateId }), // prettier-ignore
        }));
        const outputDir = newStore(folder);
        const sink = new CsvSink({ outputDir });
        await sink.open();
        await sink.append(batchOf(...records), 1);
        await sink.close();
        const path = join(outputDir, 'BTCUSDT/depth_2026-01-02.csv');
        expect(records.length === 0 ? [] : (await read(path)).messages).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('is read compressed as it is read plain, in pieces of any size', async () => {
    const lines = [HEADER, ...Array.from({ length: 20_000 }, (_, index) => row(1000 + Math.floor(index / 7), 'bid', `${index}.5`, '1'))]; // prettier-ignore
    const plain = await read(file(lines));
    const packed = await read(file(lines, 'csv.gz'));
    const text = lines.map((line) => `${line}\n`).join('');
    const members = Buffer.concat([gzipSync(text.slice(0, 77_777)), gzipSync(text.slice(77_777))]);
    expect(plain.messages).toHaveLength(Math.ceil(20_000 / 7));
    expect(packed).toEqual(plain);
    expect(await read(file(members, 'csv.gz'))).toEqual(plain);
  });

  it.each([
    ['nothing', '', []],
    ['its header', `${HEADER}\n`, []],
    ['a part of its header', HEADER.slice(0, 20), []],
    ['one message without levels', `${HEADER}\n9,5,4,1,2,0,diff,,,\n`, [2]],
  ])('that holds %s gives that', async (_name, content, expected) => {
    const { messages, error } = await read(file(content));
    expect(error).toBeUndefined();
    expect(ids(messages)).toEqual(expected);
  });

  it.each([
    ['too few columns', '1,2,3', /expected 10 columns, was 3/],
    ['too many columns', `${row(5, 'bid', '1', '2')},x`, /expected 10 columns, was 11/],
    [
      'too many columns of an open message',
      `${row(2, 'bid', '1', '2')},x`,
      /expected a decimal in quantity, was "2,x"/,
    ],
    ['nothing', '', /expected 10 columns, was 1/],
    [
      'a time that is none',
      row(5, 'bid', '1', '2').replace('9,', 'now,'),
      /expected an integer in local_time, was "now"/,
    ],
    [
      'an id beyond 2^53',
      '9,5,4,1,9007199254740993,0,diff,bid,1,2',
      /expected an integer in final_update_id/,
    ],
    ['a diff without its id', '9,5,4,,2,0,diff,bid,1,2', /expected an integer in first_update_id, was ""/],
    ['an unknown type', '9,5,4,1,2,0,delta,bid,1,2', /expected update_type diff or snapshot, was "delta"/],
    ['an unknown side', row(5, 'buy', '1', '2'), /expected side bid or ask, was "buy"/],
    ['half a level', row(5, '', '1', ''), /expected side bid or ask, was ""/],
    ['a price with an exponent', row(5, 'bid', '1e5', '2'), /expected a decimal in price, was "1e5"/],
    ['a price with two points', row(5, 'bid', '1.2.3', '2'), /expected a decimal in price/],
    ['a price without digits', row(5, 'bid', '.', '2'), /expected a decimal in price/],
    ['no quantity', row(2, 'bid', '1', ''), /expected a decimal in quantity, was ""/],
    ['NUL bytes', '\0\0\0', /expected 10 columns/],
  ])('with a broken row reports it and goes on: %s', async (_name, broken, problem) => {
    const path = file([
      HEADER,
      row(2, 'bid', '1', '1'),
      broken,
      row(2, 'ask', '2', '2'),
      row(4, 'ask', '3', '3'),
    ]);
    const rejections: unknown[] = [];
    const { messages, error } = await read(path, { rejected: (rejection) => rejections.push(rejection) });
    expect(error).toBeUndefined();
    expect(rejections).toEqual([{ path, line: 3, problem: expect.stringMatching(problem) }]);
    expect(ids(messages)).toEqual([2, 4]);
    expect(messages.map(({ damagedRows }) => damagedRows)).toEqual([1, 0]);
    expect(messages[0]).toMatchObject({ diff: { bids: [['1', '1']], asks: [['2', '2']] } });
    expect((await read(path)).error).toMatchObject({ code: 'ROW_BROKEN', path, line: 3 });
  });

  it('counts a broken row between two messages as damage of both, since it may belong to either', async () => {
    const path = file([
      HEADER,
      'x',
      row(2, 'bid', '1', '1'),
      'y',
      'z',
      row(4, 'ask', '3', '3'),
      row(6, 'ask', '3', '3'),
    ]);
    const { messages } = await read(path, { rejected: () => undefined });
    expect(messages.map(({ damagedRows }) => damagedRows)).toEqual([3, 2, 0]);
  });

  it('that is still written to gives its complete rows and reports the unfinished one', async () => {
    const unfinished: unknown[] = [];
    const belonging = file(`${HEADER}\n${row(2, 'bid', '1', '1')}\n${row(2, 'ask', '2', '2').slice(0, -4)}`);
    const options = { unfinished: (line: unknown) => unfinished.push(line) };
    expect((await read(belonging, options)).messages).toMatchObject([{ damagedRows: 1, diff: { asks: [] } }]);
    const next = file(`${HEADER}\n${row(2, 'bid', '1', '1')}\n9,6`);
    expect((await read(next, options)).messages).toMatchObject([{ damagedRows: 0 }]);
    expect(unfinished).toEqual([{ path: belonging, line: 3, byteLength: row(2, 'ask', '2', '2').length - 4 }, { path: next, line: 3, byteLength: 3 }]); // prettier-ignore
  });

  it('with another header is refused, and so is one that only begins otherwise', async () => {
    expect((await read(file(['time,price', '1,2']))).error).toMatchObject({
      code: 'HEADER_MISMATCH',
      line: 1,
    });
    expect((await read(file('time,pr'))).error).toMatchObject({ code: 'HEADER_MISMATCH' });
  });

  it('that was cut while compressed gives its complete rows, then says so', async () => {
    const lines = [
      HEADER,
      ...Array.from({ length: 5000 }, (_, index) => row(10 + index, 'bid', `${index * 7919}.5`, '1')),
    ];
    const whole = gzipSync(lines.map((line) => `${line}\n`).join(''));
    const { messages, error } = await read(file(whole.subarray(0, whole.length - 100), 'csv.gz'));
    expect(error).toMatchObject({ code: 'SEGMENT_CORRUPT' });
    expect(messages.length).toBeGreaterThan(4900);
    expect(messages.at(-1)!.damagedRows).toBe(1);
  });

  it('that is not there, or has an endless line, is an error with a code', async () => {
    expect((await read(join(folder, 'absent.csv'))).error).toMatchObject({ code: 'FILE_UNREADABLE' });
    const endless = await read(file(`${HEADER}\n${row(2, 'bid', '1', '1')}\n${'1'.repeat(100_000)}`));
    expect(endless.error).toMatchObject({ code: 'SEGMENT_CORRUPT', line: 3 });
    expect(ids(endless.messages)).toEqual([2]);
  });

  it('reports its progress in bytes on disk', async () => {
    const path = file([HEADER, row(2, 'bid', '1', '1')]);
    const progress: unknown[] = [];
    await read(path, { progress: (bytes) => progress.push(bytes) });
    const size = HEADER.length + row(2, 'bid', '1', '1').length + 2;
    expect(progress.at(-1)).toEqual({ path, bytesRead: size, bytesTotal: size });
  });

  it('takes its symbol from the caller, or else from its folder', async () => {
    const path = file([HEADER, row(2, 'bid', '1', '1')]);
    expect((await read(path)).messages).toMatchObject([{ diff: { symbol: 'BTCUSDT' } }]);
    expect((await read(path, { symbol: 'ETHUSDT' })).messages).toMatchObject([
      { diff: { symbol: 'ETHUSDT' } },
    ]);
  });

  it('whose rows were written twice after a crash still gives one message with the same levels', async () => {
    const rows = [row(2, 'bid', '1', '1'), row(2, 'ask', '2', '2')];
    expect(ids((await read(file([HEADER, ...rows, ...rows]))).messages)).toEqual([2]);
  });

  it('gives its file back when a reader stops early', async () => {
    const path = file([HEADER, row(2, 'bid', '1', '1'), row(4, 'bid', '1', '1')]);
    for await (const message of readDepthFile(path)) {
      expect(ids([message])).toEqual([2]);
      break;
    }
    expect(await collect(readDepthFile(path))).toHaveLength(2);
  });
});
