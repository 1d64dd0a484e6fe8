import type { Clock } from '@org/binance-client';
import type { Journal } from '@org/journal';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';

/** While a merge waits for time to pass, the time is written down this often. */
const TICK_INTERVAL_MS = 250;
const LANE = 'writer';

/**
 * Writes the time into the journal, so that whoever decides by time decides alike when the journal is read again.
 */
export class JournalClock {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #isWaiting: () => boolean;
  readonly #epoch: number;
  #seq = 0;
  #timer: ReturnType<Clock['setTimeout']> | undefined;

  constructor(journal: Journal, clock: Clock, isWaiting: () => boolean) {
    this.#journal = journal;
    this.#clock = clock;
    this.#isWaiting = isWaiting;
    this.#epoch = Math.floor(clock.wallUs());
  }

  start(): void {
    this.#timer = this.#clock.setTimeout(() => {
      // A full disk keeps the tick out, and with it everything that it could release.
      if (this.#isWaiting()) this.tick().catch(() => undefined);
      this.start();
    }, TICK_INTERVAL_MS);
  }

  /** Resolves with the position behind the tick. */
  async tick(): Promise<number> {
    const builder = new RecordBatchBuilder(64);
    const receivedAtUs = this.#clock.wallUs();
    builder.append(
      { type: RECORD_TYPE.tick, stream: LANE, receivedAtUs, line: 0, connectionId: 0 },
      NO_BYTES,
    );
    const batch = { lane: LANE, epoch: this.#epoch, seq: this.#seq + 1, payload: builder.take() };
    const appended = this.#journal.append(batch);
    this.#seq++;
    try {
      return (await appended).position;
    } catch (error) {
      this.#seq--;
      throw error;
    }
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }
}

const NO_BYTES = new Uint8Array(0);
