export type { PostgresSinkErrorCode, PostgresSinkErrorDetails } from './errors.ts';
export type { Levels } from './rows/pending-rows.ts';
export type { Partitioning } from './schema/ddl.ts';
export type { TimescaleCatalogue, TimescaleOption } from './schema/partitioning.ts';
export type { ColumnType, Table, TableColumn } from './schema/tables.ts';
export type { PostgresSinkStats } from './sink/postgres-sink.ts';
export type { PostgresConnection, PostgresSinkOptions } from './sink/sink-options.ts';

export { PostgresSinkError } from './errors.ts';
export { choosePartitioning } from './schema/partitioning.ts';
export { TABLES } from './schema/tables.ts';
export { PostgresSink } from './sink/postgres-sink.ts';
