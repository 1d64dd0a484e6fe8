/** What the merge waits for and keeps at most. Times are journal time, and count from the moment at which something began to wait. */
export interface MergeLimits {
  /** The lead may be so late behind another source that joins; then that one leads. Default 250. */
  readonly switchAfterMs: number;
  /** An event that does not join waits so long for a source that fills the hole; then it is a gap. Default 1500. */
  readonly holdMs: number;
  /** A source that delivered nothing for longer is not waited for. Default 5000. */
  readonly aliveMs: number;
  /** Events of one stream that are held; beyond, the stream is settled by force. Default 10,000. */
  readonly heldFramesMax: number;
  /** Bytes of held events over all streams; beyond, the stream that holds most is settled by force. Default 8 MiB. */
  readonly heldBytesMax: number;
  /** Repeats in a row, received after the last stored event, that are no overlap any more … Default 1000. */
  readonly repeatsMax: number;
  /** … when they go on for longer than this: the exchange counts from a lower id. Default 10,000. */
  readonly repeatSpanMs: number;
  /** The gap row of a break that REST can repair waits so long for the rows. Default 60,000. */
  readonly repairTimeoutMs: number;
  /** A repair is offered for so long: aggTrades by REST go back 48 h (developers.binance.com, seen 2026-11). Default 48 h. */
  readonly repairExpiryMs: number;
  /** Open breaks of one stream; beyond, the row is written at once and no repair is offered. Default 100. */
  readonly openBreaksMax: number;
  /** Sources remembered of one stream; beyond, the one that is silent for longest is forgotten. Default 16. */
  readonly sourcesMax: number;
}

export const MERGE_LIMITS: MergeLimits = {
  switchAfterMs: 250,
  holdMs: 1500,
  aliveMs: 5000,
  heldFramesMax: 10_000,
  heldBytesMax: 8 * 1024 * 1024,
  repeatsMax: 1000,
  repeatSpanMs: 10_000,
  repairTimeoutMs: 60_000,
  repairExpiryMs: 48 * 3_600_000,
  openBreaksMax: 100,
  sourcesMax: 16,
};
