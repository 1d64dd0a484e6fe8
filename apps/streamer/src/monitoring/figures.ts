import type { ChildReport, DurationCounts, QueueReport } from '../control/messages.ts';
import { addDurations } from './duration-buckets.ts';

/** Each name with its counts by label; the label of what is not told apart is ''. */
type Tallies<Name extends string> = Readonly<Record<Name, Readonly<Record<string, number>>>>;

/** What children count and the status does not show. */
export interface Figures {
  readonly counters: Tallies<
    'refusedBatches' | 'spoolFailures' | 'gapsByReason' | 'healedGaps' | 'duplicateBatches' | 'openings'
  >;
  readonly durations: Readonly<
    Record<
      /** By role, by kind of stream, and not told apart. */
      'loopLag' | 'eventToReceipt' | 'journalCommit' | 'receiptToDurable',
      Readonly<Record<string, DurationCounts>>
    >
  >;
}

export const NO_FIGURES: Figures = {
  counters: { refusedBatches: {}, spoolFailures: {}, gapsByReason: {}, healedGaps: {}, duplicateBatches: {}, openings: {} }, // prettier-ignore
  durations: { loopLag: {}, eventToReceipt: {}, journalCommit: {}, receiptToDurable: {} },
};

export function addFigures(left: Figures, right: Figures): Figures {
  return {
    counters: mergeEach(left.counters, right.counters, (a, b) => (a ?? 0) + b),
    durations: mergeEach(left.durations, right.durations, addDurations),
  };
}

/** What one child counted in its life. */
export function figuresOf(report: ChildReport): Figures {
  const { role, queues, figures } = report;
  return {
    counters: {
      ...NO_FIGURES.counters,
      refusedBatches: { [role]: sumOf(queues, 'refusedBatches') },
      spoolFailures: { [role]: sumOf(queues, 'spoolFailures') },
      ...writerCounters(report),
    },
    durations: {
      ...NO_FIGURES.durations,
      loopLag: figures === undefined ? {} : { [role]: figures.loopLag },
      ...roleDurations(report),
    },
  };
}

function writerCounters(report: ChildReport): Partial<Figures['counters']> {
  if (report.role !== 'writer') return {};
  const { journal, figures, openings } = report;
  return {
    duplicateBatches: { '': journal.duplicates },
    gapsByReason: figures?.gapsByReason ?? {},
    healedGaps: { '': figures?.healedGaps ?? 0 },
    openings: { written: openings.written, missing: openings.missing },
  };
}

function roleDurations({ role, figures }: ChildReport): Partial<Figures['durations']> {
  if (figures === undefined) return {};
  switch (role) {
    case 'worker':
      return 'eventToReceipt' in figures ? { eventToReceipt: figures.eventToReceipt } : {};
    case 'writer':
      if (!('journalCommit' in figures)) return {};
      return {
        journalCommit: { '': figures.journalCommit },
        receiptToDurable: { '': figures.receiptToDurable },
      };
    case 'order-book':
    case 'sink':
    case 'forwarder':
    case 'partition-writer':
    case 'partition-follower':
      return {};
  }
}

function sumOf(queues: readonly QueueReport[], name: 'refusedBatches' | 'spoolFailures'): number {
  return queues.reduce((total, queue) => total + queue[name], 0);
}

type Labelled<Value> = Readonly<Record<string, Value>>;

function mergeEach<Name extends string, Value>(
  left: Readonly<Record<Name, Labelled<Value>>>,
  right: Readonly<Record<Name, Labelled<Value>>>,
  add: (left: Value | undefined, right: Value) => Value,
): Readonly<Record<Name, Labelled<Value>>> {
  const names = Object.keys(right) as Name[];
  return Object.fromEntries(names.map((name) => [name, mergeLabels(left[name], right[name], add)])) as Record<
    Name,
    Labelled<Value>
  >;
}

function mergeLabels<Value>(
  left: Labelled<Value>,
  right: Labelled<Value>,
  add: (left: Value | undefined, right: Value) => Value,
): Labelled<Value> {
  const merged: Record<string, Value> = { ...left };
  for (const [label, value] of Object.entries(right)) merged[label] = add(left[label], value);
  return merged;
}
