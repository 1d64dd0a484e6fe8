import { Buffer } from 'node:buffer';
import { readRecordBatch, RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { PartitionMerge } from '@org/transport-nats';

const START_US = 1_767_323_045_000_000;
const HOUR_US = 3600e6;
const PATIENCE_MS = 1000;

function trade(id: number, receivedAtUs: number): Buffer {
  const builder = new RecordBatchBuilder(256);
  const meta = { type: RECORD_TYPE.frame, stream: 'BTCUSDT@trade', line: 0, connectionId: 1 };
  builder.append({ ...meta, order: id, follows: id - 1, receivedAtUs }, Buffer.from('{}'));
  return Buffer.from(builder.take());
}

describe('a hole before which one node is an hour behind by its clock', () => {
  it('is waited for ten times as long as a silent node is, and no longer', () => {
    let nowMs = 0;
    const merge = new PartitionMerge({
      clock: { nowMs: () => nowMs },
      patienceMs: PATIENCE_MS,
      spreadMs: 5000,
    });
    const stored: number[] = [];
    const keep = (batch: Buffer | undefined): void => {
      if (batch !== undefined)
        readRecordBatch(batch, ({ type, order }) => {
          if (type === RECORD_TYPE.frame) stored.push(order!);
        });
    };
    let position = 0;
    const bring = (node: string, id: number, receivedAtUs: number): void => {
      merge.heard(node);
      keep(
        merge.take(node, { lane: 'w0', epoch: 1, payload: trade(id, receivedAtUs), position: ++position }),
      );
    };
    for (const id of [1, 2]) {
      bring('a', id, START_US + id * 1000);
      bring('b', id, START_US + id * 1000 - HOUR_US);
    }
    bring('a', 5, START_US + 5000);
    let waitedMs = 0;
    for (; stored.length === 2 && nowMs < 60_000; nowMs += 100) {
      // It repeats what it had: something comes, and it is never beyond the hole.
      bring('b', 2, START_US + nowMs * 1000 - HOUR_US);
      keep(merge.tick());
      waitedMs = nowMs;
    }
    expect(stored).toEqual([1, 2, 5]);
    expect(waitedMs).toBeGreaterThan(9 * PATIENCE_MS);
    expect(waitedMs).toBeLessThan(12 * PATIENCE_MS);
  });
});
