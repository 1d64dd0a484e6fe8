import type { Clock } from '@org/binance-client';
import { StreamMerge } from '@org/continuity';
import type { TailEntry, TailReader, TailSource } from '@org/flow';
import type { Sink, SinkEvents, SinkOpened, SinkStats } from '@org/storage';
import type { SinkReport, SinkState } from '../control/messages.ts';
import { repeatedly } from '../control/repeatedly.ts';
import { errorFields, type Log } from '../logging/child-log.ts';
import { loggableText } from '../logging/loggable.ts';
import { type CommitPace, SinkFollower } from './sink-follower.ts';

/** A commit of a database is cheap, and what is not committed is sent again when something breaks. */
const PACE: CommitPace = { intervalMs: 2000, intervalMaxMs: 5000 };

const RETRY_INITIAL_MS = 500;
const RETRY_MAX_MS = 30_000;

/** The journal in the writer, from where the store stands. */
export type Tail = Pick<TailReader, 'open' | 'next' | 'close' | 'committed' | 'mark'>;

export interface StoreFollowerOptions {
  readonly name: string;
  /** Makes a sink over the store, not open yet. */
  readonly makeSink: (events: SinkEvents) => Promise<Sink>;
  /** Makes a reader from this position on; undefined for what comes from now on. */
  readonly makeTail: (from: number | undefined) => Tail;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

interface Following {
  readonly follower: SinkFollower;
  readonly tail: Tail;
}

/**
 * Brings one store up to the journal's end, and keeps it there, from a process of its own.
 *
 * Whatever breaks, it begins anew from what the store says when it is opened: its last commit is the truth, so nothing is
 * stored twice or left out, and no error has to be understood. An error that says of itself that it passes is waited
 * out, for ever; any other one is the end of `run`.
 */
export class StoreFollower {
  readonly #options: StoreFollowerOptions;
  readonly #counts = { rows: 0, rejected: 0, commits: 0, errors: 0 };
  #state: SinkState = 'opening';
  #stateSinceMs: number;
  #problem: string | undefined;
  #sink: Sink | undefined;
  #following: Following | undefined;
  #attempt = 0;
  #isStopping = false;
  #running: Promise<void> = Promise.resolve();
  #finishing: Promise<boolean> = Promise.resolve(true);
  #wake: () => void = () => undefined;

  constructor(options: StoreFollowerOptions) {
    this.#options = options;
    this.#stateSinceMs = options.clock.nowMs();
  }

  /** Follows until `stop`; rejects with an error that does not pass. */
  run(): Promise<void> {
    this.#running = this.#untilStopped();
    return this.#running;
  }

