import { Buffer } from 'node:buffer';
import { readRecordBatch, RECORD_TYPE, RecordBatchBuilder, RecordBatchJoiner } from '@org/storage';
import fc from 'fast-check';

interface Written {
  readonly stream: string;
  readonly receivedAtUs: number;
  readonly payload: string;
}

const records = fc.array(
  fc.record({
    stream: fc.constantFrom('BTCUSDT@aggTrade', 'ETHUSDT@depth@0ms', 'ETHUSDT@kline_1m'),
    receivedAtUs: fc.nat(),
    payload: fc.string({ maxLength: 40 }),
  }),
  { maxLength: 6 },
);

function batchOf(written: readonly Written[]): Buffer {
  const builder = new RecordBatchBuilder(64);
  for (const { stream, receivedAtUs, payload } of written) {
    builder.append(
      { type: RECORD_TYPE.frame, stream, receivedAtUs, line: 0, connectionId: 1 },
      Buffer.from(payload),
    );
  }
  return builder.take();
}

function read(batch: Buffer): Written[] {
  const found: Written[] = [];
  readRecordBatch(batch, ({ stream, receivedAtUs, bytes, payloadStart, payloadEnd }) => {
    found.push({ stream, receivedAtUs, payload: bytes.toString('utf8', payloadStart, payloadEnd) });
  });
  return found;
}

describe('RecordBatchJoiner', () => {
  it('gives the records of all parts in their order, again after every clear', () => {
    const joiner = new RecordBatchJoiner(16);
    fc.assert(
      fc.property(fc.array(records, { minLength: 1, maxLength: 5 }), (parts) => {
        joiner.clear();
        for (const part of parts) joiner.add(batchOf(part));
        expect(read(joiner.join())).toEqual(parts.flat());
      }),
    );
  });

  it('holds nothing before the first batch and after a clear', () => {
    const joiner = new RecordBatchJoiner(16);
    expect(joiner.byteLength).toBe(0);
    joiner.add(batchOf([{ stream: 'BTCUSDT@aggTrade', receivedAtUs: 1, payload: 'x' }]));
    expect(joiner.byteLength).toBeGreaterThan(0);
    joiner.clear();
    expect(joiner.byteLength).toBe(0);
  });
});
