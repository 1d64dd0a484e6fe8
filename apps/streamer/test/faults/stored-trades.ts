import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { audit, type Audit, rowsOf } from './audit.ts';

/** What became of trades that were sent with the ids from 1. */
export interface StoredTrades extends Audit {
  /** Ids of the whole range, its ends included, that are in no file. */
  missing: number;
}

/** Compares the files with what was sent; all of it was acknowledged. */
export function storedTrades(data: string, sentThrough: ReadonlyMap<string, number>): StoredTrades {
  const present = [...sentThrough.keys()].filter((symbol) => existsSync(join(data, symbol)));
  const result = { ...audit(data, present), missing: 0 };
  for (const [symbol, lastId] of sentThrough) {
    const rows = present.includes(symbol) ? rowsOf(join(data, symbol), 'aggtrade') : [];
    const ids = new Set(rows.map(([id]) => Number(id)));
    for (let id = 1; id <= lastId; id++) if (!ids.has(id)) result.missing++;
  }
  return result;
}

/** Everything once, and no row that says otherwise. */
export const EXACTLY_ONCE = {
  malformed: [],
  duplicated: [],
  undeclared: [],
  lost: 0,
  declared: 0,
  gapRows: 0,
  missing: 0,
};
