import { Buffer } from 'node:buffer';
import type { GapRecord } from '@org/market-data';
import type { BatchRecord } from '@org/storage';
import type { EventFrame } from './event-frame.ts';
import type { MergeContext } from './merge-context.ts';
import type { MergedStream } from './merged-stream.ts';
import { OpenBreak, repairable } from './open-break.ts';
import { readRestRows, type RestRow, RestRowsError } from './rest-rows.ts';

/** Keeps the breaks that REST can repair open, and writes each one's row when it is healed or its time is up. */
export class RepairDesk {
  /** Breaks whose row is not written yet. */
  unwritten = 0;
  readonly #context: MergeContext;

  constructor(context: MergeContext) {
    this.#context = context;
  }

  /** Whether the break before the event stays open; if not, its row has to be written now. */
  open(stream: MergedStream, event: EventFrame, gap: GapRecord): boolean {
    const found = repairable(stream, event);
    if (found === undefined) return false;
    const { limits, nowUs } = this.#context;
    if (stream.breaks.length >= limits.openBreaksMax) return false;
    stream.breaks.push(new OpenBreak(gap, nowUs, found.intervalMs, [found.missing]));
    this.unwritten++;
    return true;
  }

  /** Passes on the rows that are missing, and closes the breaks that miss nothing any more. */
  rows(stream: MergedStream, record: BatchRecord): void {
    const { counters, output } = this.#context;
    output.drop();
    const { rows, openBars } = this.#read(stream, record);
    const kept = rows.filter((row, at) => isTaken(stream.breaks, row, rows[at - 1]));
    counters.repairRowsDropped += openBars + rows.length - kept.length;
    if (kept.length > 0) output.write(record, Buffer.from(JSON.stringify(kept.map(({ value }) => value))));
    for (const open of stream.breaks.filter(({ missing }) => missing.length === 0)) this.#close(stream, open);
  }

  /** Journal time went on. */
  expire(stream: MergedStream): void {
    const { limits, nowUs } = this.#context;
    for (const open of [...stream.breaks]) {
      const ageMs = (nowUs - open.openedAtUs) / 1000;
      if (ageMs >= limits.repairTimeoutMs) this.write(open);
      if (ageMs >= limits.repairExpiryMs) remove(stream, open);
    }
  }

  /** Writes the row without healing, unless that was done. */
  write(open: OpenBreak): void {
    if (open.isWritten) return;
    open.isWritten = true;
    this.unwritten--;
    this.#context.gapRow(open.gap);
  }

  #close(stream: MergedStream, open: OpenBreak): void {
    remove(stream, open);
    if (open.isIncomplete) return this.write(open);
    if (!open.isWritten) this.unwritten--;
    const healed: GapRecord = { ...open.gap, healedBy: 'rest' };
    this.#context.counters.healed++;
    this.#context.handlers.healed?.(healed);
    this.#context.gapRow(healed);
  }

  #read(stream: MergedStream, record: BatchRecord): ReturnType<typeof readRestRows> {
    try {
      if (stream.kind !== 'aggtrade' && stream.kind !== 'kline')
        throw new RestRowsError(`nothing of ${stream.key} is repaired by rest`);
      const text = record.bytes.toString('utf8', record.payloadStart, record.payloadEnd);
      return readRestRows(text, stream.kind, record.receivedAtUs);
    } catch (error) {
      if (!(error instanceof RestRowsError)) throw error;
      this.#context.damagedRecord(error.message);
      return { rows: [], openBars: 0 };
    }
  }
}

/** Whether any break misses the row; what lies between it and the one before it does not exist. */
function isTaken(breaks: readonly OpenBreak[], row: RestRow, before: RestRow | undefined): boolean {
  let isMissing = false;
  for (const open of breaks) {
    if (before !== undefined) open.jump(before.to + 1, row.from - 1);
    isMissing = open.take(row) || isMissing;
  }
  return isMissing;
}

function remove(stream: MergedStream, open: OpenBreak): void {
  stream.breaks.splice(stream.breaks.indexOf(open), 1);
}
