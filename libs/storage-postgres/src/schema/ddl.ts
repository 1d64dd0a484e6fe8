import { escapeIdentifier, escapeLiteral } from 'pg';

/** How the tables of a schema are cut into days: partitions that we make, or chunks of TimescaleDB. */
export type Partitioning = 'native' | 'timescale';

export interface ColumnText {
  readonly name: string;
  /** Type and constraints. */
  readonly type: string;
  readonly comment: string;
}

/** A table as a migration makes it. */
export interface TableText {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly ColumnText[];
  readonly primaryKey?: string;
  /** The column whose UTC day cuts the table. */
  readonly dayColumn?: string;
  /** What stands behind `create index on <table>`. */
  readonly indexes?: readonly string[];
}

/** The statements that make a table; its names are looked up in the schema that is searched first. */
export function createTable(table: TableText, partitioning: Partitioning): string[] {
  const { name, columns, dayColumn, indexes = [], primaryKey } = table;
  const lines = columns.map((column) => `  ${column.name} ${column.type}`);
  if (primaryKey !== undefined) lines.push(`  primary key (${primaryKey})`);
  const isNative = dayColumn !== undefined && partitioning === 'native';
  return [
    `create table ${name} (\n${lines.join(',\n')}\n)${isNative ? ` partition by range (${dayColumn})` : ''}`,
    ...cutByDay(table, partitioning),
    ...indexes.map((index) => `create index on ${name} ${index}`),
    `comment on table ${name} is ${escapeLiteral(table.comment)}`,
    ...columns.map(
      (column) => `comment on column ${name}.${column.name} is ${escapeLiteral(column.comment)}`,
    ),
  ];
}

function cutByDay({ name, dayColumn }: TableText, partitioning: Partitioning): string[] {
  if (dayColumn === undefined) return [];
  if (partitioning === 'native') return [`create table ${name}_default partition of ${name} default`];
  return [
    `select create_hypertable('${name}', '${dayColumn}', chunk_time_interval => interval '1 day', create_default_indexes => false)`,
  ];
}

/** A table of the schema, to be put into a statement. */
export function qualified(schema: string, table: string): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`;
}
