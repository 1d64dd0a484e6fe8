import type { PriceLevel } from '@org/market-data';

/** Levels as a frame carries them: bytes, and four offsets a level, the bids first. */
export interface LevelBytes {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
}

export function levelBytes(bids: readonly PriceLevel[], asks: readonly PriceLevel[]): LevelBytes {
  const offsets: number[] = [];
  let text = '';
  for (const [price, quantity] of [...bids, ...asks]) {
    for (const one of [price, quantity]) {
      text += '"';
      offsets.push(text.length, text.length + one.length);
      text += `${one}",`;
    }
  }
  return { bytes: Buffer.from(text, 'latin1'), offsets: Int32Array.from(offsets) };
}
