import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';

/** A batch with one trade. */
export function tradeBatch(symbol: string, id: number, receivedAtUs: number): Buffer {
  const builder = new RecordBatchBuilder(1024);
  const stream = `${symbol}@aggTrade`;
  const data = { e: 'aggTrade', E: id, s: symbol, a: id, p: '1.5', q: '2', f: id, l: id, T: id, m: true };
  const payload = Buffer.from(JSON.stringify({ stream: stream.toLowerCase(), data }));
  builder.append({ type: RECORD_TYPE.frame, stream, receivedAtUs, line: 0, connectionId: 1, order: id, follows: id - 1 }, payload); // prettier-ignore
  return builder.take();
}
