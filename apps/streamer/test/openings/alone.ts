import { LiveBook } from '@org/orderbook';
import { type DepthMessage, readDepthFile } from '@org/storage-csv';

/** Levels as the exchange printed them: a model of a book that never makes a number of a text. */
export class TextBook {
  readonly #levels = { bid: new Map<string, string>(), ask: new Map<string, string>() };

  replace(levels: Levels): void {
    this.#levels.bid.clear();
    this.#levels.ask.clear();
    this.apply(levels);
  }

  apply({ bids, asks }: Levels): void {
    for (const [side, changes] of [
      ['bid', bids],
      ['ask', asks],
    ] as const)
      // prettier-ignore
      for (const [price, quantity] of changes)
        if (/^[0.]*$/.test(quantity)) this.#levels[side].delete(price);
        else this.#levels[side].set(price, quantity);
  }

  lines(): string[] {
    const { bid, ask } = this.#levels;
    return linesOf({ bids: [...bid], asks: [...ask] });
  }
}

export interface Levels {
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
}

/** The levels, in an order of their own. */
export function linesOf({ bids, asks }: Levels): string[] {
  const lines = [...bids.map((level) => `bid ${level.join(' ')}`), ...asks.map((level) => `ask ${level.join(' ')}`)]; // prettier-ignore
  return lines.sort();
}

export async function messagesOf(path: string, symbol: string): Promise<DepthMessage[]> {
  const messages: DepthMessage[] = [];
  for await (const message of readDepthFile(path, { symbol })) messages.push(message);
  return messages;
}

export function takeAll(book: LiveBook, messages: readonly DepthMessage[]): void {
  for (const message of messages)
    if (message.type === 'snapshot') book.snapshot(message.snapshot);
    else book.diff(message.diff);
}

/** What a file gives that is replayed without any other. */
export function replayAlone(symbol: string, messages: readonly DepthMessage[]): LiveBook {
  const book = new LiveBook(symbol);
  takeAll(book, messages);
  return book;
}
