import type { LoadKind } from './load-symbol.ts';

/** What a load has done until now. */
export interface LoadReport {
  /** Ms since the epoch of the first depth subscription, at which it began; undefined before it. */
  readonly startedAtMs: number | undefined;
  /** Messages that were due and made, heard by somebody or not. */
  readonly made: number;
  /** Of these, the ones that nobody was subscribed to. */
  readonly unheard: number;
  /** The others by kind: what at least one connection was subscribed to. */
  readonly sent: Readonly<Record<LoadKind, number>>;
  /** The longest that a message was late. */
  readonly behindMs: number;
}
