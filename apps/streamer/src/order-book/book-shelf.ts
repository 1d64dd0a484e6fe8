import type { Buffer } from 'node:buffer';
import type { Clock } from '@org/binance-client';
import { streamKind } from '@org/market-data';
import { type BatchRecord, readRecordBatch, RECORD_TYPE } from '@org/storage';
import type { BookAnswer, BookReport } from '../control/messages.ts';
import { errorFields, type Log } from '../logging/child-log.ts';
import { BookKeeper, type BookKeeperOptions } from './book-keeper.ts';
import type { BookOpenings } from './book-openings.ts';

export interface BookShelfOptions extends BookKeeperOptions {
  /** Whose books are kept; undefined: of every depth stream that comes, from its first message on. */
  readonly symbols: readonly string[] | undefined;
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout' | 'wallUs'>;
  readonly log: Log;
  readonly joined: (symbol: string) => void;
  readonly snapshotWanted: (symbol: string) => void;
  /** Told of every message before its book takes it. */
  readonly openings?: Pick<BookOpenings, 'meet'> | undefined;
  /** How long a book waits for a snapshot to come by itself before it asks for one. Default 2000. */
  readonly wishDelayMs?: number | undefined;
}

/** Books that open by themselves; more symbols than any market has. Beyond, a stream has no book, and the log says so. */
const BOOKS_MAX = 10_000;

/** The worker fetches a snapshot at the start and after every gap, and everybody who follows the stream gets it. */
const WISH_DELAY_MS = 2000;
const WISH_DELAY_MAX_MS = 60_000;

/** All live books of the process. */
export class BookShelf {
  readonly #options: BookShelfOptions;
  readonly #books = new Map<string, BookKeeper>();
  /** The book of each stream key that was met; undefined for a stream that is no depth, or of no book. */
  readonly #bookOf = new Map<string, BookKeeper | undefined>();
  readonly #wishes = new Map<string, ReturnType<Clock['setTimeout']>>();

  constructor(options: BookShelfOptions) {
    this.#options = options;
    this.keep(options.symbols ?? []);
  }

  /** Keeps books of these symbols from now on; those that are kept already stay as they are. */
  keep(symbols: readonly string[]): void {
    for (const symbol of this.#books.keys()) if (!symbols.includes(symbol)) this.#books.delete(symbol);
    for (const symbol of symbols) if (!this.#books.has(symbol)) this.#open(symbol);
    this.#bookOf.clear();
  }

  /** Keeps no books of these any more, unless they come again. */
  drop(symbols: readonly string[]): void {
    for (const symbol of symbols) this.#books.delete(symbol);
    this.#bookOf.clear();
  }

  take(batch: Buffer): void {
    readRecordBatch(batch, this.#visit);
  }

  answer(symbol: string, depth: number): BookAnswer {
    return this.#books.get(symbol)?.answer(depth, this.#options.clock.wallUs()) ?? noBook(symbol);
  }

  /** The best level of every book, in the exchange's own characters. */
  tops(): BookAnswer[] {
    const nowUs = this.#options.clock.wallUs();
    return [...this.#books.values()].map((book) => book.record(1, nowUs));
  }

  /** The answer as it is stored. */
  record(symbol: string, depth: number): BookAnswer {
    return this.#books.get(symbol)?.record(depth, this.#options.clock.wallUs()) ?? noBook(symbol);
  }

  reports(): BookReport[] {
    return [...this.#books.values()].map((book) => book.report());
  }

  /** The feed broke. What was wished for belonged to the feed before, and so did the patience. */
  restart(): void {
    this.stop();
    for (const book of this.#books.values()) book.restart();
  }

  stop(): void {
    for (const timer of this.#wishes.values()) this.#options.clock.clearTimeout(timer);
    this.#wishes.clear();
  }

  readonly #visit = (record: BatchRecord): void => {
    if (record.type !== RECORD_TYPE.frame && record.type !== RECORD_TYPE.depthSnapshot) return;
    const { stream } = record;
    let book = this.#bookOf.get(stream);
    if (book === undefined && !this.#bookOf.has(stream)) {
      const at = stream.indexOf('@');
      if (streamKind(stream.slice(at + 1)) === 'depth') book = this.#bookFor(stream.slice(0, at));
      this.#bookOf.set(stream, book);
    }
    if (book !== undefined) this.#record(book, record);
  };

  #bookFor(symbol: string): BookKeeper | undefined {
    const book = this.#books.get(symbol);
    if (book !== undefined || this.#options.symbols !== undefined) return book;
    if (this.#books.size < BOOKS_MAX) return this.#open(symbol);
    this.#options.log.error('TooManyBooks', { symbol, max: BOOKS_MAX });
    return undefined;
  }

  #open(symbol: string): BookKeeper {
    const book = new BookKeeper(symbol, this.#options, {
      joined: this.#options.joined,
      snapshotNeeded: () => this.#wishSoon(symbol),
    });
    this.#books.set(symbol, book);
    return book;
  }

  #record(book: BookKeeper, record: BatchRecord): void {
    const { stream, type, bytes, payloadStart, payloadEnd, receivedAtUs } = record;
    const payload = bytes.subarray(payloadStart, payloadEnd);
    try {
      this.#options.openings?.meet(book, record);
      if (type === RECORD_TYPE.frame) book.diff(payload, receivedAtUs);
      else book.snapshot(payload);
    } catch (error) {
      // One unreadable message costs one book its sync, never the others theirs.
      this.#options.log.warn('BookRestarted', { stream, ...errorFields(error) });
      book.restart();
    }
  }

  #wishSoon(symbol: string, delayMs = this.#options.wishDelayMs ?? WISH_DELAY_MS): void {
    if (this.#wishes.has(symbol)) return;
    const wish = (): void => {
      this.#wishes.delete(symbol);
      const book = this.#books.get(symbol);
      if (book === undefined || book.isLive) return;
      // A book that has its snapshot waits for its stream, and another snapshot would not make that speak.
      if (!book.isWaiting) this.#options.snapshotWanted(symbol);
      this.#wishSoon(symbol, Math.min(WISH_DELAY_MAX_MS, delayMs * 2));
    };
    this.#wishes.set(symbol, this.#options.clock.setTimeout(wish, delayMs));
  }
}

function noBook(symbol: string): BookAnswer {
  return { symbol, unavailable: 'no such book is kept' };
}
