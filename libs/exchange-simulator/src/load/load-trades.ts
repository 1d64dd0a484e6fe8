import type { AggregateTrade } from '../generated/trade-feed.ts';
import type { CycleShape } from './depth-cycle.ts';

/** Single trades in each of four aggregates, one after the other: most have one, as on the exchange. */
const TRADES = [1, 2, 1, 3] as const;
const TRADES_BEFORE = [0, 1, 3, 4] as const;
const TRADES_PER_ROUND = 7;
/** Prices stay within so many ticks of the middle, quantities below so many steps. */
const TICKS_MAX = 5;
const STEPS_MAX = 4096;

/** Ids and times in milliseconds: whoever starts again later goes on above. */
const MS_PER_AGG_TRADE_ID = 10;
const MS_PER_TRADE_ID = 5;

/** Newest trades whose times are kept, for `GET aggTrades`. */
const TIMES_MAX = 20_000;

/** 32 bits that look like chance: the finalizer of MurmurHash3, in the public domain. */
function mixed(number: number): number {
  let bits = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** The aggregate trades of one symbol. All but its time follows from a trade's number, so only times are kept. */
export class LoadTrades {
  readonly #shape: CycleShape;
  readonly #firstAggTradeId: number;
  readonly #firstTradeId: number;
  #count = 0;
  #timesMs: number[] = [];

  constructor(shape: CycleShape, startTimeMs: number) {
    this.#shape = shape;
    this.#firstAggTradeId = Math.floor(startTimeMs / MS_PER_AGG_TRADE_ID);
    this.#firstTradeId = Math.floor(startTimeMs / MS_PER_TRADE_ID);
  }

  add(timeMs: number): AggregateTrade {
    this.#timesMs.push(timeMs);
    if (this.#timesMs.length > TIMES_MAX * 1.1) this.#timesMs = this.#timesMs.slice(-TIMES_MAX);
    return this.#trade(this.#count++, timeMs);
  }

  last(): AggregateTrade | undefined {
    return this.#count === 0 ? undefined : this.#trade(this.#count - 1, this.#timesMs.at(-1)!);
  }

  /** What is kept and passes, in the order of ids; `limit` from the front, or from the back. */
  select(
    wanted: (aggTradeId: number, timeMs: number) => boolean,
    limit: number,
    from: 'front' | 'back',
  ): readonly AggregateTrade[] {
    const first = this.#count - this.#timesMs.length;
    const numbers: number[] = [];
    this.#timesMs.forEach((timeMs, index) => {
      if (wanted(this.#firstAggTradeId + first + index, timeMs)) numbers.push(first + index);
    });
    const chosen = from === 'front' ? numbers.slice(0, limit) : numbers.slice(-limit);
    return chosen.map((number) => this.#trade(number, this.#timesMs[number - first]!));
  }

  #trade(number: number, tradeTimeMs: number): AggregateTrade {
    const { midUnits, tickUnits } = this.#shape;
    const bits = mixed(number);
    const firstTradeId =
      this.#firstTradeId + Math.floor(number / 4) * TRADES_PER_ROUND + TRADES_BEFORE[number & 3]!;
    return {
      aggTradeId: this.#firstAggTradeId + number,
      priceUnits: midUnits + ((bits % (2 * TICKS_MAX + 1)) - TICKS_MAX) * tickUnits,
      isBuyerMaker: (bits & 0x10000) !== 0,
      firstTradeId,
      lastTradeId: firstTradeId + TRADES[number & 3]! - 1,
      quantitySteps: 1 + ((bits >>> 17) & (STEPS_MAX - 1)),
      tradeTimeMs,
    };
  }
}
