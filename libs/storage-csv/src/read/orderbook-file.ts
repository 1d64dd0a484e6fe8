import type { PriceLevel } from '@org/market-data';
import { CsvRowError, type CsvRow } from './csv-row.ts';
import { visitCsvRows } from './csv-rows.ts';
import type { DepthReadOptions } from './depth-message.ts';

/** Levels a side; the configuration allows far fewer. */
const LEVELS_MAX = 100_000;

/** The top of a book as of one update id. */
export interface BookBlock {
  /** Line on which it begins, from 1; the header is line 1. */
  readonly line: number;
  readonly receivedAtUs: number;
  readonly lastUpdateId: number;
  /** Best first. */
  readonly bids: readonly PriceLevel[];
  readonly asks: readonly PriceLevel[];
  /** Nothing follows: its writer may be at work on it. */
  readonly isLast: boolean;
}

/** Hands over the blocks of an orderbook file; see `visitMarketFile` for errors and memory. */
export async function visitOrderbookFile(
  path: string,
  visit: (block: BookBlock) => void,
  options: DepthReadOptions = {},
): Promise<void> {
  let open: OpenBlock | undefined;
  await visitCsvRows(
    path,
    'orderbook',
    (row) => {
      if (open?.holds(row) === true) return open.add(row);
      if (open !== undefined) visit(open.block(false));
      open = undefined;
      const begun = new OpenBlock(row);
      begun.add(row);
      open = begun;
    },
    options,
  );
  if (open !== undefined) visit(open.block(true));
}

class OpenBlock {
  readonly #line: number;
  readonly #receivedAtUs: number;
  readonly #lastUpdateId: number;
  readonly #bids: PriceLevel[] = [];
  readonly #asks: PriceLevel[] = [];

  constructor(row: CsvRow) {
    this.#line = row.line;
    this.#receivedAtUs = row.integer(0);
    this.#lastUpdateId = row.integer(2);
  }

  holds(row: CsvRow): boolean {
    return row.integer(2) === this.#lastUpdateId && row.integer(0) === this.#receivedAtUs;
  }

  /** Throws for a row that is not the next one of the block, which then lacks it. */
  add(row: CsvRow): void {
    const side = row.text(3);
    if (side !== 'bid' && side !== 'ask')
      throw new CsvRowError(`expected side bid or ask, was ${JSON.stringify(side)}`);
    if (side === 'bid' && this.#asks.length > 0)
      throw new CsvRowError('expected an ask behind asks, was a bid');
    const levels = side === 'bid' ? this.#bids : this.#asks;
    const level = row.integer(4);
    if (level !== levels.length || level >= LEVELS_MAX)
      throw new CsvRowError(`expected ${side} level ${levels.length}, was ${level}`);
    levels.push([row.text(5), row.text(6)]);
  }

  block(isLast: boolean): BookBlock {
    return {
      line: this.#line,
      receivedAtUs: this.#receivedAtUs,
      lastUpdateId: this.#lastUpdateId,
      bids: this.#bids,
      asks: this.#asks,
      isLast,
    };
  }
}
