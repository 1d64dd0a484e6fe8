import type { SymbolFiles } from '@org/storage-csv';
import type { Report } from './finding.ts';

/** Streams that say something every day. */
const DAILY_KINDS: ReadonlySet<string> = new Set([
  'aggtrade',
  'trade',
  'depth',
  'kline',
  'bookticker',
  'markprice',
  'ticker',
  'miniticker',
]);
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Names the days that one kind of file lacks and another one has. A stream with ids shows by itself whether rows are
 * missing; of the others this is all that shows it.
 */
export function tellMissingPeriods({ symbol, files }: SymbolFiles, report: Report): void {
  const daily = files.filter(({ kind, period }) => DAILY_KINDS.has(kind) && DAY.test(period));
  const days = [...new Set(daily.map(({ period }) => period))].sort();
  const message = 'other kinds of files have this day, and days around it are there';
  for (const kind of new Set(daily.map((file) => file.kind))) {
    const own = daily.filter((file) => file.kind === kind).map(({ period }) => period);
    const missing = days.filter((day) => day > own[0]! && day < own.at(-1)! && !own.includes(day));
    for (const day of missing)
      report({
        severity: 'warning',
        code: 'PERIOD_MISSING',
        file: `${symbol}/${kind}_${day}.csv`,
        stream: kind,
        message,
      });
  }
}
