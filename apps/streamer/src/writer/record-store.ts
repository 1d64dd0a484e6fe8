import type { Buffer } from 'node:buffer';
import type { Clock } from '@org/binance-client';
import { type MergeHandlers, type MergeStats, type RepairOrder, StreamMerge } from '@org/continuity';
import type { AppendResult, Batch, Journal } from '@org/journal';
import type { Sink, SinkOpened } from '@org/storage';
import type { DayFigures } from '@org/storage-csv';
import { errorFields, type Log } from '../logging/child-log.ts';
import type { JournalReport, QueueReport, WriterFigures } from '../control/messages.ts';
import { MergedFollower } from '../sinks/merged-follower.ts';
import { SinkFollower } from '../sinks/sink-follower.ts';
import { startPosition } from '../sinks/start-position.ts';
import { Gate } from './gate.ts';
import { JournalClock } from './journal-clock.ts';
import { ReleasePoint } from './release-point.ts';

/** How long the last rows may take at a clean end; what is not written by then stays in the journal. */
const FINISH_TIMEOUT_MS = 8000;

/** The feed has nothing to do when nothing comes. */
const FEED_IDLE_MS = 1000;

export interface RecordStoreOptions {
  readonly journal: Journal;
  readonly sink: Sink;
  /** What the sink said when it opened. */
  readonly opened: Pick<SinkOpened, 'position' | 'state' | 'isPositionLost'>;
  /** What is kept of the journal for those who follow it in other processes, by name. */
  readonly holds: ReadonlyMap<string, number>;
  /** Passes the merged stream on to whoever listens; undefined where nobody does. */
  readonly publish: ((batch: Buffer) => void) | undefined;
  readonly clock: Clock;
  /** Numbers this life of the writer's own lane. */
  readonly epoch: number;
  readonly log: Log;
  /** Whether an error of the sink passes by itself. */
  readonly passes: (error: unknown) => boolean;
  /** Nothing can go on. */
  readonly fatal: (error: unknown) => void;
  /** A depth stream broke, and needs a snapshot to go on from. */
  readonly snapshotWanted: (streamKey: string) => void;
}

/**
 * The main queue with those who follow it: batches become durable in the journal, and behind it each follower makes one
 * stream out of all lines, the sink with its state kept beside its rows, the feed for whoever listens now.
 */
export class RecordStore {
  /** Takes what those in other processes need no more. */
  readonly holds: Pick<ReleasePoint, 'moved' | 'dropped'>;
  readonly #options: RecordStoreOptions;
  readonly #merge: StreamMerge;
  readonly #sink: SinkFollower;
  readonly #feed: MergedFollower | undefined;
  readonly #time: JournalClock;
  readonly #gate = new Gate();
  readonly #gapsByReason = new Map<string, number>();

