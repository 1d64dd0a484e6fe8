import { GAP_REASONS, parseStreamKey, streamKind, type GapRecord } from '@org/market-data';
import type { BookSnapshotRecord } from '@org/storage';
import { BOOK_MEASUREMENT, GAPS_MEASUREMENT } from './catalogue.ts';
import type { LineBuffer } from './line-buffer.ts';
import { PointProblem } from './point-problem.ts';
import { writeTime } from './point-time.ts';

const US_PER_MS = 1000;
const NS_PER_US = 1000;
const NS_PER_MS = 1_000_000;
const DECIMAL = /^\d{1,32}(?:\.\d{1,32})?$/;
const NOTE = /^[^\p{Cc}\p{Zl}\p{Zp}]{0,200}$/u;

/**
 * The point of a gap, at the receipt before it, and where there is none at its detection. The ns are a hash of what the
 * gap is, so that the row that tells later what healed it takes the place of the one that did not know.
 * `salt` tells gaps apart that have no ids. Throws {@link PointProblem}.
 */
export function writeGap(gap: Partial<GapRecord>, lines: LineBuffer, salt = ''): void {
  const { reason, lastId, nextId, lastTimeUs, nextTimeUs } = gap;
  const key = parseStreamKey(String(gap.stream));
  if (key === undefined || streamKind(key.stream) === undefined) throw problem('stream', gap.stream);
  if (!GAP_REASONS.some((known) => known === reason)) throw problem('reason', reason);
  const detectedAtUs = integer('detectedAtUs', gap.detectedAtUs);
  const startUs = optionalInteger('lastTimeUs', lastTimeUs) ?? detectedAtUs;
  const endUs = optionalInteger('nextTimeUs', nextTimeUs) ?? detectedAtUs;
  const fields = [
    integerField('last_id', lastId),
    integerField('next_id', nextId),
    integerField('last_time', lastTimeUs),
    integerField('next_time', nextTimeUs),
    integerField('detected_at', detectedAtUs),
    integerField('line', integer('line', gap.line)),
    // What Grafana takes for the end of a region.
    integerField('end_time', Math.floor(endUs / US_PER_MS)),
    `healed_by=${quoted(note('healedBy', gap.healedBy))}`,
    `text=${quoted(`${reason}: ${lastId ?? '?'} to ${nextId ?? '?'}`)}`,
  ].filter(Boolean);
  lines.text(
    `${GAPS_MEASUREMENT},reason=${reason},stream=${key.stream},symbol=${key.symbol} ${fields.join()}`,
  );
  const identity = [lastId, nextId, lastTimeUs, nextTimeUs, gap.line, salt].join();
  writeTime(lines, Math.floor(startUs / US_PER_MS), hash(identity) % NS_PER_MS);
}

/** The gap of a record as JSON. Throws {@link PointProblem} or a `SyntaxError`. */
export function writeGapRecord(json: string, lines: LineBuffer): void {
  writeGap(parseObject(json), lines);
}

export interface BookPointsOptions {
  readonly symbol: string;
  readonly receivedAtUs: number;
  /** Levels that are stored of each side. */
  readonly levelsMax: number;
  readonly isTextKept: boolean;
}

/**
 * The points of a book snapshot, one a level with both sides; returns how many. They stand at the receipt, which is the
 * moment that was sampled: a quiet book has the same event time minute after minute. Throws {@link PointProblem}.
 */
export function writeBook(json: string, lines: LineBuffer, options: BookPointsOptions): number {
  const book = parseObject(json) as Partial<BookSnapshotRecord>;
  const { symbol, receivedAtUs, levelsMax } = options;
  if (book.symbol !== symbol) throw problem('symbol', book.symbol);
  const bids = levelsOf('bids', book.bids);
  const asks = levelsOf('asks', book.asks);
  const about = [
    integerField('last_update_id', integer('lastUpdateId', book.lastUpdateId)),
    integerField('event_time', optionalInteger('eventTimeMs', book.eventTimeMs)),
    integerField('local_time', receivedAtUs),
  ].filter(Boolean);
  const count = Math.min(levelsMax, Math.max(bids.length, asks.length));
  for (let level = 0; level < count; level++) {
    const fields = [
      ...levelFields('bid', bids[level], options),
      ...levelFields('ask', asks[level], options),
      ...about,
    ];
    lines.text(`${BOOK_MEASUREMENT},level=${level},symbol=${symbol} ${fields.join()}`);
    const timeMs = Math.floor(receivedAtUs / US_PER_MS);
    writeTime(lines, timeMs, (receivedAtUs - timeMs * US_PER_MS) * NS_PER_US);
  }
  return count;
}

function levelsOf(side: string, levels: unknown): readonly unknown[] {
  if (!Array.isArray(levels)) throw problem(side, levels);
  return levels as unknown[];
}

function levelFields(side: string, level: unknown, { isTextKept }: BookPointsOptions): string[] {
  if (level === undefined) return [];
  const [price, quantity] = Array.isArray(level) ? (level as unknown[]) : [];
  return [
    ...decimalFields(`${side}_price`, price, isTextKept),
    ...decimalFields(`${side}_quantity`, quantity, isTextKept),
  ];
}

function decimalFields(name: string, value: unknown, isTextKept: boolean): string[] {
  if (typeof value !== 'string' || !DECIMAL.test(value)) throw problem(name, value);
  return isTextKept ? [`${name}=${value}`, `${name}_text="${value}"`] : [`${name}=${value}`];
}

/** '' for what is not known: a field cannot be empty. */
function integerField(name: string, value: number | null | undefined): string {
  return value === undefined || value === null ? '' : `${name}=${integer(name, value)}i`;
}

function parseObject(json: string): object {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) throw new PointProblem('expected a JSON object');
  return value;
}

function integer(key: string, value: unknown): number {
  if (!Number.isSafeInteger(value)) throw problem(key, value);
  return value as number;
}

function optionalInteger(key: string, value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : integer(key, value);
}

function note(key: string, value: unknown): string {
  if (typeof value !== 'string' || !NOTE.test(value)) throw problem(key, value);
  return value;
}

/** A string field: line protocol escapes quotes and backslashes in it, nothing else. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function problem(key: string, value: unknown): PointProblem {
  return new PointProblem(`unexpected value for "${key}": ${JSON.stringify(value ?? null).slice(0, 80)}`);
}

/** FNV-1a, 32 bits: the same in every process, and spread evenly. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
