import type { Clock } from '@org/binance-client';
import type { BookAnswer, PrimaryMessage } from '../control/messages.ts';

const ANSWER_TIMEOUT_MS = 2000;

/** Who asks again within this time gets the same answer: pages that are open many times cost the books nothing more. */
const TOPS_AGE_MAX_MS = 500;

type DeskClock = Pick<Clock, 'setTimeout' | 'clearTimeout' | 'nowMs'>;

/** Passes questions for books on to the order-book manager and its answers back. */
export class BookDesk {
  readonly #ask: (query: PrimaryMessage) => void;
  readonly #clock: DeskClock;
  readonly #books = new Map<number, (answer: BookAnswer) => void>();
  readonly #tops = new Map<number, (answers: readonly BookAnswer[] | undefined) => void>();
  #lastRequestId = 0;
  #latestTops:
    { readonly atMs: number; readonly answers: Promise<readonly BookAnswer[] | undefined> } | undefined;

  constructor(ask: (query: PrimaryMessage) => void, clock: DeskClock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  query(symbol: string, depth: number): Promise<BookAnswer> {
    const unavailable = { symbol, unavailable: `no answer within ${ANSWER_TIMEOUT_MS} ms` };
    return this.#request<BookAnswer>(this.#books, unavailable, (requestId) => ({
      type: 'book-query',
      requestId,
      symbol,
      depth,
    }));
  }

  /** The best level of every book, half a second old at most; undefined when nobody answers. */
  tops(): Promise<readonly BookAnswer[] | undefined> {
    const nowMs = this.#clock.nowMs();
    if (this.#latestTops === undefined || nowMs - this.#latestTops.atMs > TOPS_AGE_MAX_MS) {
      const answers = this.#request<readonly BookAnswer[] | undefined>(
        this.#tops,
        undefined,
        (requestId) => ({
          type: 'tops-query',
          requestId,
        }),
      );
      this.#latestTops = { atMs: nowMs, answers };
    }
    return this.#latestTops.answers;
  }

  answered(requestId: number, answer: BookAnswer): void {
    this.#books.get(requestId)?.(answer);
  }

  topsAnswered(requestId: number, answers: readonly BookAnswer[]): void {
    this.#tops.get(requestId)?.(answers);
  }

  #request<Answer>(
    waiting: Map<number, (answer: Answer) => void>,
    timedOut: Answer,
    query: (requestId: number) => PrimaryMessage,
  ): Promise<Answer> {
    const requestId = ++this.#lastRequestId;
    return new Promise((resolve) => {
      const settle = (answer: Answer): void => {
        this.#clock.clearTimeout(timer);
        waiting.delete(requestId);
        resolve(answer);
      };
      const timer = this.#clock.setTimeout(() => settle(timedOut), ANSWER_TIMEOUT_MS);
      waiting.set(requestId, settle);
      this.#ask(query(requestId));
    });
  }
}
