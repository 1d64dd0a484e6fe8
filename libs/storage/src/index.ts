export type { CaptureErrorCode } from './capture-error.ts';
export type { CaptureFile } from './capture-files.ts';
export type { CaptureLine, CaptureReadOptions, CaptureRejection } from './capture-reader.ts';
export type { FileChunkErrorCode, FileChunksOptions } from './file-chunks.ts';
export type { BookSnapshotRecord, DoubtRecord, RecordMeta, RecordType } from './record.ts';
export type { BatchRecord } from './record-batch.ts';
export type { RecordRoute, RowKind } from './rows/record-route.ts';
export type {
  Cell,
  Column,
  FrameCell,
  RestContext,
  RestValue,
  StreamDefinition,
} from './rows/stream-definition.ts';
export type { Sink, SinkEvents, SinkOpened, SinkRepair, SinkStats } from './sink.ts';
export type { SinkContractCase, SinkHarness } from './sink-contract-harness.ts';
export type { StoredTrade } from './sink-contract-trades.ts';

export { CaptureError } from './capture-error.ts';
export { captureFiles, captureSymbol } from './capture-files.ts';
export { CAPTURE_LINE_BYTES_MAX, readCapture, readCaptureLines } from './capture-reader.ts';
export { FileChunkError, readFileChunks } from './file-chunks.ts';
export { LineSplitter, LineTooLongError } from './line-splitter.ts';
export { RECORD_TYPE } from './record.ts';
export {
  firstReceiptUs,
  readRecordBatch,
  RecordBatchBuilder,
  RecordBatchError,
  RECORD_OVERHEAD_BYTES,
} from './record-batch.ts';
export { RecordBatchJoiner } from './record-batch-joiner.ts';
export { holdsText, isNumberByte, isWordAt } from './rows/cell-bytes.ts';
export { malformedGap } from './rows/malformed-gap.ts';
export { recordRoute, recordRowKind } from './rows/record-route.ts';
export { readBookSnapshot, readGap } from './rows/report-records.ts';
export { restCells } from './rows/rest-cells.ts';
export { RowProblem } from './rows/row-problem.ts';
export { isRejection, recordPayload, scanRecordFrame, scanRecordSnapshot } from './rows/scan-record.ts';
export { sinkContract } from './sink-contract.ts';
export { STREAM_DEFINITIONS, streamDefinition } from './streams/catalogue.ts';
