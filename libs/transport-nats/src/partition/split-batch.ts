import { Buffer } from 'node:buffer';
import { readRecordBatch, RECORD_TYPE, RecordBatchBuilder, RecordBatchError } from '@org/storage';
import type { StreamPartitions } from './partition-of.ts';

/** A batch without records. */
export const EMPTY_BATCH = new RecordBatchBuilder(1).take();
/** Behind a batch: an entry that leaves it, so that whoever reads it learns that something is missing here. */
const DAMAGED_TAIL = Buffer.from([0xff, 0xff, 0xff, 0xff]);

export interface SplitBatch {
  /**
   * What of the batch belongs to whom, in the order of the batch; the batch itself when it belongs to one. All partitions
   * get a damaged batch when it was one: nobody knows whose records it lost.
   */
  readonly parts: ReadonlyMap<number, Buffer>;
  /** What stands behind the last record that could be read is lost. */
  readonly damage: RecordBatchError | undefined;
}

/** Deals the records of a batch to their partitions. Ticks are left out: time of a partition is kept by its writer. */
export function splitBatch(batch: Buffer, partitions: StreamPartitions): SplitBatch {
  const { only, damage } = survey(batch, partitions);
  if (only !== undefined && damage === undefined) return { parts: new Map([[only, batch]]), damage };
  const builders = new Map<number, RecordBatchBuilder>();
  visit(batch, (record) => {
    if (record.type === RECORD_TYPE.tick) return;
    const partition = partitions.of(record.stream);
    let builder = builders.get(partition);
    if (builder === undefined) builders.set(partition, (builder = new RecordBatchBuilder(batch.length >> 1)));
    builder.append(record, record.bytes.subarray(record.payloadStart, record.payloadEnd));
  });
  const parts = new Map(Array.from(builders, ([partition, builder]) => [partition, builder.take()]));
  if (damage === undefined) return { parts, damage };
  for (let partition = 0; partition < partitions.partitions; partition++)
    parts.set(partition, Buffer.concat([parts.get(partition) ?? EMPTY_BATCH, DAMAGED_TAIL]));
  return { parts, damage };
}

/** Most batches of a machine with a process a symbol are of one partition: those are not copied. */
function survey(batch: Buffer, partitions: StreamPartitions) {
  let only: number | undefined;
  let isMixed = false;
  const damage = visit(batch, ({ type, stream }) => {
    if (type === RECORD_TYPE.tick) {
      isMixed = true;
      return;
    }
    const partition = partitions.of(stream);
    isMixed ||= only !== undefined && only !== partition;
    only = partition;
  });
  return { only: isMixed ? undefined : only, damage };
}

function visit(batch: Buffer, each: Parameters<typeof readRecordBatch>[1]): RecordBatchError | undefined {
  try {
    readRecordBatch(batch, each);
    return undefined;
  } catch (error) {
    if (error instanceof RecordBatchError) return error;
    throw error;
  }
}
