import type { Clock } from '@org/binance-client';
import { FlowError, TailPublisher, type TailRequest, type TailStart } from '@org/flow';
import { isJournalError, type Journal } from '@org/journal';
import type { SinkBacklogReport } from '../control/messages.ts';
import { repeatedly } from '../control/repeatedly.ts';
import { errorFields, type Log } from '../logging/child-log.ts';
import { HoldFile, prepareHoldFiles } from './hold-file.ts';
import { SinkHold } from './sink-hold.ts';
import { startPosition } from './start-position.ts';

export interface SinkDeskOptions {
  /** Of the sinks that are configured. */
  readonly names: readonly string[];
  readonly socketPath: string;
  /** Real path of the output folder. */
  readonly outputPath: string;
  /** What the journal keeps for each sink, at most. */
  readonly backlogBytesMax: number;
  readonly listenTimeoutMs: number;
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout' | 'clearTimeout'>;
  readonly log: Log;
}

/** What the desk is given when the journal is open. */
export interface DeskParts {
  readonly journal: Pick<Journal, 'follow' | 'stats'>;
  /** Takes what the sinks need no more. */
  readonly holds: { moved(name: string, position: number): void; dropped(name: string): number };
  /** Resolves with a position behind everything that is in the journal now. */
  readonly mark: () => Promise<number>;
}

/** Where room is short, a sink that is no further behind than two files of the journal costs nothing worth its gap. */
const KEPT_BYTES = 64 * 1024 * 1024;

const CHECK_INTERVAL_MS = 1000;

/**
 * Where sinks in other processes get the journal. Each is a follower like any other: it costs reading and sending. What
 * a sink has not committed is kept, also while its process or the recorder is down, up to a limit; then it is told of
 * the damage when it comes again, and declares the gap in its store.
 */
export class SinkDesk {
  readonly #options: SinkDeskOptions;
  readonly #publisher: TailPublisher;
  readonly #holds = new Map<string, SinkHold>();
  readonly #files = new Map<string, HoldFile>();
  #parts: DeskParts | undefined;
  #watch: { stop(): void } | undefined;
  /** What lies before was let go of for want of room, though its files may be there for a moment. */
  #droppedTo = 0;

