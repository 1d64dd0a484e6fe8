import type { PriceLevel } from '@org/market-data';

/** The book became exact: the diff `firstUpdateId`..`finalUpdateId` joined the snapshot at `lastUpdateId`. */
export interface SyncedEvent {
  readonly type: 'synced';
  readonly lastUpdateId: number;
  readonly firstUpdateId: number;
  readonly finalUpdateId: number;
  /** Receipt of the message that completed the join, be it the diff or the snapshot. */
  readonly receivedAtUs: number;
}

/**
 * Ids are missing between `lastUpdateId`, the last one applied, and the diff that revealed it, whose `pu` is
 * `previousFinalUpdateId` (on spot `U - 1`).
 */
export interface GapEvent {
  readonly type: 'gap';
  readonly lastUpdateId: number;
  readonly previousFinalUpdateId: number;
  readonly firstUpdateId: number;
  readonly finalUpdateId: number;
  /** Receipt of the last message before the gap, and of the diff that revealed it. */
  readonly lastReceivedAtUs: number;
  readonly receivedAtUs: number;
  /** Present where not the ids broke but the diff itself could not be applied. */
  readonly reason?: 'malformed';
}

export type ReplayEvent = SyncedEvent | GapEvent;

/**
 * - `live`: a diff has joined the snapshot, the book is exact at `lastUpdateId`.
 * - `waiting`: the book is a snapshot that no diff has joined.
 * - `unproven`: in sync by its ids, but a message with damaged rows was applied and no snapshot came since, so levels
 *   may be missing or old.
 * - `gap`: the recording ended, or was stopped, out of sync; the book is the last exact one, from before the gap.
 */
export type BookState = 'live' | 'waiting' | 'unproven' | 'gap';

/** A file, and what of it could not be read. */
export interface Damage {
  readonly file: string;
  readonly problem: string;
}

/** What a replay found out, as text and JSON show it. Times are microseconds since the epoch. */
export interface ReplayView {
  readonly symbol: string;
  /** Files that were opened. */
  readonly files: number;
  /** Depth diffs read; always `applied + stale + pending + dropped + refused`. */
  readonly messages: number;
  readonly applied: number;
  /** Diffs that the book held already: covered by its snapshot or applied before. */
  readonly stale: number;
  /** Snapshots read, those included that were not needed. */
  readonly snapshots: number;
  readonly gaps: number;
  /** The last applied `u`; the id of the snapshot when no diff followed it. */
  readonly lastUpdateId: number;
  /** Number of levels. */
  readonly bids: number;
  readonly asks: number;
  /** Price and quantity without trailing zeros. */
  readonly bestBid: PriceLevel | null;
  readonly bestAsk: PriceLevel | null;
  readonly top: { readonly bids: readonly PriceLevel[]; readonly asks: readonly PriceLevel[] };
  /** sha256 over all levels, see `OrderBook.checksum`. */
  readonly checksum: string;
  readonly elapsedMs: number;
  readonly state: BookState;
  /** The update id of the first damaged message in the book; null while every level is proven. */
  readonly unprovenSince: number | null;
  /** Receipt of the message that the book last changed with. */
  readonly receivedAtUs: number;
  /** Whether the best bid is at or above the best ask. */
  readonly crossed: boolean;
  /** Diffs that wait for a snapshot at the end. */
  readonly pending: number;
  /** Diffs that waited for a snapshot when the buffer was full. */
  readonly dropped: number;
  /** Diffs with a level that is no pair of decimals; each of them is a gap. */
  readonly refused: number;
  /** Joins and gaps in order, the first {@link EVENTS_MAX}. */
  readonly events: readonly ReplayEvent[];
  readonly eventsLeftOut: number;
  /** Broken rows or lines that were left out. */
  readonly rejected: number;
  /** What was wrong with the files, the first {@link DAMAGE_MAX} findings. */
  readonly damaged: readonly Damage[];
}

/** Events kept; the counters go on. */
export const EVENTS_MAX = 10_000;

/** Findings about files kept; the counters go on. */
export const DAMAGE_MAX = 100;
