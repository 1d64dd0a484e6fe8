/** The update ids of a depth diff. */
export interface DepthIds {
  /** `U`, the first id that the diff covers. */
  readonly firstUpdateId: number;
  /** `u`, the last id that the diff covers. */
  readonly finalUpdateId: number;
  /** `pu`, the `u` of the diff before. Undefined on spot, where the rule makes it `U - 1`. */
  readonly previousFinalUpdateId: number | undefined;
}

/** The id that the diff follows: `pu`, on spot `U - 1`. */
export function previousUpdateId(ids: DepthIds): number {
  return ids.previousFinalUpdateId ?? ids.firstUpdateId - 1;
}

/**
 * What a diff is to a snapshot at `snapshotId` that no diff has joined yet. Product differences are marked.
 *
 * - `covered`: the snapshot holds it already: `u < L`; on spot also `u == L`.
 * - `join`: it takes the book from the snapshot to its own `u`: `pu <= L < u`; on futures also `u == L`, a repeat that is
 *   harmless because quantities are absolute, and that may carry levels beyond the 1000 of the snapshot.
 * - `behind`: ids between the snapshot and the diff are missing: `pu > L`.
 *
 * Contains the documented rules, futures "drop u < lastUpdateId, first U <= lastUpdateId <= u" and spot "drop
 * u <= lastUpdateId, first U <= lastUpdateId + 1 <= u", and adds the snapshot that lies exactly between two diffs, where
 * nothing has `U <= L` and the right diff has `pu == L`. Reasons and evidence: docs/adr/0001-update-id-rule.md.
 * Sources: https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/How-to-manage-a-local-order-book-correctly
 * and https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#how-to-manage-a-local-order-book-correctly,
 * seen 2026-11.
 */
export function judgeFirst(ids: DepthIds, snapshotId: number): 'covered' | 'join' | 'behind' {
  if (ids.finalUpdateId < snapshotId) return 'covered';
  if (ids.finalUpdateId === snapshotId) return ids.previousFinalUpdateId === undefined ? 'covered' : 'join';
  return previousUpdateId(ids) <= snapshotId ? 'join' : 'behind';
}

/**
 * What a diff is to a book that is exact at `lastUpdateId`: `covered` when it was applied before (`u <= last`, as from a
 * connection that overlaps), `next` when it follows without a break (`pu == last`), else `gap`.
 */
export function judgeNext(ids: DepthIds, lastUpdateId: number): 'covered' | 'next' | 'gap' {
  if (ids.finalUpdateId <= lastUpdateId) return 'covered';
  return previousUpdateId(ids) === lastUpdateId ? 'next' : 'gap';
}
