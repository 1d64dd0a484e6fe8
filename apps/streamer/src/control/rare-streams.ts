import { streamKind } from '@org/market-data';

/** Liquidations may stay away for hours: nothing tells the silence of such a stream from quiet. */
export function isRareStream(stream: string): boolean {
  return streamKind(stream) === 'forceorder';
}
