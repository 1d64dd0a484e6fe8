import fc from 'fast-check';
import {
  readRecordBatch,
  RecordBatchBuilder,
  RecordBatchError,
  type RecordMeta,
  type RecordType,
} from '@org/storage';

const metaArbitrary = fc.record({
  type: fc.integer({ min: 1, max: 7 }) as fc.Arbitrary<RecordType>,
  stream: fc.constantFrom('BTCUSDT@depth@0ms', 'ETHUSDT@aggTrade', '币安人生USDT@kline_1m'),
  receivedAtUs: fc.integer({ min: 0, max: 2 ** 52 }),
  line: fc.integer({ min: 0, max: 255 }),
  connectionId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  order: fc.option(fc.maxSafeInteger(), { nil: undefined }),
  follows: fc.option(fc.maxSafeInteger(), { nil: undefined }),
});

function readAll(batch: Buffer): { meta: RecordMeta; payload: string }[] {
  const records: { meta: RecordMeta; payload: string }[] = [];
  readRecordBatch(batch, ({ bytes, payloadStart, payloadEnd, ...meta }) =>
    records.push({ meta: { ...meta }, payload: bytes.toString('hex', payloadStart, payloadEnd) }),
  );
  return records;
}

describe('a record batch', () => {
  it('gives back every record as it was put in, whatever the sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(metaArbitrary, fc.uint8Array({ maxLength: 3000 }))), (records) => {
        const builder = new RecordBatchBuilder(16);
        for (const [meta, payload] of records) builder.append(meta, payload);
        expect(builder.recordCount).toBe(records.length);
        expect(readAll(builder.take())).toEqual(
          records.map(([meta, payload]) => ({ meta, payload: Buffer.from(payload).toString('hex') })),
        );
        expect(builder.recordCount).toBe(0);
      }),
    );
  });

  it('starts each batch on its own: taken bytes stay as they were', () => {
    const builder = new RecordBatchBuilder(64);
    const meta: RecordMeta = { type: 1, stream: 'A@trade', receivedAtUs: 1, line: 0, connectionId: 1 };
    builder.append(meta, Buffer.from('first'));
    const first = builder.take();
    builder.append(meta, Buffer.from('other'));
    expect(readAll(builder.take())).toHaveLength(1);
    expect(readAll(first)[0]?.payload).toBe(Buffer.from('first').toString('hex'));
  });

  it('refuses a batch that was cut or altered at its seams, at every length', () => {
    const builder = new RecordBatchBuilder(64);
    builder.append(
      { type: 1, stream: 'A@trade', receivedAtUs: 1, line: 0, connectionId: 1 },
      Buffer.from('payload'),
    );
    const whole = builder.take();
    const seams = [1, 1 + 4 + 3 + 'A@trade'.length];
    for (let length = 0; length < whole.length; length++) {
      if (seams.includes(length)) expect(readAll(whole.subarray(0, length))).toEqual([]);
      else expect(() => readAll(whole.subarray(0, length))).toThrow(RecordBatchError);
    }
    expect(() => readAll(Buffer.concat([Buffer.from([9]), whole.subarray(1)]))).toThrow(/version 9/);
  });
});
