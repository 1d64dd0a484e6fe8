import { Buffer } from 'node:buffer';
import { FrameFields, scanDepthSnapshot, scanFrame, SLOT } from '@org/binance-wire';
import { BookSync, OrderBook } from '@org/orderbook';
import type { DepthIds } from '@org/orderbook';
import type { PriceLevel } from '@org/market-data';
import type { BookState, SymbolRules } from '../market-source.ts';
import type { Product } from '../product.ts';

/** A diff that was sent: its ids, and the frame that holds its levels. */
interface SentDiff extends DepthIds {
  readonly frame: Buffer;
}

interface RecordedSnapshot {
  readonly lastUpdateId: number;
  readonly body: Buffer;
}

/**
 * The book of one recorded symbol as it was at its last sent diff, kept by the exchange's own rule. It is unknown until
 * a snapshot was recorded, and again from a hole in the recorded ids to the next snapshot.
 */
export class RecordedBook {
  readonly #rules: SymbolRules;
  readonly #product: Product;
  readonly #book: OrderBook;
  readonly #sync: BookSync<SentDiff, RecordedSnapshot>;
  readonly #fields = new FrameFields();
  /** `E` and `T` of what the book last took. */
  #times: { eventTimeMs: number | undefined; transactionTimeMs: number | undefined } = {
    eventTimeMs: undefined,
    transactionTimeMs: undefined,
  };

  constructor(rules: SymbolRules, product: Product) {
    this.#rules = rules;
    this.#product = product;
    this.#book = new OrderBook({
      priceDecimals: rules.priceDecimals,
      quantityDecimals: rules.quantityDecimals,
    });
    this.#sync = new BookSync({
      applySnapshot: ({ body }) => {
        scanDepthSnapshot(body, this.#fields);
        this.#book.clear();
        this.#takeLevels();
      },
      applyDiff: ({ frame }) => {
        if (this.#fields.bytes !== frame) scanFrame(frame, this.#fields);
        this.#takeLevels();
      },
    });
  }

  get isKnown(): boolean {
    return this.#sync.state !== 'buffering';
  }

  /** Takes a diff that is sent now and tells its `u`; undefined for a frame that is none. Throws what the scan throws. */
  diff(frame: Buffer): number | undefined {
    const fields = this.#fields;
    if (scanFrame(frame, fields) !== 'depthUpdate') return undefined;
    const finalUpdateId = fields.integer(SLOT.u);
    const previousFinalUpdateId = fields.integerOrUndefined(SLOT.pu);
    this.#sync.diff({ firstUpdateId: fields.integer(SLOT.U), finalUpdateId, previousFinalUpdateId, frame });
    return finalUpdateId;
  }

  /** Takes the body of a recorded depth answer. Throws what the scan throws. */
  snapshot(body: Buffer): void {
    scanDepthSnapshot(body, this.#fields);
    this.#sync.snapshot({ lastUpdateId: this.#fields.integer(SLOT.lastUpdateId), body });
  }

  /** The body of a depth answer in the writing of the exchange; only while {@link isKnown}. */
  depthBody(limit: number): Buffer {
    const { market } = this.#product;
    const { eventTimeMs, transactionTimeMs } = this.#times;
    const { symbol, pair } = this.#rules;
    const { bids, asks } = this.#book.top(limit);
    return Buffer.from(
      JSON.stringify({
        lastUpdateId: this.#sync.lastUpdateId,
        ...(market === 'spot' ? {} : { E: eventTimeMs, T: transactionTimeMs }),
        ...(market === 'coinm' ? { symbol, pair } : {}),
        bids: this.#written(bids),
        asks: this.#written(asks),
      }),
    );
  }

  /** All levels, or undefined while the book is unknown. */
  state(): BookState | undefined {
    const { lastUpdateId } = this.#sync;
    if (lastUpdateId === undefined) return undefined;
    const [bids, asks] = [[...this.#book.levels('bid')], [...this.#book.levels('ask')]];
    return { symbol: this.#rules.symbol, lastUpdateId, bids, asks };
  }

  #takeLevels(): void {
    const { bytes, levels, bidCount, askCount } = this.#fields;
    for (let index = 0, at = 0; index < bidCount + askCount; index++, at += 4) {
      const side = index < bidCount ? 'bid' : 'ask';
      this.#book.setLevelBytes(side, bytes, levels[at]!, levels[at + 1]!, levels[at + 2]!, levels[at + 3]!);
    }
    this.#times = {
      eventTimeMs: this.#fields.integerOrUndefined(SLOT.E),
      transactionTimeMs: this.#fields.integerOrUndefined(SLOT.T),
    };
  }

  /** The book prints decimals without trailing zeros; the exchange writes all of them. */
  #written(levels: readonly PriceLevel[]): PriceLevel[] {
    const { priceDecimals, quantityDecimals } = this.#rules;
    return levels.map(([price, quantity]) => [
      padded(price, priceDecimals),
      padded(quantity, quantityDecimals),
    ]);
  }
}

function padded(text: string, decimals: number): string {
  const point = text.indexOf('.');
  if (point < 0) return decimals === 0 ? text : `${text}.${'0'.repeat(decimals)}`;
  return text.padEnd(point + 1 + decimals, '0');
}