  constructor(options: RecordStoreOptions) {
    const { journal, sink, opened, clock, log } = options;
    const { state, isPositionLost } = opened;
    this.#options = options;
    const { from, isDamaged } = startPosition(opened, journal.stats());
    const seam = { state, isSeamUnknown: isPositionLost };
    const { publish } = options;
    const readers = new Map([...options.holds, [sink.name, from]]);
    if (publish !== undefined) readers.set('feed', from);
    const release = new ReleasePoint(readers, (behind) => this.#release(behind));
    this.holds = release;
    this.#merge = new StreamMerge({ ...seam, handlers: this.#mergeHandlers() });
    this.#sink = new SinkFollower({
      source: journal.follow({ name: sink.name, from }),
      sink,
      from,
      isDamaged,
      merge: this.#merge,
      clock,
      passes: options.passes,
      committed: (behind) => release.moved(sink.name, behind),
      blocked: (error) => {
        log.error('SinkBlocked', { sink: sink.name, ...errorFields(error) });
        this.#gate.close();
      },
      freed: () => {
        log.info('SinkFreed', { sink: sink.name });
        this.#gate.open();
      },
    });
    this.#feed =
      publish &&
      new MergedFollower({
        source: journal.follow({ name: 'feed', from }),
        from,
        isDamaged,
        merge: new StreamMerge(seam),
        clock,
        take: (batch) => publish(batch),
        paused: () => release.moved('feed', this.#feed!.position),
        idleMs: FEED_IDLE_MS,
      });
    this.#time = new JournalClock(journal, clock, options.epoch, {
      isWaiting: () => this.#merge.isWaiting,
      hasRepairs: () => this.#merge.repairs().length > 0,
    });
  }

  start(): void {
    this.#sink.run().catch(this.#options.fatal);
    this.#feed?.run().catch(this.#options.fatal);
    this.#time.start();
  }

  /** Resolves when the batch is durable. While a sink has no room it is not taken: the room that comes is the sink's. */
  async append(batch: Batch): Promise<AppendResult> {
    await this.#gate.passed;
    return this.#options.journal.append(batch);
  }

  /** The end is near, and a full disk must not keep the last batches and rows out: the reserve is for this moment. */
  async makeRoom(): Promise<void> {
    const { journal } = this.#options;
    if (journal.stats().isDiskFull || this.#gate.isClosed) await journal.releaseReserve();
  }

  /** Resolves with a position behind everything that is in the journal now. */
  mark(): Promise<number> {
    return this.#time.tick();
  }

  /** Batches that wait for room are not taken any more: their senders keep them. */
  refuse(): void {
    this.#gate.refuse(new Error('the writer stops'));
  }

  /** What is missing and may still be fetched. */
  repairs(): readonly RepairOrder[] {
    return this.#merge.repairs();
  }

  mergeStats(): MergeStats {
    return this.#merge.stats();
  }

  /** What a manifest says beyond its files, as far as the sink has come. */
  dayFigures(symbol: string, date: string): DayFigures | undefined {
    const counts = this.#merge.dayCounts(symbol, date);
    return counts && { duplicatesDropped: counts.duplicates, connections: counts.connections };
  }

  gapFigures(): Pick<WriterFigures, 'gapsByReason' | 'healedGaps'> {
    return { gapsByReason: Object.fromEntries(this.#gapsByReason), healedGaps: this.#merge.stats().healed };
  }

  report(): JournalReport {
    const { bytes, isDiskFull, duplicates } = this.#options.journal.stats();
    return { bytes, isDiskFull: isDiskFull || this.#gate.isClosed, duplicates };
  }

  /** What the sink has still to take. */
  backlog(): QueueReport {
    const { journal, sink, clock } = this.#options;
    const bytes = journal.stats().durablePosition - this.#sink.position;
    const oldestAgeMs = bytes === 0 ? 0 : Math.round(clock.nowMs() - this.#sink.movedAtMs);
    return { name: sink.name, bytes, spooledBytes: 0, oldestAgeMs, refusedBatches: 0, spoolFailures: 0 };
  }

  /** Writes what is here into the sink and closes everything. Nothing may be appended any more. */
  async close(): Promise<void> {
    const { journal, sink, log } = this.#options;
    this.#time.stop();
    const isDone = await this.#sink.finish(FINISH_TIMEOUT_MS, () => this.#time.tick());
    if (!isDone) log.warn('SinkLeftBehind', { sink: sink.name, position: this.#sink.position });
    await this.#feed?.stop();
    await journal.close();
    await sink.close();
  }

  #release(position: number): void {
    const { journal, log } = this.#options;
    // A segment that cannot be deleted now is deleted with the next one.
    journal.release(position).catch((error: unknown) => log.warn('SegmentKept', errorFields(error)));
  }

  #mergeHandlers(): MergeHandlers {
    const { log, snapshotWanted } = this.#options;
    return {
      gap: ({ stream, reason, lastId, nextId }) => {
        this.#gapsByReason.set(reason, (this.#gapsByReason.get(reason) ?? 0) + 1);
        log.warn('GapDetected', { stream, reason, lastId, nextId });
        snapshotWanted(stream);
      },
      healed: ({ stream, lastId, nextId, healedBy }) =>
        log.info('GapHealed', { stream, lastId, nextId, healedBy }),
      switched: (change) => log.info('LineSwitched', { ...change }),
      damaged: (problem) => log.error('BatchDamaged', { problem }),
    };
  }
}
