import type { Buffer } from 'node:buffer';
import { FrameError, FrameFields, scanFrame } from '@org/binance-wire';
import {
  type BatchRecord,
  readRecordBatch,
  RECORD_OVERHEAD_BYTES,
  RECORD_TYPE,
  RecordBatchBuilder,
} from '@org/storage';

export interface BatchPart {
  readonly batch: Buffer;
  readonly records: number;
}

export interface UnderstoodBatch {
  /** Batches of at most so many bytes, in order; the batch itself where it can go out as it is. */
  readonly parts: readonly BatchPart[];
  readonly rejections: readonly { readonly stream: string; readonly problem: string }[];
}

const BATCH_HEAD_BYTES = 1;
const DEFINE_BYTES_MAX = 1024;

/** What of a batch readers will understand, cut to messages. */
export class BatchCutter {
  readonly #fields = new FrameFields();

  cut(batch: Buffer, bytesMax: number): UnderstoodBatch {
    const rejections: { stream: string; problem: string }[] = [];
    let records = 0;
    readRecordBatch(batch, (record) => {
      const problem = this.#problemOf(record, bytesMax);
      if (problem === undefined) records++;
      else rejections.push({ stream: record.stream, problem });
    });
    if (records === 0) return { parts: [], rejections };
    if (rejections.length === 0 && batch.length <= bytesMax)
      return { parts: [{ batch, records }], rejections };
    return { parts: this.#parts(batch, bytesMax), rejections };
  }

  #parts(batch: Buffer, bytesMax: number): BatchPart[] {
    const parts: BatchPart[] = [];
    const builder = new RecordBatchBuilder(Math.min(batch.length, bytesMax));
    const finish = (): void => {
      const records = builder.recordCount;
      if (records > 0) parts.push({ records, batch: builder.take() });
    };
    readRecordBatch(batch, (record) => {
      if (this.#problemOf(record, bytesMax) !== undefined) return;
      if (builder.byteLength + bytesOf(record) > bytesMax) finish();
      builder.append(record, record.bytes.subarray(record.payloadStart, record.payloadEnd));
    });
    finish();
    return parts;
  }

  #problemOf(record: BatchRecord, bytesMax: number): string | undefined {
    if (BATCH_HEAD_BYTES + bytesOf(record) > bytesMax)
      return `expected a record of at most ${bytesMax} bytes, was ${bytesOf(record)}`;
    if (record.type !== RECORD_TYPE.frame) return undefined;
    try {
      scanFrame(record.bytes.subarray(record.payloadStart, record.payloadEnd), this.#fields);
      return undefined;
    } catch (error) {
      if (error instanceof FrameError) return error.message;
      throw error;
    }
  }
}

function bytesOf({ payloadStart, payloadEnd }: BatchRecord): number {
  return RECORD_OVERHEAD_BYTES + DEFINE_BYTES_MAX + payloadEnd - payloadStart;
}
