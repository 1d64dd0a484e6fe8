import type { MarketRowKind } from '@org/storage-csv';
import type { Report } from './finding.ts';
import { KlineCheck } from './kline-check.ts';
import type { RowCheck } from './row-check.ts';
import { BookTickerCheck, TimedCheck } from './timed-checks.ts';
import { TradeCheck } from './trade-check.ts';

/** Kinds of files with one event a row. */
export const ROW_KINDS: readonly MarketRowKind[] = [
  'aggtrade',
  'trade',
  'kline',
  'bookticker',
  'markprice',
  'forceorder',
  'ticker',
  'miniticker',
];

export function newRowCheck(kind: MarketRowKind, report: Report): RowCheck {
  switch (kind) {
    case 'aggtrade':
    case 'trade':
      return new TradeCheck(kind, report);
    case 'kline':
      return new KlineCheck(report);
    case 'bookticker':
      return new BookTickerCheck(report);
    default:
      return new TimedCheck(report);
  }
}
