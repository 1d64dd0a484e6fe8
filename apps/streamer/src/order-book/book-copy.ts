import { Buffer } from 'node:buffer';
import { unitsToDecimal } from '@org/market-data';
import { padDecimals } from './level-text.ts';

interface Decimals {
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
}

/** A whole book at one moment, as integers: taken in microseconds, printed when there is time. */
export interface BookCopy {
  readonly symbol: string;
  readonly lastUpdateId: number;
  /** Of the last event in it. */
  readonly eventTimeMs: number | undefined;
  /** Ticks and units by turns, the best first. */
  readonly bids: Float64Array;
  readonly asks: Float64Array;
  /** What a tick and a unit are. */
  readonly scale: Decimals;
  /** How many decimals the exchange prints. */
  readonly printed: Decimals;
}

/** The copy as the body of a REST depth answer, in the exchange's own characters. */
export function printBook(copy: BookCopy): Buffer {
  const { symbol, lastUpdateId, eventTimeMs } = copy;
  const head = JSON.stringify({ lastUpdateId, E: eventTimeMs, symbol });
  const [bids, asks] = [printLevels(copy.bids, copy), printLevels(copy.asks, copy)];
  return Buffer.from(`${head.slice(0, -1)},"bids":[${bids}],"asks":[${asks}]}`);
}

function printLevels(levels: Float64Array, { scale, printed }: BookCopy): string {
  const texts: string[] = [];
  for (let at = 0; at < levels.length; at += 2) {
    const price = padDecimals(unitsToDecimal(levels[at]!, scale.priceDecimals), printed.priceDecimals);
    const quantity = unitsToDecimal(levels[at + 1]!, scale.quantityDecimals);
    texts.push(`["${price}","${padDecimals(quantity, printed.quantityDecimals)}"]`);
  }
  return texts.join(',');
}
