import type { Clock } from '@org/binance-client';
import type { BookAnswer, PrimaryMessage } from '../control/messages.ts';

const ANSWER_TIMEOUT_MS = 2000;

/** Passes questions for a book on to the order-book manager and its answers back. */
export class BookDesk {
  readonly #ask: (query: PrimaryMessage) => void;
  readonly #clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  readonly #waiting = new Map<number, (answer: BookAnswer) => void>();
  #lastRequestId = 0;

  constructor(ask: (query: PrimaryMessage) => void, clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>) {
    this.#ask = ask;
    this.#clock = clock;
  }

  query(symbol: string, depth: number): Promise<BookAnswer> {
    const requestId = ++this.#lastRequestId;
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => {
        this.answered(requestId, { symbol, unavailable: `no answer within ${ANSWER_TIMEOUT_MS} ms` });
      }, ANSWER_TIMEOUT_MS);
      this.#waiting.set(requestId, (answer) => {
        this.#clock.clearTimeout(timer);
        resolve(answer);
      });
      this.#ask({ type: 'book-query', requestId, symbol, depth });
    });
  }

  answered(requestId: number, answer: BookAnswer): void {
    this.#waiting.get(requestId)?.(answer);
    this.#waiting.delete(requestId);
  }
}
