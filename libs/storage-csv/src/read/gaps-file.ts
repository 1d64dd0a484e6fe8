import { GAP_REASONS, type GapReason, type GapRecord } from '@org/market-data';
import { CsvRowError, type CsvRow } from './csv-row.ts';
import { visitCsvRows } from './csv-rows.ts';
import type { DepthReadOptions } from './depth-message.ts';

/** A row of a gaps file. */
export interface GapRow {
  /** Line of the file that it stands on, from 1; the header is line 1. */
  readonly fileLine: number;
  readonly gap: GapRecord;
}

/** Hands over the rows of a gaps file; see `visitMarketFile` for errors and memory. */
export function visitGapsFile(
  path: string,
  visit: (row: GapRow) => void,
  options: DepthReadOptions = {},
): Promise<void> {
  return visitCsvRows(path, 'gaps', (row) => visit({ fileLine: row.line, gap: gapOf(row) }), options);
}

function gapOf(row: CsvRow): GapRecord {
  return {
    stream: row.text(0),
    reason: reasonOf(row.text(1)),
    lastId: row.optionalInteger(2),
    nextId: row.optionalInteger(3),
    lastTimeUs: row.optionalInteger(4),
    nextTimeUs: row.optionalInteger(5),
    detectedAtUs: row.integer(6),
    line: row.integer(7),
    healedBy: row.text(8),
  };
}

function reasonOf(text: string): GapReason {
  const reason = GAP_REASONS.find((known) => known === text);
  if (reason === undefined)
    throw new CsvRowError(`expected a reason for a gap, was ${JSON.stringify(text.slice(0, 40))}`);
  return reason;
}
