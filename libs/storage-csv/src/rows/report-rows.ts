import type { GapRecord } from '@org/market-data';
import type { BookSnapshotRecord } from '@org/storage';
import { createArrayCsvStringifier } from 'csv-writer';

const GAPS = [
  'stream',
  'reason',
  'last_id',
  'next_id',
  'last_time',
  'next_time',
  'detected_at',
  'line',
  'healed_by',
];
const ORDERBOOK = ['local_time', 'event_time', 'last_update_id', 'side', 'level', 'price', 'quantity'];

export const GAPS_HEADER = GAPS.join(',');
export const ORDERBOOK_HEADER = ORDERBOOK.join(',');

const gapsStringifier = createArrayCsvStringifier({ header: GAPS });
const orderbookStringifier = createArrayCsvStringifier({ header: ORDERBOOK });

type ReportCell = string | number | undefined;

/** The row of a gap. */
export function formatGap(gap: GapRecord): string {
  const row: ReportCell[] = [
    gap.stream,
    gap.reason,
    gap.lastId,
    gap.nextId,
    gap.lastTimeUs,
    gap.nextTimeUs,
    gap.detectedAtUs,
    gap.line,
    gap.healedBy,
  ];
  return gapsStringifier.stringifyRecords([row]);
}

/** The block of rows of a book snapshot: bids from the touch down, then asks from the touch up. */
export function formatBook(book: BookSnapshotRecord, localTime: string): { text: string; count: number } {
  const head = [localTime, book.eventTimeMs, book.lastUpdateId];
  const records = [...sideRows('bid', book.bids, head), ...sideRows('ask', book.asks, head)];
  return { text: orderbookStringifier.stringifyRecords(records), count: records.length };
}

function sideRows(
  side: 'bid' | 'ask',
  levels: BookSnapshotRecord['bids'],
  head: readonly ReportCell[],
): ReportCell[][] {
  return levels.map(([price, quantity], index) => [...head, side, index, price, quantity]);
}
