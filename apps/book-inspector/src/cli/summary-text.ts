import type { ReplayView } from '../replay-view.ts';
import { countText, thousands } from './count-text.ts';
import { painter, type Style } from './paint.ts';

/** One symbol of a summary: its view, if there is a book. */
export interface SummaryEntry {
  readonly symbol: string;
  readonly view: ReplayView | undefined;
}

const STATES = { live: 'in sync', waiting: 'a snapshot', unproven: 'UNPROVEN', gap: 'NOT IN SYNC' } as const;
const HEADER = [
  'symbol',
  'state',
  'messages',
  'gaps',
  'update id',
  'best bid',
  'best ask',
  'levels',
  'sha256',
];
/** Columns of text; the others are numbers and end at the same place. */
const TEXT_COLUMNS = [0, 1, 8];
const CHECKSUM_DIGITS = 12;

/** A line a symbol, for people. Ends with a line feed. */
export function summaryText(entries: readonly SummaryEntry[], style: Style): string {
  const paint = painter(style.colours);
  const rows = entries.map(({ symbol, view }) => (view === undefined ? [symbol, 'no book'] : cells(view)));
  const widths = HEADER.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        TEXT_COLUMNS.includes(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  const lines = rows.map((row, index) => {
    const { view } = entries[index]!;
    return view?.state === 'live' ? line(row) : paint('red', line(row));
  });
  return [paint('dim', line(HEADER)), ...lines, '', totals(entries)].map((text) => `${text}\n`).join('');
}

function cells(view: ReplayView): string[] {
  return [
    view.symbol,
    STATES[view.state],
    thousands(view.messages),
    thousands(view.gaps),
    String(view.lastUpdateId),
    view.bestBid?.[0] ?? '-',
    view.bestAsk?.[0] ?? '-',
    `${thousands(view.bids)} + ${thousands(view.asks)}`,
    view.checksum.slice(0, CHECKSUM_DIGITS),
  ];
}

function totals(entries: readonly SummaryEntry[]): string {
  const views = entries.flatMap(({ view }) => view ?? []);
  const sum = (value: (view: ReplayView) => number) => views.reduce((total, view) => total + value(view), 0);
  return [
    countText(entries.length, 'symbol'),
    `${thousands(views.filter(({ state }) => state === 'live').length)} in sync`,
    countText(
      sum(({ messages }) => messages),
      'message',
    ),
    countText(
      sum(({ gaps }) => gaps),
      'gap',
    ),
  ].join('   ');
}
