import { PostgresSinkError } from '../errors.ts';
import type { Session } from '../connection/session.ts';
import { qualified } from '../schema/ddl.ts';
import { TABLES } from '../schema/tables.ts';

/** What the database says about a sink. */
export interface Cursor {
  readonly position: number;
  readonly state: string | undefined;
  /** Commits that there were. */
  readonly commits: number;
  readonly owner: string;
}

export interface CursorPlace {
  readonly schema: string;
  readonly name: string;
}

const TABLE = 'recorder_cursor';

/** Undefined where the database says nothing about the sink. Rejects with `SCHEMA_MISMATCH` for what no sink wrote. */
export async function readCursor(
  session: Session,
  { schema, name }: CursorPlace,
): Promise<Cursor | undefined> {
  const [row] = await session.query(
    `select position, state, commits, owner from ${qualified(schema, TABLE)} where name = $1`,
    [name],
  );
  if (row === undefined) return undefined;
  const position = Number(row['position']);
  const commits = Number(row['commits']);
  if (!Number.isSafeInteger(position) || !Number.isSafeInteger(commits))
    throw new PostgresSinkError('SCHEMA_MISMATCH', `the cursor ${name} holds ${String(row['position'])}`);
  const state = row['state'];
  return {
    position,
    commits,
    state: typeof state === 'string' ? state : undefined,
    owner: String(row['owner']),
  };
}

/** Whether any table has a row. */
export async function hasRows(session: Session, { schema }: CursorPlace): Promise<boolean> {
  const asks = TABLES.map(({ name }) => `exists (select 1 from ${qualified(schema, name)})`);
  const [row] = await session.query(`select ${asks.join(' or ')} as found`);
  return row?.['found'] === true;
}

/** Takes the cursor from whoever had it: that one's next commit finds another owner. */
export async function takeCursor(
  session: Session,
  { schema, name }: CursorPlace,
  owner: string,
): Promise<void> {
  await session.query(`update ${qualified(schema, TABLE)} set owner = $2 where name = $1`, [name, owner]);
}

/**
 * Moves the cursor within a transaction, from `before` (undefined: there is none) on. Rejects with `STORE_TAKEN` when it is
 * not what it was: somebody else writes.
 */
export async function moveCursor(
  session: Session,
  { schema, name }: CursorPlace,
  before: Pick<Cursor, 'position' | 'commits'> | undefined,
  after: { readonly position: number; readonly state: string | undefined; readonly owner: string },
): Promise<void> {
  const table = qualified(schema, TABLE);
  const { position, state, owner } = after;
  const changed =
    before === undefined
      ? await session.change(
          `insert into ${table} (name, position, state, commits, owner, updated_at)
             values ($1, $2, $3, 1, $4, now()) on conflict do nothing`,
          [name, position, state ?? null, owner],
        )
      : await session.change(
          `update ${table} set position = $2, state = coalesce($3, state), commits = commits + 1, updated_at = now()
             where name = $1 and owner = $4 and position = $5 and commits = $6`,
          [name, position, state ?? null, owner, before.position, before.commits],
        );
  if (changed !== 1) throw storeTaken(name);
}

/** The end of a sink whose cursor another one has. */
export function storeTaken(name: string): PostgresSinkError {
  return new PostgresSinkError('STORE_TAKEN', `another sink writes as ${JSON.stringify(name)}`);
}
