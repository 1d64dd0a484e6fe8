import { createTable, type Partitioning } from './ddl.ts';
import { firstTables } from './migrations/001-first-tables.ts';

/** One step of the schema. Steps are numbered from 1 without holes, and never changed after they were released. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** Run in one transaction, in the schema of the tables. */
  readonly statements: (partitioning: Partitioning) => readonly string[];
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'first tables',
    statements: (partitioning) => firstTables.flatMap((table) => createTable(table, partitioning)),
  },
];
