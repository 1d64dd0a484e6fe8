import type { Buffer } from 'node:buffer';
import {
  type BatchRecord,
  readRecordBatch,
  RecordBatchBuilder,
  RecordBatchError,
  type RecordMeta,
} from '@org/storage';

const CAPACITY_BYTES = 64 * 1024;

type StoredRecord = Pick<BatchRecord, 'bytes' | 'payloadStart' | 'payloadEnd'> & RecordMeta;

/**
 * What comes out of one entry. As long as every record is kept at its place nothing is copied, and the entry's own
 * bytes are the result; with the first difference the records so far are copied into a new batch.
 */
export class BatchOutput {
  readonly #builder = new RecordBatchBuilder(CAPACITY_BYTES);
  #batch: Buffer | undefined;
  #isCopying = false;
  #kept = 0;
  #copied = 0;

  begin(batch: Buffer | undefined): void {
    this.#batch = batch;
    this.#isCopying = batch === undefined;
    this.#kept = 0;
  }

  /** The record that is being read comes out as it is. */
  keep(record: StoredRecord): void {
    if (this.#isCopying) this.#append(record);
    else this.#kept++;
  }

  /** The record that is being read does not come out. */
  drop(): void {
    if (!this.#isCopying) this.#copy();
  }

  /** Something comes out that is not the record that is being read. */
  write(meta: RecordMeta, payload: Uint8Array): void {
    if (!this.#isCopying) this.#copy();
    this.#builder.append(meta, payload);
  }

  end(): Buffer | undefined {
    const batch = this.#batch;
    this.#batch = undefined;
    if (!this.#isCopying) return this.#kept > 0 ? batch : undefined;
    return this.#builder.recordCount > 0 ? this.#builder.take() : undefined;
  }

  #copy(): void {
    this.#isCopying = true;
    this.#copied = 0;
    if (this.#kept === 0) return;
    try {
      readRecordBatch(this.#batch!, this.#copyKept);
    } catch (error) {
      // The damage stands behind the records that are copied here; whoever reads the batch has met it or will.
      if (!(error instanceof RecordBatchError)) throw error;
    }
  }

  readonly #copyKept = (record: BatchRecord): void => {
    if (this.#copied++ < this.#kept) this.#append(record);
  };

  #append(record: StoredRecord): void {
    this.#builder.append(record, record.bytes.subarray(record.payloadStart, record.payloadEnd));
  }
}
