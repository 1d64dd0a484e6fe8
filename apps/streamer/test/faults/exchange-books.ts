import { join } from 'node:path';
import { type Recorder, run } from '../process/recorder.ts';
import { type DepthMessage, depthMessages, knownPrices } from './depth-messages.ts';
import type { ExchangeProcess } from './exchange-process.ts';

type Levels = readonly (readonly [price: string, quantity: string])[];

/** A book at an update id, as the exchange or the recorder shows it. */
export interface ShownBook {
  readonly symbol: string;
  readonly lastUpdateId: number;
  readonly bids: Levels;
  readonly asks: Levels;
}

/** A whole book, told by its checksum. */
export interface SummedBook {
  readonly symbol: string;
  readonly lastUpdateId: number;
  readonly bids: number;
  readonly asks: number;
  readonly checksum: string;
}

/** What comparing books found. `compared` counts books and levels that had their equal. */
export interface BookComparison {
  readonly books: number;
  readonly levels: number;
  readonly differences: readonly string[];
}

/** The books of the exchange as they are now, its best thousand levels a side. */
export async function booksOfExchange(
  exchange: ExchangeProcess,
  symbols: readonly string[],
): Promise<ShownBook[]> {
  return Promise.all(
    symbols.map(async (symbol) => {
      const url = `${exchange.network.rest_url}/fapi/v1/depth?symbol=${symbol}&limit=1000`;
      return { symbol, ...((await (await fetch(url)).json()) as Omit<ShownBook, 'symbol'>) };
    }),
  );
}

/** The live books that the recorder shows. */
export async function booksOfRecorder(recorder: Recorder, symbols: readonly string[]): Promise<ShownBook[]> {
  return Promise.all(
    symbols.map(async (symbol) => {
      const { status, body } = await recorder.get(`/books/${symbol}?depth=1000`);
      if (status !== 200) throw new Error(`book of ${symbol}: ${status} ${JSON.stringify(body)}`);
      return body as ShownBook;
    }),
  );
}

/** Compares whole books; those whose id is not the end of a stored event are left out. */
export async function compareWholeBooks(data: string, books: readonly SummedBook[]): Promise<BookComparison> {
  const found = { books: 0, levels: 0, differences: [] as string[] };
  for (const { symbol, lastUpdateId, bids, asks, checksum } of books) {
    const stored = await storedBook<SummedBook>(data, symbol, lastUpdateId);
    if (stored.lastUpdateId !== lastUpdateId) continue;
    found.books++;
    if (stored.checksum === checksum) found.levels += bids + asks;
    else
      found.differences.push(
        `${symbol} ${lastUpdateId}: ${bids}/${asks} levels are stored as ${stored.bids}/${stored.asks}`,
      );
  }
  return found;
}

/**
 * Compares shown books with what the stored depth gives at their update ids, level by level, within the prices that the
 * stored snapshots cover. A book whose id is not the end of a stored event is left out.
 */
export async function compareBooks(data: string, shown: readonly ShownBook[]): Promise<BookComparison> {
  const found = { books: 0, levels: 0, differences: [] as string[] };
  const files = new Map<string, readonly DepthMessage[]>();
  for (const book of shown) {
    const { symbol, lastUpdateId } = book;
    const messages = files.get(symbol) ?? (await depthMessages(join(data, symbol)));
    files.set(symbol, messages);
    const known = knownPrices(messages, lastUpdateId);
    if (known === undefined) continue;
    const stored = await storedBook<{ lastUpdateId: number; top: Pick<ShownBook, 'bids' | 'asks'> }>(
      data,
      symbol,
      lastUpdateId,
    );
    if (stored.lastUpdateId !== lastUpdateId) {
      found.differences.push(`${symbol} ${lastUpdateId}: the stored book is at ${stored.lastUpdateId}`);
      continue;
    }
    found.books++;
    for (const side of ['bids', 'asks'] as const) {
      const [left, right] = [book[side], stored.top[side]];
      const limit = side === 'bids' ? known.lowest : known.highest;
      found.levels += compareSide(left, right, limit, (text) =>
        found.differences.push(`${symbol} ${lastUpdateId} ${side} ${text}`),
      );
    }
  }
  return found;
}

/** What the book inspector makes of the files, at the update id. */
async function storedBook<T>(data: string, symbol: string, updateId: number): Promise<T> {
  const flags = ['--symbol', symbol, '--data-dir', data, '--at', `u:${updateId}`, '--depth', '5000'];
  const { code, stdout, stderr } = await run('inspector', ['replay', ...flags, '--format', 'json']);
  if (code !== 0) throw new Error(`inspector: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Best first on both sides; compared down to the worst price that both know. Returns how many levels are equal. */
function compareSide(shown: Levels, stored: Levels, limit: number, differs: (text: string) => void): number {
  const sign = limit < Number(shown[0]?.[0] ?? limit) ? 1 : -1;
  const worst = sign * Math.max(sign * limit, sign * Number(shown.at(-1)?.[0] ?? limit));
  const inside = (levels: Levels): Map<number, number> =>
    new Map(
      levels.flatMap(([price, quantity]) =>
        sign * Number(price) >= sign * worst ? [[Number(price), Number(quantity)] as const] : [],
      ),
    );
  const [left, right] = [inside(shown), inside(stored)];
  let equal = 0;
  for (const price of new Set([...left.keys(), ...right.keys()])) {
    if (left.get(price) === right.get(price)) equal++;
    else differs(`${price}: ${left.get(price)} is stored as ${right.get(price)}`);
  }
  return equal;
}
