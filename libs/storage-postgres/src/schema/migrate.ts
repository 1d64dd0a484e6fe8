import { escapeIdentifier } from 'pg';
import type { Session } from '../connection/session.ts';
import { PostgresSinkError } from '../errors.ts';
import { qualified, type Partitioning } from './ddl.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';
import { choosePartitioning, type TimescaleOption } from './partitioning.ts';

export interface MigrateOptions {
  readonly schema: string;
  readonly timescale: TimescaleOption;
  /** Default: those of this library. */
  readonly migrations?: readonly Migration[];
}

interface Applied {
  readonly version: number;
  readonly partitioning: Partitioning | undefined;
}

const VERSIONS = 'recorder_schema';

/**
 * Brings the tables up to date, each step in a transaction of its own, one caller at a time; returns how they are cut
 * into days. Rejects with `SCHEMA_NEWER` when they are ahead of this library. A schema that is up to date is only read.
 */
export async function migrate(session: Session, options: MigrateOptions): Promise<Partitioning> {
  const { schema, timescale, migrations = MIGRATIONS } = options;
  const latest = migrations.length;
  const before = await applied(session, schema);
  const partitioning = before.partitioning ?? choosePartitioning(timescale, await catalogue(session));
  if (before.version > latest) throw newer(schema, before.version, latest);
  if (before.version === latest) return partitioning;
  await prepare(session, schema);
  for (const migration of migrations.slice(before.version)) {
    await apply(session, schema, migration, partitioning);
  }
  // Another caller may have been first, and may have chosen otherwise.
  const after = await applied(session, schema);
  if (after.version > latest) throw newer(schema, after.version, latest);
  return after.partitioning ?? partitioning;
}

async function applied(session: Session, schema: string): Promise<Applied> {
  const [found] = await session.query('select to_regclass($1) is not null as found', [
    qualified(schema, VERSIONS),
  ]);
  if (found?.['found'] !== true) return { version: 0, partitioning: undefined };
  const [row] = await session.query(
    `select version, partitioning from ${qualified(schema, VERSIONS)} order by version desc limit 1`,
  );
  if (row === undefined) return { version: 0, partitioning: undefined };
  return {
    version: Number(row['version']),
    partitioning: row['partitioning'] === 'timescale' ? 'timescale' : 'native',
  };
}

async function catalogue(session: Session) {
  const [row] = await session.query(
    "select (select extversion from pg_extension where extname = 'timescaledb') as installed",
  );
  const installed = row?.['installed'];
  return { installed: typeof installed === 'string' ? installed : undefined };
}

async function prepare(session: Session, schema: string): Promise<void> {
  await inTransaction(session, schema, async () => {
    const [found] = await session.query('select 1 from pg_namespace where nspname = $1', [schema]);
    if (found === undefined) await session.query(`create schema ${escapeIdentifier(schema)}`);
    await session.query(
      `create table if not exists ${qualified(schema, VERSIONS)} (version integer primary key, name text not null,
         partitioning text not null, applied_at timestamptz not null default now())`,
    );
    await session.query(
      `comment on table ${qualified(schema, VERSIONS)} is 'Steps that made these tables what they are.'`,
    );
  });
}

async function apply(
  session: Session,
  schema: string,
  { version, name, statements }: Migration,
  partitioning: Partitioning,
): Promise<void> {
  await inTransaction(session, schema, async () => {
    const now = await applied(session, schema);
    if (now.version >= version) return;
    await session.run(statements(now.partitioning ?? partitioning));
    await session.query(
      `insert into ${qualified(schema, VERSIONS)} (version, name, partitioning) values ($1, $2, $3)`,
      [version, name, now.partitioning ?? partitioning],
    );
  });
}

/** In a transaction that no other migration of the schema runs beside, with its names searched first. */
async function inTransaction(session: Session, schema: string, work: () => Promise<void>): Promise<void> {
  await session.query('begin');
  // Functions of extensions lie in `public` as a rule.
  await session.query(`set local search_path to ${escapeIdentifier(schema)}, public`);
  await session.query("select pg_advisory_xact_lock(hashtextextended('recorder schema ' || $1, 0))", [
    schema,
  ]);
  await work();
  await session.query('commit');
}

function newer(schema: string, version: number, latest: number): PostgresSinkError {
  return new PostgresSinkError(
    'SCHEMA_NEWER',
    `schema ${schema} is of version ${version}, expected at most ${latest}: a newer recorder made it`,
  );
}
