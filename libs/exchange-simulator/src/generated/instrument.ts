import { unitsToDecimal } from '@org/market-data';
import type { SymbolRules } from '../market-source.ts';
import { seededRandom } from '../random.ts';

/** What a made-up symbol trades in. Prices are whole ticks, quantities whole steps. */
export interface Instrument extends SymbolRules {
  /** A tick in units of the last price decimal: 10 where prices are written `83680.00` and move by `0.10`. */
  readonly tickUnits: number;
  readonly firstPriceTicks: number;
  /** Typical quantity that rests on a level. */
  readonly levelQuantitySteps: number;
}

/** Tick and step as USDⓈ-M listed them in 2026, prices of the same order of magnitude. */
const KNOWN: Readonly<
  Record<
    string,
    readonly [priceDecimals: number, tickUnits: number, quantityDecimals: number, firstPriceTicks: number]
  >
> = {
  BTCUSDT: [2, 10, 3, 861_178],
  ETHUSDT: [2, 1, 3, 342_498],
  BNBUSDT: [3, 10, 2, 61_250],
  SOLUSDT: [4, 100, 2, 18_340],
  XRPUSDT: [4, 1, 1, 23_415],
};

/** Any other symbol gets a plausible shape that depends on its name alone. */
function unknownShape(symbol: string): (typeof KNOWN)[string] {
  const random = seededRandom(symbol);
  return [3 + random.below(3), 1, random.below(3), 8_000 + random.below(60_000)];
}

export function instrumentOf(symbol: string): Instrument {
  const [priceDecimals, tickUnits, quantityDecimals, firstPriceTicks] = KNOWN[symbol] ?? unknownShape(symbol);
  return {
    symbol,
    pair: symbol,
    priceDecimals,
    quantityDecimals,
    tickUnits,
    tickSize: unitsToDecimal(tickUnits, priceDecimals),
    stepSize: unitsToDecimal(1, quantityDecimals),
    firstPriceTicks,
    levelQuantitySteps: 40 + 20 * quantityDecimals * quantityDecimals,
  };
}
