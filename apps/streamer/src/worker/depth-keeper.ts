import type { Buffer } from 'node:buffer';
import type { Clock } from '@org/binance-client';
import { BookSync, type DepthIds, previousUpdateId } from '@org/orderbook';

export interface DepthKeeperOptions {
  readonly symbol: string;
  /** False on the lines beside the first: the first line's snapshots serve them too, so they fetch only at a wish. */
  readonly fetchesUnasked: boolean;
  /** Somebody else records the stream already and hands it over: its snapshot serves here too, until the ids break. */
  readonly joinsRunning?: boolean;
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout' | 'clearTimeout'>;
  /** Asks the exchange; rejects when it has no answer after its own retries. */
  readonly fetchSnapshot: () => Promise<{ readonly body: Buffer; readonly lastUpdateId: number }>;
  /** Stores the snapshot at this place of the stream; called before the sequence goes on. */
  readonly storeSnapshot: (body: Buffer) => void;
  readonly failed: (error: unknown, retryInMs: number) => void;
  /** The request has been under way for this long; told again from time to time. */
  readonly delayed: (waitedMs: number) => void;
}

/** A snapshot that lies behind the stream is asked for again after this long, doubled up to the limit. */
const RETRY_INITIAL_MS = 250;
const RETRY_MAX_MS = 30_000;

/** An answer that takes longer is worth a line in the log. */
const PATIENCE_MS = 5000;

/** A queue that overflows may do so again at once; a snapshot costs request weight, so it waits for calm. */
const OVERFLOW_DELAY_MS = 2000;

/** A snapshot that was stored less than this ago answers a wish for one. */
const FRESH_SNAPSHOT_MS = 3000;

/**
 * Sees to it that the depth stream of one symbol has a snapshot to stand on: it follows the ids (it holds no book) and
 * asks for a new snapshot when they break. One request is under way at a time.
 *
 * Where the snapshot is somebody else's, the first diff is taken to stand on it. So nothing is buffered for a snapshot that
 * never comes here.
 */
export class DepthKeeper {
  readonly #options: DepthKeeperOptions;
  readonly #sync: BookSync<DepthIds, { lastUpdateId: number }>;
  /** The next diff stands on a snapshot that somebody else has. */
  #isAnchorless: boolean;
  #fetching = false;
  #stopped = false;
  #failures = 0;
  #storedAtMs = -Infinity;
  #retryTimer: ReturnType<Clock['setTimeout']> | undefined;
  #patience: { end(): void } | undefined;

  constructor(options: DepthKeeperOptions) {
    this.#options = options;
    this.#isAnchorless = options.joinsRunning === true || !options.fetchesUnasked;
    this.#sync = new BookSync<DepthIds, { lastUpdateId: number }>({
      applySnapshot: () => undefined,
      applyDiff: () => undefined,
      joined: () => (this.#failures = 0),
      snapshotNeeded: ({ reason }) => {
        // The answer on its way may well serve; if it does not, the sequencer asks again when it has it.
        if (reason === 'snapshot-behind') this.#retryLater();
        else if (!options.fetchesUnasked) this.#isAnchorless = true;
        else if (reason === 'buffer-full') this.#requestIn(OVERFLOW_DELAY_MS);
        else this.request();
      },
    });
  }

  get state(): string {
    return this.#sync.state;
  }

  diff(ids: DepthIds): void {
    if (this.#isAnchorless) this.#anchor(ids);
    this.#sync.diff(ids);
  }

  /** A queue overflowed, and part of the stream was not stored: what follows needs a snapshot of its own. */
  restart(): void {
    this.#sync.restart('buffer-full');
  }

  /** The stream will deliver: a snapshot that is asked for from now on can be joined. */
  subscribed(): void {
    if (this.#options.fetchesUnasked && !this.#isAnchorless) this.wish();
  }

  /** Somebody else (the order-book manager, after a restart) needs a snapshot in the stream. */
  wish(): void {
    if (this.#options.clock.nowMs() - this.#storedAtMs > FRESH_SNAPSHOT_MS) this.request();
  }

  request(): void {
    if (this.#fetching || this.#stopped || this.#retryTimer !== undefined) return;
    this.#fetching = true;
    void this.#fetch();
  }

  stop(): void {
    this.#stopped = true;
    this.#patience?.end();
    if (this.#retryTimer !== undefined) this.#options.clock.clearTimeout(this.#retryTimer);
  }

  #anchor(ids: DepthIds): void {
    this.#isAnchorless = false;
    this.#sync.snapshot({ lastUpdateId: previousUpdateId(ids) });
  }

  async #fetch(): Promise<void> {
    const patience = this.#watchPatience(PATIENCE_MS);
    try {
      const { body, lastUpdateId } = await this.#options.fetchSnapshot();
      if (this.#stopped) return;
      this.#fetching = false;
      this.#storedAtMs = this.#options.clock.nowMs();
      this.#options.storeSnapshot(body);
      this.#sync.snapshot({ lastUpdateId });
    } catch (error) {
      this.#fetching = false;
      if (!this.#stopped) this.#options.failed(error, this.#retryLater());
    } finally {
      patience.end();
    }
  }

  /** Says that an answer is late: a request may wait for minutes in the weight budget, as after a 429. */
  #watchPatience(waitMs: number): { end(): void } {
    const { clock, delayed } = this.#options;
    const startedAtMs = clock.nowMs();
    const tell = (): void => {
      delayed(Math.round(clock.nowMs() - startedAtMs));
      timer = clock.setTimeout(tell, 10 * waitMs);
    };
    let timer = clock.setTimeout(tell, waitMs);
    this.#patience = { end: () => clock.clearTimeout(timer) };
    return this.#patience;
  }

  #retryLater(): number {
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_INITIAL_MS * 2 ** this.#failures++);
    this.#requestIn(delayMs);
    return delayMs;
  }

  #requestIn(delayMs: number): void {
    this.#retryTimer ??= this.#options.clock.setTimeout(() => {
      this.#retryTimer = undefined;
      this.request();
    }, delayMs);
  }
}
