import type { GapRecord } from '@org/market-data';

/**
 * Why another source leads: the lead's next event does not join (`break`); it ended, was replaced or delivers nothing
 * (`gone`); it is behind for longer than `switchAfterMs` (`late`); too much was held (`overflow`); nobody joined and
 * the other one misses least (`gap`).
 */
export type SwitchReason = 'break' | 'gone' | 'late' | 'overflow' | 'gap';

export interface LeadSwitch {
  readonly stream: string;
  readonly fromLane: string;
  readonly toLane: string;
  readonly fromLine: number;
  readonly toLine: number;
  /** Order of the last event of the old lead. */
  readonly lastOrder: number;
  readonly why: SwitchReason;
}

/** For logs only: they are called again when entries are replayed. */
export interface MergeHandlers {
  gap?(gap: GapRecord): void;
  healed?(gap: GapRecord): void;
  switched?(leadSwitch: LeadSwitch): void;
  damaged?(problem: string): void;
}
