import type { GapRecord } from '@org/market-data';
import type { EventFrame } from './event-frame.ts';
import { type IdRange, withoutIds } from './id-ranges.ts';
import type { MergedStream } from './merged-stream.ts';
import type { RestRow } from './rest-rows.ts';

/** Bars that are not all of one length. */
const MONTH_MS_MIN = 28 * 86_400_000;

/** Rows that REST has and the stream has not. */
export interface RepairOrder {
  readonly stream: string;
  readonly kind: 'aggtrade' | 'kline';
  /** First and last missing: aggregate trade ids, or open times in milliseconds (of months: a time within the last). */
  readonly from: number;
  readonly to: number;
  readonly detectedAtUs: number;
}

/** A break that REST may repair. Bars are missing from their open to their close time. */
export class OpenBreak {
  readonly gap: GapRecord;
  /** Journal time when it was found. */
  openedAtUs: number;
  /** Length of the bars around it; 1 where ids are counted. */
  readonly intervalMs: number;
  missing: readonly IdRange[];
  /** Its row is written, without healing. */
  isWritten = false;
  /** The exchange has no rows for some of the ids. */
  isIncomplete = false;

  constructor(gap: GapRecord, openedAtUs: number, intervalMs: number, missing: readonly IdRange[]) {
    this.gap = gap;
    this.openedAtUs = openedAtUs;
    this.intervalMs = intervalMs;
    this.missing = missing;
  }

  /** Whether the row was missing; it is not any more. */
  take(row: RestRow): boolean {
    const wasMissing = this.missing.some(({ from, to }) => from <= row.from && row.from <= to);
    if (wasMissing) this.missing = withoutIds(this.missing, row.from, row.to);
    return wasMissing;
  }

  /** An answer jumps over these ids: the exchange does not have them. */
  jump(from: number, to: number): void {
    const rest = withoutIds(this.missing, from, to);
    if (rest !== this.missing) this.isIncomplete = true;
    this.missing = rest;
  }

  orders(kind: RepairOrder['kind']): RepairOrder[] {
    const { stream, detectedAtUs } = this.gap;
    const beforeEnd = this.intervalMs < MONTH_MS_MIN ? this.intervalMs - 1 : 0;
    return this.missing.map(({ from, to }) => ({ stream, kind, from, to: to - beforeEnd, detectedAtUs }));
  }
}

/** What is missing before an event that breaks the stream, as far as REST has it. */
export function repairable(
  stream: MergedStream,
  event: EventFrame,
): { readonly missing: IdRange; readonly intervalMs: number } | undefined {
  if (stream.kind === 'aggtrade' && event.follows !== undefined)
    return nonEmpty({ from: stream.lastOrder + 1, to: event.follows }, 1);
  const last = stream.lastBar;
  if (last === undefined || event.bar === undefined) return undefined;
  const from = last.isClosed ? last.openTime + last.intervalMs : last.openTime;
  return nonEmpty({ from, to: event.bar.openTime - 1 }, last.intervalMs);
}

function nonEmpty(missing: IdRange, intervalMs: number) {
  return missing.from <= missing.to ? { missing, intervalMs } : undefined;
}
