import type { Buffer } from 'node:buffer';
import type { Clock } from '@org/binance-client';
import type { StreamMerge } from '@org/continuity';
import type { TailSource } from '@org/flow';
import { RecordBatchBuilder, RecordBatchJoiner, type Sink } from '@org/storage';
import { MergedFollower } from './merged-follower.ts';

/**
 * What is appended together. Every file that is touched costs a write, and with hundreds of symbols most entries touch
 * most files: so rows are gathered for a moment. They are in the journal already.
 */
const APPEND_INTERVAL_MS = 1000;
const APPEND_BYTES_MAX = 4 * 1024 * 1024;

/** How often what was appended is made durable in the sink, so that the journal may let go of it. */
export interface CommitPace {
  readonly intervalMs: number;
  /** Where commits are slow they are less often: they shall take a twentieth of the time, but not wait longer than this. */
  readonly intervalMaxMs: number;
}

const COMMIT_PAUSE_FACTOR = 20;
/** A commit syncs every file. */
const FILES_PACE: CommitPace = { intervalMs: 4000, intervalMaxMs: 60_000 };

/** How long a sink without room is left alone before it is tried again. */
const ROOM_RETRY_MS = 500;

/** Moves a sink's position over entries that left nothing to store. */
const NOTHING = new RecordBatchBuilder(0).take();

export interface SinkFollowerOptions {
  /** The journal from `from` on. */
  readonly source: TailSource;
  readonly sink: Sink;
  /** Where the sink has told that it stands. */
  readonly from: number;
  /** What lay between where it stands and `from` is gone. */
  readonly isDamaged: boolean;
  readonly merge: StreamMerge;
  readonly clock: Clock;
  /** Default every 4 s, where commits are slow every minute. */
  readonly pace?: CommitPace;
  /** Whether the error passes by itself, so that the same call may be repeated. */
  readonly passes: (error: unknown) => boolean;
  /** The sink has stored everything up to here durably. */
  readonly committed: (position: number) => void;
  /** An error passes, and everything waits for that; told once until it has passed. */
  readonly blocked: (error: unknown) => void;
  /** It has. */
  readonly freed: () => void;
}

/**
 * Brings one sink up to the journal's end, and keeps it there: merge, append, commit. A sink without room waits and
 * tries again, for as long as it takes; the journal keeps what it has not stored.
 */
export class SinkFollower {
  readonly #options: SinkFollowerOptions;
  readonly #follower: MergedFollower;
  /** What is merged and not appended yet. */
  readonly #gathered = new RecordBatchJoiner(APPEND_BYTES_MAX + 64 * 1024);
  #gatheredPosition = 0;
  #gatheredSinceMs = 0;
  #commitDueAtMs = -Infinity;
  #running: Promise<void> = Promise.resolve();
  #appended: number;
  #committed: number;
  #blocked = false;
  /** Set when nobody waits any more for a sink that has no room. */
  #givesUp = false;

  constructor(options: SinkFollowerOptions) {
    this.#options = options;
    const { source, from, isDamaged, merge, clock } = options;
    this.#appended = this.#committed = from;
    this.#follower = new MergedFollower({
      source,
      from,
      isDamaged,
      merge,
      clock,
      take: (batch, position) => this.#gather(batch, position),
      paused: () => this.#whatIsDue(),
      idleMs: APPEND_INTERVAL_MS / 4,
    });
  }

  /** Behind the last entry that the sink has taken, though not durably yet. */
  get position(): number {
    return this.#gathered.byteLength > 0 ? this.#appended : this.#follower.position;
  }

  /** When it last took one, or had nothing to take. */
  get movedAtMs(): number {
    return this.#follower.movedAtMs;
  }

  /** Rejects when the sink or the journal cannot go on. */
  run(): Promise<void> {
    this.#running = this.#follower.run();
    return this.#running;
  }

  /**
   * Takes what the journal has, writes down what is still open, commits. Resolves with false when the sink had no room for
   * it within the time: then it goes on from its last commit when it is opened again.
   */
  async finish(timeoutMs: number, tick: () => Promise<number>): Promise<boolean> {
    const { clock } = this.#options;
    let timer: ReturnType<Clock['setTimeout']>;
    const timedOut = new Promise<false>((resolve) => {
      timer = clock.setTimeout(() => {
        this.#givesUp = true;
        resolve(false);
      }, timeoutMs);
    });
    const wasTaken = await Promise.race([this.#takenUntil(tick), this.#running.then(() => false), timedOut]);
    await this.#follower.stop();
    await this.#running;
    if (wasTaken && !this.#givesUp) await this.#last(tick);
    clock.clearTimeout(timer!);
    return wasTaken && !this.#givesUp;
  }

  /** Whether everything was taken. The journal may end with what is no entry, so a last one says where the end is. */
  async #takenUntil(tick: () => Promise<number>): Promise<boolean> {
    let end: number;
    try {
      end = await tick();
    } catch {
      return false;
    }
    await this.#follower.reached(end);
    return true;
  }

  /** Rows of breaks that no repair has closed; they need a position of their own. */
  async #last(tick: () => Promise<number>): Promise<void> {
    await this.#appendGathered();
    const rows = this.#options.merge.finish();
    if (rows !== undefined) await this.#append(rows, await tick());
    await this.#commit();
  }

  async #gather(batch: Buffer, position: number): Promise<void> {
    if (this.#gathered.byteLength === 0) this.#gatheredSinceMs = this.#options.clock.nowMs();
    this.#gathered.add(batch);
    this.#gatheredPosition = position;
    if (this.#gathered.byteLength >= APPEND_BYTES_MAX) await this.#appendGathered();
  }

  async #appendGathered(): Promise<void> {
    if (this.#gathered.byteLength === 0) return;
    await this.#append(this.#gathered.join(), this.#gatheredPosition);
    this.#gathered.clear();
  }

  async #append(batch: Buffer, position: number): Promise<void> {
    await this.#untilThereIsRoom(() => this.#options.sink.append(batch, position));
    this.#appended = position;
  }

  async #whatIsDue(): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#gatheredSinceMs >= APPEND_INTERVAL_MS) await this.#appendGathered();
    if (this.#follower.position > this.#committed && nowMs >= this.#commitDueAtMs) await this.#commit();
  }

  async #commit(): Promise<void> {
    const { sink, merge, clock, pace = FILES_PACE, committed } = this.#options;
    await this.#appendGathered();
    // The state covers all entries up to here, so the position must as well.
    if (this.#follower.position > this.#appended) await this.#append(NOTHING, this.#follower.position);
    await this.#untilThereIsRoom(async () => {
      const startedAtMs = clock.nowMs();
      this.#committed = await sink.commit(merge.state());
      this.#commitDueAtMs = nextCommitAtMs(startedAtMs, clock.nowMs(), pace);
      committed(this.#committed);
    });
  }

  async #untilThereIsRoom(step: () => Promise<void>): Promise<void> {
    const { passes, blocked, clock } = this.#options;
    while (!this.#givesUp) {
      try {
        await step();
        if (this.#blocked) this.#options.freed();
        this.#blocked = false;
        return;
      } catch (error) {
        if (!passes(error)) throw error;
        if (!this.#blocked) blocked(error);
        this.#blocked = true;
      }
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, ROOM_RETRY_MS));
    }
  }
}

function nextCommitAtMs(startedAtMs: number, endedAtMs: number, pace: CommitPace): number {
  const pauseMs = COMMIT_PAUSE_FACTOR * (endedAtMs - startedAtMs);
  return startedAtMs + Math.min(pace.intervalMaxMs, Math.max(pace.intervalMs, pauseMs));
}
