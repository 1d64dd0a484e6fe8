export type { ColumnType } from './column-types.ts';
export type { CompactDayOptions, CompactOutcome } from './compact-day.ts';
export type { DayFile } from './day-files.ts';
export type { EngineOptions, QueryOptions, Row } from './engine.ts';
export type { StorageParquetErrorCode } from './errors.ts';
export type { ExportedKind, ExportKindOptions, ParquetLayout } from './export-kind.ts';

export { knownColumnType } from './column-types.ts';
export { compactDay } from './compact-day.ts';
export { dayFiles, parquetName } from './day-files.ts';
export { ParquetEngine } from './engine.ts';
export { StorageParquetError } from './errors.ts';
export { exportKind } from './export-kind.ts';
