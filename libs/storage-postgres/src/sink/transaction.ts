import type { Session } from '../connection/session.ts';
import type { PendingRows, Rejection } from '../rows/pending-rows.ts';
import { writeRefused, type Refused } from '../rows/report-rows.ts';
import { TableRows } from '../rows/table-rows.ts';
import type { Partitions } from '../schema/partitions.ts';
import { REJECTED } from '../schema/tables.ts';
import { copyRows } from './copy-rows.ts';

/** What became of the rows of a transaction. */
export interface StoredRows {
  /** Rows that were there already. */
  readonly duplicates: number;
  /** Rows that are in a default partition. */
  readonly strays: number;
  readonly rejections: readonly Rejection[];
}

export const NOTHING_STORED: StoredRows = { duplicates: 0, strays: 0, rejections: [] };

export function together(first: StoredRows, second: StoredRows): StoredRows {
  return {
    duplicates: first.duplicates + second.duplicates,
    strays: first.strays + second.strays,
    rejections: [...first.rejections, ...second.rejections],
  };
}

/** Makes the partitions that the rows need. Not within a transaction. */
export async function makeRoom(
  session: Session,
  partitions: Partitions,
  pending: PendingRows,
): Promise<void> {
  for (const rows of pending.tables) await partitions.prepare(session, rows.table, rows.days());
}

/** Copies all rows, within a transaction. What the server refuses becomes rows of `rejected`. */
export async function storeRows(
  session: Session,
  schema: string,
  partitions: Partitions,
  pending: PendingRows,
): Promise<StoredRows> {
  let duplicates = 0;
  let strays = 0;
  const refused: Refused[] = [];
  for (const rows of pending.tables) {
    const outcome = await copyRows(session, schema, rows);
    duplicates += outcome.duplicates;
    refused.push(...outcome.refused);
    strays += partitions.strays(rows.table, rows.days());
  }
  if (refused.length > 0) await copyRows(session, schema, refusedRows(refused));
  return { duplicates, strays, rejections: refused.map(({ stream, problem }) => ({ stream, problem })) };
}

function refusedRows(refused: readonly Refused[]): TableRows {
  const rows = new TableRows(REJECTED);
  for (const row of refused) writeRefused(rows, row);
  return rows;
}
