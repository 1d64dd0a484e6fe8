import type { Clock } from '@org/binance-client';
import type { Journal } from '@org/journal';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';

/** While a merge waits for time to pass, the time is written down this often. */
const TICK_INTERVAL_MS = 250;
/** Repairs that nobody brings expire after days: the time of day is enough for them. */
const REPAIR_TICK_MS = 60_000;
const LANE = 'writer';

/** Who needs to hear the time. */
export interface TickNeeds {
  /** Something is held that only time releases. */
  isWaiting(): boolean;
  /** Something is missing that expires one day. */
  hasRepairs(): boolean;
}

/**
 * Writes the time into the journal, so that whoever decides by time decides alike when the journal is read again.
 */
export class JournalClock {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #needs: TickNeeds;
  readonly #epoch: number;
  #seq = 0;
  #tickedAtMs = -Infinity;
  #timer: ReturnType<Clock['setTimeout']> | undefined;

  constructor(journal: Journal, clock: Clock, epoch: number, needs: TickNeeds) {
    this.#journal = journal;
    this.#clock = clock;
    this.#needs = needs;
    this.#epoch = epoch;
  }

  start(): void {
    this.#timer = this.#clock.setTimeout(() => {
      // A full disk keeps the tick out, and with it everything that it could release.
      const idleMs = this.#clock.nowMs() - this.#tickedAtMs;
      if (this.#needs.isWaiting() || (idleMs > REPAIR_TICK_MS && this.#needs.hasRepairs()))
        this.tick().catch(() => undefined);
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
    this.#tickedAtMs = this.#clock.nowMs();
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
