import { Buffer } from 'node:buffer';
import type { Clock } from '@org/binance-client';
import { type BatchRecord, RECORD_TYPE } from '@org/storage';
import type { OpeningFolder, OpeningPlace, Periods } from '@org/storage-csv';
import { errorFields, type Log } from '../logging/child-log.ts';
import { type BookCopy, printBook } from './book-copy.ts';
import type { BookKeeper } from './book-keeper.ts';

/** Copies that wait to be written. A book of 3000 levels takes 48 KB, so this is all of an exchange four times. */
const WAITING_BYTES_MAX = 128 * 1024 * 1024;
/** Openings that wait, those without a book among them: more than all symbols in two periods. */
const WAITING_MAX = 4096;
const NO_BOOK = Buffer.alloc(0);

export interface BookOpeningsOptions {
  readonly periods: Periods;
  readonly folder: Pick<OpeningFolder, 'put'>;
  /** Tells this process apart from all others that write into the folder: up to 20 letters and digits. */
  readonly token: string;
  readonly log: Log;
  /** The file will have no snapshot unless one is fetched, and the book itself will not ask for one. */
  readonly snapshotWanted: (symbol: string) => void;
}

/**
 * Puts the book of each stream that enters a new period where the sink looks for it. It is taken right before the first
 * message of the period, and written when its turn comes: at midnight all books are asked for at once.
 */
export class BookOpenings {
  readonly #options: BookOpeningsOptions;
  readonly #waiting: { readonly place: OpeningPlace; readonly copy: BookCopy | undefined }[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;

  constructor(options: BookOpeningsOptions) {
    this.#options = options;
  }

  /** Called with every depth message before the book takes it. */
  meet(
    book: BookKeeper,
    { type, receivedAtUs, follows }: Pick<BatchRecord, 'type' | 'receivedAtUs' | 'follows'>,
  ): void {
    const { periods } = this.#options;
    const period = periods.index(receivedAtUs);
    if (!book.enters(period)) return;
    const isExact = type === RECORD_TYPE.depthSnapshot ? book.isLive : book.lastUpdateId === follows;
    this.#add({ symbol: book.symbol, period: periods.name(period) }, isExact ? book.copy() : undefined);
    // Its snapshot lies in the file before and reaches into this one, so the message will bring it in sync.
    if (book.isWaiting && !isExact) this.#options.snapshotWanted(book.symbol);
  }

  /** Resolves when everything is written, or the time is up. */
  async finish(timeoutMs: number, clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>): Promise<void> {
    let timer: ReturnType<Clock['setTimeout']>;
    const timedOut = new Promise<void>((resolve) => (timer = clock.setTimeout(resolve, timeoutMs)));
    await Promise.race([this.#writing, timedOut]);
    clock.clearTimeout(timer!);
  }

  #add(place: OpeningPlace, copy: BookCopy | undefined): void {
    const waiting = this.#waiting.length;
    const waitingBytes = this.#waitingBytes + bytesOf(copy);
    if (waiting >= WAITING_MAX || waitingBytes > WAITING_BYTES_MAX) {
      this.#options.log.warn('OpeningSkipped', { ...place, waiting, waitingBytes });
      return;
    }
    this.#waitingBytes = waitingBytes;
    this.#waiting.push({ place, copy });
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#write(next.place, next.copy);
      this.#waitingBytes -= bytesOf(next.copy);
    }
    this.#writing = undefined;
  }

  async #write(place: OpeningPlace, copy: BookCopy | undefined): Promise<void> {
    const { folder, token, log } = this.#options;
    try {
      await folder.put(place, copy === undefined ? NO_BOOK : printBook(copy), token);
    } catch (error) {
      log.warn('OpeningFailed', { ...place, ...errorFields(error) });
    }
  }
}

function bytesOf(copy: BookCopy | undefined): number {
  return copy === undefined ? 0 : copy.bids.byteLength + copy.asks.byteLength;
}
