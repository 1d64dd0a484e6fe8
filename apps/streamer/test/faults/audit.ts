import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the files of a recording say of themselves, derived from nothing but the files. */
export interface Audit {
  rows: number;
  /** Lines that have not the columns of their header, or stand behind no header. */
  malformed: string[];
  /** Events that are there more than once. */
  duplicated: string[];
  /** Breaks of a chain that no gap row names, and gap rows of a chain that is whole. */
  undeclared: string[];
  /** Ids that are missing, and the ids that gap rows name as missing and nobody brought back. */
  lost: number;
  declared: number;
  healed: number;
  gapRows: number;
}

export interface GapRow {
  readonly stream: string;
  readonly reason: string;
  readonly lastId: number | undefined;
  readonly nextId: number | undefined;
  readonly healedBy: string;
}

type Row = readonly string[];

/** Column of a kline row. */
const INTERVAL = 12;

/** Rows of all files of a kind in a symbol's folder, oldest file first; the header is checked and left out. */
export function rowsOf(folder: string, kind: string, malformed: string[] = []): Row[] {
  const rows: Row[] = [];
  const names = readdirSync(folder).filter((name) => name.startsWith(`${kind}_`) && name.endsWith('.csv'));
  for (const name of names.sort(byPeriodAndPart)) {
    const text = readFileSync(join(folder, name), 'utf8');
    const lines = text.split('\n');
    if (lines.pop() !== '') malformed.push(`${name}: ends in the middle of a line`);
    const header = lines.shift()?.split(',') ?? [];
    for (const [index, line] of lines.entries()) {
      const cells = line.split(',');
      if (cells.length !== header.length || cells[0] === header[0])
        malformed.push(`${name}:${index + 2}: ${line}`);
      else rows.push(cells);
    }
  }
  return rows;
}

/** Parts are numbers: `.900` comes before `.1000`. */
function byPeriodAndPart(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => /^(?<period>[^.]+)(?:\.(?<part>\d+))?\./.exec(name)!.groups!);
  if (left!['period'] !== right!['period']) return left!['period']! < right!['period']! ? -1 : 1;
  return Number(left!['part'] ?? 0) - Number(right!['part'] ?? 0);
}

export function gapRowsOf(folder: string, malformed: string[] = []): GapRow[] {
  const number = (cell: string | undefined): number | undefined =>
    cell === undefined || cell === '' ? undefined : Number(cell);
  return rowsOf(folder, 'gaps', malformed).map(([stream, reason, lastId, nextId, , , , , healedBy]) => ({
    stream: stream!,
    reason: reason!,
    lastId: number(lastId),
    nextId: number(nextId),
    healedBy: healedBy!,
  }));
}

/** Audits the folders of the symbols; every kind that is there. */
export function audit(data: string, symbols: readonly string[]): Audit {
  const result: Audit = {
    rows: 0, malformed: [], duplicated: [], undeclared: [], lost: 0, declared: 0, healed: 0, gapRows: 0,
  }; // prettier-ignore
  for (const symbol of symbols) {
    const folder = join(data, symbol);
    const gaps = gapRowsOf(folder, result.malformed);
    result.gapRows += gaps.length;
    result.healed += gaps.filter(({ healedBy }) => healedBy !== '').length;
    for (const stream of ['aggTrade', 'trade'])
      auditTrades(
        rowsOf(folder, stream.toLowerCase(), result.malformed),
        `${symbol}@${stream}`,
        gaps,
        result,
      );
    auditDepth(rowsOf(folder, 'depth', result.malformed), symbol, gaps, result);
    const bars = rowsOf(folder, 'kline', result.malformed);
    result.rows += bars.length;
    for (const interval of new Set(bars.map((row) => row[INTERVAL]!)))
      auditBars(bars.filter((row) => row[INTERVAL] === interval), `${symbol}@kline_${interval}`, gaps, result); // prettier-ignore
  }
  return result;
}

function auditTrades(rows: readonly Row[], key: string, gaps: readonly GapRow[], result: Audit): void {
  result.rows += rows.length;
  const ids = new Set<number>();
  for (const [cell] of rows) {
    const id = Number(cell);
    if (ids.has(id)) result.duplicated.push(`${key} ${id}`);
    ids.add(id);
  }
  const declared = new Set<number>();
  for (const { stream, lastId, nextId, healedBy } of gaps) {
    if (stream !== key || healedBy !== '' || lastId === undefined || nextId === undefined) continue;
    for (let id = lastId + 1; id < nextId; id++) if (!ids.has(id)) declared.add(id);
  }
  result.declared += declared.size;
  const sorted = [...ids].sort((a, b) => a - b);
  for (let id = sorted[0] ?? 0; id < (sorted.at(-1) ?? 0); id++) {
    if (ids.has(id)) continue;
    result.lost++;
    if (!declared.has(id)) result.undeclared.push(`${key} ${id}`);
  }
}

/** Each message of the depth file is a run of rows with the same ids. */
function auditDepth(rows: readonly Row[], symbol: string, gaps: readonly GapRow[], result: Audit): void {
  result.rows += rows.length;
  const declared = new Set(
    gaps
      .filter(({ stream }) => stream.startsWith(`${symbol}@depth`))
      .map(({ lastId, nextId }) => `${lastId} ${nextId}`),
  );
  const seen = new Set<string>();
  const breaks = new Set<string>();
  let last: string | undefined;
  let message = '';
  let levels = new Set<string>();
  for (const [localTime, , , first, final, previous, type, side, price] of rows) {
    if (type !== 'diff') continue;
    const key = `${localTime} ${first} ${final}`;
    if (key !== message) {
      if (seen.has(final!)) result.duplicated.push(`${symbol} depth ${final}`);
      seen.add(final!);
      if (last !== undefined && previous !== last) breaks.add(`${last} ${previous}`);
      last = final;
      message = key;
      levels = new Set();
    }
    const level = `${side} ${price}`;
    if (levels.has(level)) result.duplicated.push(`${symbol} depth ${final} ${level}`);
    levels.add(level);
  }
  for (const hole of breaks)
    if (!declared.has(hole)) result.undeclared.push(`${symbol} depth ${hole}: no gap row`);
  for (const row of declared)
    if (!row.endsWith(' undefined') && !breaks.has(row))
      result.undeclared.push(`${symbol} depth ${row}: a gap row and no hole`);
}

/** Bars that closed must be there to their end: each once closed, without a hole between. */
function auditBars(rows: readonly Row[], key: string, gaps: readonly GapRow[], result: Audit): void {
  const declared = gaps.filter(({ stream, healedBy }) => stream === key && healedBy === '');
  const opens = [...new Set(rows.map(([open]) => Number(open)))].sort((a, b) => a - b);
  const step = opens.length < 2 ? 0 : Math.min(...opens.slice(1).map((open, index) => open - opens[index]!));
  for (const [index, open] of opens.slice(1).entries()) {
    const before = opens[index]!;
    const isDeclared = declared.some(
      ({ lastId, nextId }) => (lastId ?? 0) <= before && open <= (nextId ?? Infinity),
    );
    if (open - before > step && !isDeclared) result.undeclared.push(`${key} ${before} → ${open}`);
  }
  const seen = new Set<string>();
  for (const row of rows) {
    const text = row.join(',');
    if (seen.has(text)) result.duplicated.push(`${key} ${text}`);
    seen.add(text);
  }
}
