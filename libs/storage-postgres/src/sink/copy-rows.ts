import { Buffer } from 'node:buffer';
import { escapeIdentifier } from 'pg';
import { isDataError, isUniqueViolation } from '../connection/error-class.ts';
import type { Session } from '../connection/session.ts';
import { describeRow } from '../rows/describe-row.ts';
import type { Refused } from '../rows/report-rows.ts';
import type { TableRows } from '../rows/table-rows.ts';
import { qualified } from '../schema/ddl.ts';
import type { Table } from '../schema/tables.ts';

/** What became of the rows of a table. */
export interface CopyOutcome {
  /** Rows that were there already, by their key. */
  readonly duplicates: number;
  readonly refused: readonly Refused[];
}

/** Signature, flags and length of the extension of a binary COPY; its end is a row of -1 fields. */
const HEAD = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TAIL = Buffer.from([0xff, 0xff]);
const PIECE_BYTES = 1024 * 1024;
const STAGING = 'recorder_staging';

/**
 * Copies rows into their table, within a transaction. Rows that are there already are skipped and counted; rows that the
 * server refuses are found by halving, and left out.
 */
export async function copyRows(session: Session, schema: string, rows: TableRows): Promise<CopyOutcome> {
  const outcome = { duplicates: 0, refused: [] as Refused[] };
  const open: (readonly [from: number, to: number])[] = [[0, rows.count]];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const [from, to] = part;
    const found = await tryCopy(session, schema, rows, from, to);
    if (typeof found === 'number') outcome.duplicates += found;
    else if (to - from === 1) outcome.refused.push(refusedRow(rows, from, found));
    else {
      const middle = (from + to) >>> 1;
      open.push([middle, to], [from, middle]);
    }
  }
  return outcome;
}

/** Copies rows `[from, to)`, all or none; returns how many of them were there already, or why the server refuses them. */
async function tryCopy(
  session: Session,
  schema: string,
  rows: TableRows,
  from: number,
  to: number,
): Promise<number | Error> {
  const { table } = rows;
  const copyInto = (target: string) =>
    session.copy(
      `copy ${target} (${columnsOf(table)}) from stdin (format binary)`,
      pieces(rows.slice(from, to)),
    );
  const direct = await attempt(session, async () => {
    await copyInto(qualified(schema, table.name));
    return 0;
  });
  if (!table.isKeyed || !isUniqueViolation(direct)) return direct;
  return attempt(session, () => copyNew(session, qualified(schema, table.name), table, to - from, copyInto));
}

/** The same by way of a table of the session, so that rows which are there already can be skipped. */
async function copyNew(
  session: Session,
  target: string,
  table: Table,
  count: number,
  copyInto: (target: string) => Promise<void>,
): Promise<number> {
  await session.query(
    `create temp table ${STAGING} on commit drop as select ${columnsOf(table)} from ${target} limit 0`,
  );
  await copyInto(STAGING);
  const columns = columnsOf(table);
  const inserted = await session.change(
    `insert into ${target} (${columns}) select ${columns} from ${STAGING} on conflict do nothing`,
  );
  await session.query(`drop table ${STAGING}`);
  return count - inserted;
}

/** Does something that the server may refuse without losing the transaction. */
async function attempt(session: Session, work: () => Promise<number>): Promise<number | Error> {
  await session.query('savepoint recorder');
  try {
    const result = await work();
    await session.query('release savepoint recorder');
    return result;
  } catch (error) {
    if (!isDataError(error)) throw error;
    await session.query('rollback to savepoint recorder');
    return error as Error;
  }
}

function refusedRow(rows: TableRows, row: number, reason: Error): Refused {
  return {
    stream: rows.streamOf(row),
    problem: `${rows.table.name}: ${reason.message}`,
    payload: Buffer.from(describeRow(rows.table, rows.slice(row, row + 1))),
    timeUs: undefined,
  };
}

function columnsOf({ columns }: Table): string {
  return columns.map(({ name }) => escapeIdentifier(name)).join(', ');
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  yield HEAD;
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
  yield TAIL;
}