  constructor(options: SinkDeskOptions) {
    this.#options = options;
    const { names, outputPath, socketPath, listenTimeoutMs, clock, log } = options;
    prepareHoldFiles(outputPath, names);
    for (const name of names) {
      const file = new HoldFile(outputPath, name);
      this.#files.set(name, file);
      this.#holds.set(name, new SinkHold(name, file.read() ?? 0, clock.nowMs()));
    }
    this.#publisher = new TailPublisher({
      socketPath,
      listenTimeoutMs,
      handlers: {
        follow: (request) => this.#follow(request),
        taken: (name, position) => this.#holds.get(name)?.took(position, clock.nowMs()),
        committed: (name, position) => this.#committed(name, position),
        mark: () => this.#parts!.mark(),
        left: (name) => this.#holds.get(name)?.left(),
        failed: (error) => log.warn('TailRefused', { ...errorFields(error), ...causeOf(error) }),
      },
    });
  }

  /** What is to be kept for each sink. A sink that nobody has heard of yet may want everything. */
  get positions(): ReadonlyMap<string, number> {
    return new Map([...this.#holds].map(([name, { committed }]) => [name, committed]));
  }

  /** Serves from now on. Nothing is listened to where there is no sink. */
  async open(parts: DeskParts): Promise<void> {
    this.#parts = parts;
    if (this.#holds.size === 0) return;
    const { oldestPosition } = parts.journal.stats();
    for (const hold of this.#holds.values()) hold.committed = Math.max(hold.committed, oldestPosition);
    await this.#publisher.listen();
    const check = (): Promise<void> => Promise.resolve(this.check());
    this.#watch = repeatedly(this.#options.clock, () => CHECK_INTERVAL_MS, check);
  }

  /** Lets go of what is kept for sinks that are too far behind. */
  check(): void {
    this.#dropBeyond(this.#options.backlogBytesMax, 'storage.sink_backlog is reached');
  }

  /** Room is short on the disk: nothing is kept for sinks that are behind. */
  dropHolds(): void {
    this.#dropBeyond(Math.min(KEPT_BYTES, this.#options.backlogBytesMax), 'the disk has no room');
  }

  report(): readonly SinkBacklogReport[] {
    const end = this.#end();
    const nowMs = this.#options.clock.nowMs();
    return [...this.#holds.values()].map((hold) => {
      const bytes = hold.behindBytes(end);
      if (bytes === 0) hold.movedAtMs = nowMs;
      const { name, isHeld, drops, refusal } = hold;
      const oldestAgeMs = Math.round(nowMs - hold.movedAtMs);
      const keptBytes = hold.heldBytes(end);
      return {
        name,
        bytes,
        keptBytes,
        oldestAgeMs,
        isConnected: this.#publisher.has(name),
        isHeld,
        drops,
        refusal,
      };
    });
  }

  async close(): Promise<void> {
    this.#watch?.stop();
    if (this.#parts !== undefined) await this.#publisher.close();
    for (const file of this.#files.values()) await file.settled();
  }

  /** Nothing else may be thrown here: the reader hears of a refusal, and the writer must hear of nothing. */
  #follow({ name, from }: TailRequest): TailStart {
    const hold = this.#holds.get(name);
    if (hold === undefined || this.#parts === undefined)
      throw new FlowError('READER_REFUSED', `sink ${name} is not configured`);
    const { journal } = this.#parts;
    const stats = journal.stats();
    if (hold.refusal !== undefined || (from ?? 0) > stats.durablePosition)
      throw this.#isAhead(hold, from ?? 0, stats.durablePosition);
    const oldestPosition = Math.max(stats.oldestPosition, this.#droppedTo);
    const store = { position: from ?? 0, isPositionLost: from === undefined };
    const start = startPosition(store, { ...stats, oldestPosition });
    try {
      const source = journal.follow({ name, from: start.from });
      hold.begins(start.from, this.#options.clock.nowMs());
      this.#keep(hold);
      return { ...start, source };
    } catch (cause) {
      if (!isJournalError(cause)) throw cause;
      throw new FlowError('TAIL_LOST', `the journal cannot be followed from ${start.from}`, { cause });
    }
  }

  /** What it has not committed is kept for it; again, if it was not, as soon as that is little enough. */
  #keep(hold: SinkHold): void {
    if (!hold.isHeld && this.#end() - hold.committed > this.#options.backlogBytesMax) return;
    hold.isHeld = true;
    this.#parts?.holds.moved(hold.name, hold.committed);
  }

  /**
   * The store has what this journal never had: it belongs to another one, or the journal was lost. Until the next start,
   * which begins behind it, the store is left alone: entries whose positions it knows already would be lost on it.
   */
  #isAhead(hold: SinkHold, from: number, end: number): FlowError {
    hold.refusal ??= `its store stands at ${from}, the journal ends at ${end}: it belongs to another recording, or the journal was lost`;
    hold.commits(from + 1, this.#options.clock.nowMs());
    this.#files.get(hold.name)?.write(hold.committed);
    return new FlowError('POSITION_UNKNOWN', `sink ${hold.name}: ${hold.refusal}`);
  }

  #committed(name: string, position: number): void {
    const hold = this.#holds.get(name);
    if (hold === undefined) return;
    hold.commits(position, this.#options.clock.nowMs());
    this.#files.get(name)?.write(hold.committed);
    this.#keep(hold);
  }

  #dropBeyond(bytesMax: number, reason: string): void {
    const end = this.#end();
    for (const hold of this.#holds.values()) {
      const heldBytes = hold.heldBytes(end);
      if (heldBytes <= bytesMax) continue;
      this.#options.log.error('SinkHoldDropped', { sink: hold.name, reason, heldBytes, bytesMax });
      hold.drop();
      // Its reader first: it must not meet files that are about to go.
      this.#publisher.cut(hold.name);
      this.#droppedTo = Math.max(this.#droppedTo, this.#parts?.holds.dropped(hold.name) ?? 0);
    }
  }

  #end(): number {
    return this.#parts?.journal.stats().durablePosition ?? 0;
  }
}

function causeOf({ cause }: FlowError): object {
  return cause === undefined ? {} : { cause: errorFields(cause) };
}