  /**
   * Takes what the journal has by now, commits it, and ends; what is not done within the time stays in the journal. A
   * store that does not answer is not waited for.
   */
  async stop(timeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    const following = this.#following;
    this.#isStopping = true;
    this.#enter('stopping');
    this.#wake();
    if (following === undefined) return this.#leftBehind(undefined);
    let timer: ReturnType<Clock['setTimeout']>;
    const timedOut = new Promise<false>((resolve) => {
      timer = clock.setTimeout(() => resolve(false), timeoutMs + FINISH_EXTRA_MS);
    });
    this.#finishing = this.#finish(following, timeoutMs);
    const isDone = await Promise.race([this.#finishing, timedOut]);
    if (!isDone) this.#leftBehind(following);
    await Promise.race([this.#running.catch(() => undefined), timedOut]);
    clock.clearTimeout(timer!);
  }

  report(): Pick<
    SinkReport,
    'name' | 'state' | 'stateForMs' | 'problem' | 'rows' | 'rejected' | 'commits' | 'errors'
  > {
    const { rows, rejected, commits, errors } = this.#counts;
    const now: Pick<SinkStats, 'rows' | 'rejected'> = this.#sink?.stats() ?? { rows: 0, rejected: 0 };
    return {
      name: this.#options.name,
      state: this.#state,
      stateForMs: Math.round(this.#options.clock.nowMs() - this.#stateSinceMs),
      problem: this.#problem,
      rows: rows + now.rows,
      rejected: rejected + now.rejected,
      commits,
      errors,
    };
  }

  async #untilStopped(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#follow();
      } catch (error) {
        if (this.#isStopping) return;
        this.#failed(error);
        if (!passes(error)) throw error;
        await this.#pause();
      }
    }
  }

  /** One life of the store's connection: from its position until something breaks. */
  async #follow(): Promise<void> {
    const { makeSink, makeTail, log, name } = this.#options;
    this.#enter('opening');
    const rejected: SinkEvents['rejected'] = (rejection) =>
      log.warn('RecordRejected', { sink: name, ...rejection });
    const sink = await makeSink({ rejected });
    this.#sink = sink;
    try {
      const opened = await sink.open();
      for (const repair of opened.repairs) log.warn('StoreRepaired', { sink: name, ...repair });
      const tail = makeTail(opened.isPositionLost ? undefined : opened.position);
      try {
        await this.#followFrom(opened, sink, tail);
      } finally {
        this.#following = undefined;
        await tail.close();
      }
    } finally {
      this.#forget(sink);
      // What it holds goes with it; why it broke is known.
      await sink.close().catch(() => undefined);
    }
  }

  async #followFrom(opened: SinkOpened, sink: Sink, tail: Tail): Promise<void> {
    const { clock, log, name } = this.#options;
    const { position, state, isPositionLost } = opened;
    if (!isPositionLost) tail.committed(position);
    const from = await tail.open();
    if (this.#isStopping) return;
    log.info('SinkFollows', { sink: name, position, from, isPositionLost });
    const merge = new StreamMerge({ state, isSeamUnknown: isPositionLost });
    const follower = new SinkFollower({
      source: readingOf(tail),
      sink,
      from,
      // The tail says itself where something is missing.
      isDamaged: false,
      merge,
      clock,
      pace: PACE,
      passes: () => false,
      committed: (committed) => this.#committed(tail, committed),
      blocked: () => undefined,
      freed: () => undefined,
    });
    this.#following = { follower, tail };
    this.#enter('following');
    const time = repeatedly(
      clock,
      () => TICK_INTERVAL_MS,
      () => tickFor(merge, tail),
    );
    try {
      await follower.run();
      // Reading is over, and the last rows are not: the store is still needed.
      await this.#finishing;
    } finally {
      time.stop();
    }
  }

  #committed(tail: Tail, position: number): void {
    tail.committed(position);
    this.#counts.commits++;
    if (this.#problem !== undefined) this.#options.log.info('SinkRecovered', { sink: this.#options.name });
    this.#problem = undefined;
    this.#attempt = 0;
  }

  async #finish({ follower, tail }: Following, timeoutMs: number): Promise<boolean> {
    try {
      return await follower.finish(timeoutMs, () => tail.mark());
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  #leftBehind(following: Following | undefined): void {
    const { log, name } = this.#options;
    const position = following?.follower.position;
    log.warn('SinkLeftBehind', {
      sink: name,
      ...(position === undefined ? {} : { position }),
      problem: this.#problem,
    });
  }

  #failed(error: unknown): void {
    const { log, name } = this.#options;
    this.#counts.errors++;
    this.#problem = loggableText(error instanceof Error ? error.message : String(error));
    log[passes(error) ? 'warn' : 'error']('SinkFailed', { sink: name, ...errorFields(error) });
  }

  async #pause(): Promise<void> {
    const { clock, random } = this.#options;
    this.#enter('waiting');
    const ceilingMs = Math.min(RETRY_MAX_MS, RETRY_INITIAL_MS * 2 ** Math.min(this.#attempt++, 30));
    const delayMs = ceilingMs * (0.5 + random() / 2);
    let timer: ReturnType<Clock['setTimeout']>;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = clock.setTimeout(resolve, delayMs);
    });
    clock.clearTimeout(timer!);
  }

  #forget(sink: Sink): void {
    const { rows, rejected } = sink.stats();
    this.#counts.rows += rows;
    this.#counts.rejected += rejected;
    this.#sink = undefined;
  }

  #enter(state: SinkState): void {
    if (this.#state === state || (this.#isStopping && state !== 'stopping')) return;
    // A store that is tried again is still one that does not answer, until it does.
    if (state === 'opening' && this.#problem !== undefined) return;
    this.#state = state;
    this.#stateSinceMs = this.#options.clock.nowMs();
  }
}

/**
 * What only time can release is released by a time in the journal. The writer puts it there for its own merge; where
 * this store misses what the files have, this merge waits alone.
 */
const TICK_INTERVAL_MS = 1000;

async function tickFor(merge: StreamMerge, tail: Tail): Promise<void> {
  // A writer that is gone, or a disk that is full, keeps the time out, and with it everything that it could release.
  if (merge.isWaiting) await tail.mark().catch(() => undefined);
}

/** For what hangs beyond the time that it was given. */
const FINISH_EXTRA_MS = 500;

/** Reading ends before the line does: the last mark and the last commit are still to be told. */
function readingOf(tail: Tail): TailSource {
  let isEnded = false;
  let end = (): void => undefined;
  return {
    next: (bytesMax) =>
      new Promise<readonly TailEntry[]>((resolve, reject) => {
        if (isEnded) return resolve([]);
        end = () => resolve([]);
        tail.next(bytesMax).then(resolve, reject);
      }),
    close: () => {
      isEnded = true;
      end();
      return Promise.resolve();
    },
  };
}

/** Whether the error says that the same may succeed later. */
export function passes(error: unknown): boolean {
  return (error as { readonly isPassing?: unknown } | undefined)?.isPassing === true;
}
