import type { Finding } from '../verify/finding.ts';
import type { RecordingVerdict, SymbolSummary } from '../verify/recording-verdict.ts';
import { countText, thousands } from './count-text.ts';
import { painter, type Paint, type Style } from './paint.ts';

const HEADER = [
  'symbol',
  'files',
  'rows',
  'events',
  'gaps',
  'undeclared',
  'healed',
  'errors',
  'warnings',
  '',
];
/** Findings of a symbol that are printed; `--format json` has more. */
const FINDINGS_SHOWN = 50;
const COLOURS = { error: 'red', warning: 'yellow', note: 'dim' } as const;

/** What was found, by symbol, then a line a symbol and the sum, for people. Ends with a line feed. */
export function verdictText(verdict: RecordingVerdict, style: Style): string {
  const paint = painter(style.colours);
  const lines = verdict.symbols.flatMap(({ symbol }) => findingLines(verdict, symbol, paint));
  return [...lines, ...table(verdict.symbols, paint), '', ...totals(verdict, paint)]
    .map((text) => `${text}\n`)
    .join('');
}

function findingLines({ findings }: RecordingVerdict, symbol: string, paint: Paint): string[] {
  const own = findings.filter((finding) => finding.symbol === symbol);
  if (own.length === 0) return [];
  const left = own.length - FINDINGS_SHOWN;
  return [
    paint('bold', symbol),
    ...own.slice(0, FINDINGS_SHOWN).map((finding) => `  ${findingText(finding, paint)}`),
    ...(left > 0 ? [`  and ${countText(left, 'more finding')}: --format json shows them`] : []),
    '',
  ];
}

/** `error GAP_UNDECLARED  BTCUSDT/aggtrade_2024-07-19.csv:812  ids 10 to 12: …`. */
function findingText(
  { severity, code, file, line, byteOffset, ids, message }: Finding,
  paint: Paint,
): string {
  const place = line !== undefined ? `:${line}` : byteOffset !== undefined ? ` byte ${byteOffset}` : '';
  const between = ids === undefined ? '' : `ids ${ids[0] ?? '?'} to ${ids[1] ?? '?'}: `;
  return `${paint(COLOURS[severity], severity)} ${code}  ${file}${place}  ${between}${message}`;
}

function table(symbols: readonly SymbolSummary[], paint: Paint): string[] {
  const rows = symbols.map((symbol) => [
    symbol.symbol,
    ...[
      symbol.files,
      symbol.rows,
      symbol.events,
      symbol.gaps.declared,
      symbol.gaps.undeclared,
      symbol.gaps.healed,
    ]
      .concat(symbol.errors, symbol.warnings)
      .map(thousands),
    symbol.clean ? 'clean' : 'NOT CLEAN',
  ]);
  const widths = HEADER.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]!.length)),
  );
  const last = HEADER.length - 1;
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 || column === last ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  const lines = rows.map((row, index) => (symbols[index]!.clean ? line(row) : paint('red', line(row))));
  return [paint('dim', line(HEADER)), ...lines];
}

function totals(verdict: RecordingVerdict, paint: Paint): string[] {
  const { files, rows, gaps, books, errors, warnings, findingsLeftOut, elapsedMs } = verdict;
  const counts = [
    countText(verdict.symbols.length, 'symbol'),
    countText(files, 'file'),
    countText(rows, 'row'),
    countText(gaps.declared, 'declared gap'),
    `${thousands(books.checked)} of ${countText(books.checked + books.unchecked, 'stored book')} compared`,
    `${(elapsedMs / 1000).toFixed(1)} s`,
  ].join('   ');
  const found = `${countText(errors, 'error')}, ${countText(warnings, 'warning')}`;
  const left = findingsLeftOut > 0 ? `; ${countText(findingsLeftOut, 'finding')} left out` : '';
  const result = verdict.clean ? paint('green', 'clean') : paint('red', 'not clean');
  return [counts, `${result}: ${found}${left}`];
}
