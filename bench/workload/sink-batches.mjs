import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';

/** Size at which the recorder hands a batch on. */
const BATCH_BYTES = 256 * 1024;
/** Room for the record that fills a batch. */
const SPARE_BYTES = 64 * 1024;

/** Batches of records as the recorder's writer gets them. */
export class SinkBatches {
  #builder = new RecordBatchBuilder(BATCH_BYTES + SPARE_BYTES);

  /** Adds a message; returns a batch when one is full. */
  add(symbol, { type, bytes, receivedAtUs }) {
    const stream = `${symbol}@depth@0ms`;
    const recordType = type === 'diff' ? RECORD_TYPE.frame : RECORD_TYPE.depthSnapshot;
    this.#builder.append({ type: recordType, stream, receivedAtUs, line: 0, connectionId: 1 }, bytes);
    return this.#builder.byteLength >= BATCH_BYTES ? this.#builder.take() : undefined;
  }

  /** What is left. */
  last() {
    return this.#builder.take();
  }
}
