import type { BudgetState } from '@org/binance-client';
import type { JournalReport, ProcessFigures } from '../../control/messages.ts';
import type { LogCounters } from '../../logging/recorder-log.ts';
import type { Figures } from '../figures.ts';
import type { RecorderTotals } from '../recorder-totals.ts';
import type { RecorderStatus } from '../recorder-status.ts';

/** All that metrics are made of, at one moment. */
export interface MetricsView {
  readonly version: string;
  readonly market: string;
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly status: RecorderStatus & { readonly obstacles: readonly string[] };
  readonly logs: LogCounters;
  readonly totals: RecorderTotals;
  readonly figures: Figures;
  /** By id, `primary` included; undefined for a process that has not reported. */
  readonly processFigures: (id: string) => ProcessFigures | undefined;
  /** Undefined while there is no writer. */
  readonly journal: JournalReport | undefined;
  /** Undefined where it cannot be read. */
  readonly budget: BudgetState | undefined;
}

/** One value and what tells it apart from others of its metric. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with its values; the name says the unit, as Prometheus wants it (prometheus.io/docs/practices/naming). */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly samples: readonly Sample[];
}

/** A value that is not told apart from others. */
export function plain(value: number): Sample[] {
  return [{ labels: {}, value }];
}
