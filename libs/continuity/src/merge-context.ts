import { Buffer } from 'node:buffer';
import { FrameFields } from '@org/binance-wire';
import type { GapRecord } from '@org/market-data';
import { RECORD_TYPE } from '@org/storage';
import { BatchOutput } from './batch-output.ts';
import { DayLedger } from './day-ledger.ts';
import { type MayCome, nothingElse } from './may-come.ts';
import type { MergeHandlers } from './merge-handlers.ts';
import type { MergeLimits } from './merge-limits.ts';
import { MergeCounters } from './merge-stats.ts';

/** What all parts of one merge share. */
export class MergeContext {
  /** Journal time: the greatest receipt time of any record since the clock was set back last. */
  nowUs = 0;
  readonly limits: MergeLimits;
  readonly handlers: MergeHandlers;
  readonly counters = new MergeCounters();
  readonly days: DayLedger;
  readonly output = new BatchOutput();
  /** For scans whose result is used at once. */
  readonly fields = new FrameFields();

  /** The store has rows of streams whose end is not in the state. */
  readonly isSeamUnknown: boolean;
  readonly mayCome: MayCome;

  constructor(
    limits: MergeLimits,
    handlers: MergeHandlers,
    isSeamUnknown: boolean,
    mayCome: MayCome = nothingElse,
  ) {
    this.limits = limits;
    this.mayCome = mayCome;
    this.handlers = handlers;
    this.isSeamUnknown = isSeamUnknown;
    this.days = new DayLedger(this, isSeamUnknown);
  }

  gapFound(gap: GapRecord): void {
    this.counters.gap(gap.stream);
    this.handlers.gap?.(gap);
  }

  gapRow(gap: GapRecord): void {
    const { stream, line, detectedAtUs } = gap;
    const meta = { type: RECORD_TYPE.gap, stream, receivedAtUs: detectedAtUs, line, connectionId: 0 };
    this.output.write(meta, Buffer.from(JSON.stringify(gap)));
  }

  damagedRecord(problem: string): void {
    this.counters.damagedRecords++;
    this.handlers.damaged?.(problem);
  }
}
