/** Levels of a depth message as a reader of bytes has found them: where their texts stand, and what they are in integers. */
export interface RawLevels {
  readonly bytes: Uint8Array;
  /** Four a level: where its price starts and ends in `bytes`, and its quantity. Bids first, then asks. */
  readonly offsets: Int32Array;
  readonly bidCount: number;
  readonly askCount: number;
  /**
   * The same levels in units of their last decimal, price and quantity by turns. Only there for a book with the decimals
   * below; where these are -1 they are not.
   */
  readonly ticks: Float64Array;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
}
