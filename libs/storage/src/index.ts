export type { BookSnapshotRecord, RecordMeta, RecordType } from './record.ts';
export type { BatchRecord } from './record-batch.ts';
export type { Sink, SinkEvents, SinkOpened, SinkRepair, SinkStats } from './sink.ts';

export { RECORD_TYPE } from './record.ts';
export { readRecordBatch, RecordBatchBuilder, RecordBatchError, RECORD_OVERHEAD_BYTES } from './record-batch.ts';
