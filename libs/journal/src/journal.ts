import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { systemClock } from './clock.ts';
import type { AppendResult } from './commit/append-queue.ts';
import type { GroupSizes } from './commit/commit-stats.ts';
import { GroupCommitter } from './commit/group-committer.ts';
import { isNoRoom, JournalError } from './errors.ts';
import type { FileSystem } from './file-system.ts';
import { JournalFollower } from './follow/follower.ts';
import { MemoryTail } from './follow/memory-tail.ts';
import type { JournalEntry } from './follow/memory-tail.ts';
import { batchRecordBytes, LANE_BYTES_MAX } from './format/record.ts';
import type { Batch } from './format/record.ts';
import { limitsOf } from './journal-options.ts';
import type { JournalHandlers, JournalLimits, JournalOptions } from './journal-options.ts';
import { LaneTable } from './lanes/lane-table.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { Provisions } from './provisions.ts';
import { recover } from './recovery/recover.ts';
import type { Recovered, RecoveryReport } from './recovery/recover.ts';
import { SegmentMaker } from './segment/segment-maker.ts';
import { SegmentShelf } from './segment/segment-shelf.ts';
import type { JournalDamage } from './segment/segment.ts';
import { SpareFiles } from './segment/spare-files.ts';

export interface JournalStats {
  /** Behind the last durable batch; batches that still wait have no position yet. */
  readonly durablePosition: number;
  /** Where a new follower can begin. */
  readonly oldestPosition: number;
  readonly segments: number;
  /** Size of all segment files. */
  readonly bytes: number;
  readonly queuedBatches: number;
  readonly queuedBytes: number;
  readonly memoryTailBytes: number;
  readonly batches: number;
  readonly payloadBytes: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly syncs: number;
  readonly groupSizes: GroupSizes;
  readonly lastSyncMs: number;
  readonly syncMsMax: number;
  readonly isDiskFull: boolean;
  readonly hasReserve: boolean;
}

/**
 * A durable append-only log. `append` resolves after the batch is on the device; whatever waits at that time shares one
 * write and one sync. Followers read it in order, each from its own position.
 */
export class Journal {
  /** What was found when it opened. */
  readonly recovery: RecoveryReport;
  readonly #limits: JournalLimits;
  readonly #table: LaneTable;
  readonly #shelf: SegmentShelf;
  readonly #tail: MemoryTail;
  readonly #committer: GroupCommitter;
  readonly #provisions: Provisions;
  readonly #handlers: JournalHandlers;
  readonly #followers = new Set<JournalFollower>();
  readonly #reportedDamage: Set<number>;
  #waiters: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  private constructor(parts: JournalParts) {
    const { options, limits, recovered, table, fileSystem, maker, provisions } = parts;
    const clock = options.clock ?? systemClock;
    const { position } = recovered.report;
    this.recovery = recovered.report;
    this.#limits = limits;
    this.#table = table;
    this.#shelf = new SegmentShelf(fileSystem, options.dir, recovered.segments);
    this.#tail = new MemoryTail(limits.tailBytesMax, position);
    this.#handlers = options.handlers ?? {};
    this.#provisions = provisions;
    this.#reportedDamage = new Set(recovered.report.damage.map(({ fromPosition }) => fromPosition));
    const { groupBytesMax, diskFullRetryMs } = limits;
    const { lastNumber } = recovered;
    this.#committer = new GroupCommitter({
      table, maker, clock, groupBytesMax, diskFullRetryMs, position, lastNumber, events: this.#events(),
    }); // prettier-ignore
  }

  /**
   * Opens the folder, or makes it; recovers what is there and starts a new segment. On a full disk it opens too, and
   * appends are rejected until there is room. Rejects with a final {@link JournalError} when a device fails.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const limits = limitsOf(options);
    const fileSystem = options.fileSystem ?? nodeFileSystem;
    const random = options.random ?? randomBytes;
    const clock = options.clock ?? systemClock;
    const { dir } = options;
    const { segmentBytes, reserveBytes } = limits;
    const table = new LaneTable(limits.lanesMax, limits.epochsMax);
    const spareFiles = new SpareFiles(fileSystem, dir);
    try {
      await fileSystem.mkdir(dir);
      await fileSystem.syncDirectory(path.dirname(dir));
      const names = await fileSystem.readdir(dir);
      const hasReserve = await spareFiles.cleanUp(names);
      const knownPosition = options.knownPosition ?? 0;
      const recovered = await recover({ fileSystem, dir, names, segmentBytes, knownPosition, table });
      await fileSystem.syncDirectory(dir);
      const journalId = recovered.journalId ?? random(8);
      const maker = new SegmentMaker({ fileSystem, dir, segmentBytes, journalId, random, spareFiles });
      const provisions = new Provisions({ maker, spareFiles, reserveBytes, hasReserve, clock });
      const journal = new Journal({ options, limits, recovered, table, fileSystem, maker, provisions });
      await journal.#committer.start();
      provisions.tend();
      return journal;
    } catch (cause) {
      throw openingError(cause, dir);
    }
  }

  /**
   * Resolves when the batch is on the device, in the order of the calls. A batch that is here already is answered with
   * `duplicate: true`, after its original is durable. Rejects with a {@link JournalError}; then the batch is not here,
   * except that after a final error nobody knows. The payload must not change until then, nor while followers hold it.
   */
  append(batch: Batch): Promise<AppendResult> {
    const laneBytes = Buffer.byteLength(batch.lane);
    checkBatch(batch, laneBytes);
    const recordBytes = batchRecordBytes(laneBytes, batch.payload.length);
    const error = this.#refusal(batch, recordBytes);
    if (error !== undefined) return Promise.reject(error);
    const { lane, epoch, seq } = batch;
    const isDuplicate = this.#table.judge(lane, epoch, seq) === 'duplicate';
    if (isDuplicate) {
      this.#committer.stats.duplicates++;
      if (this.#table.isDurable(lane, epoch, seq))
        return Promise.resolve({ position: this.#committer.durablePosition, duplicate: true });
    } else this.#table.take(lane, epoch, seq);
    return new Promise((resolve, reject) => {
      this.#committer.push({ batch, recordBytes: isDuplicate ? 0 : recordBytes, resolve, reject });
    });
  }

  /**
   * Reads from a position on: 0, one that an entry had, or `stats().oldestPosition`. Throws POSITION_GONE or
   * POSITION_UNKNOWN for one that the journal does not have.
   */
  follow({ name, from }: { readonly name: string; readonly from: number }): JournalFollower {
    if (this.#closing !== undefined) throw closedError();
    const durable = this.#committer.durablePosition;
    if (!(from <= durable)) {
      const message = `follower ${name} asked for position ${from}, the journal ends at ${durable}`;
      throw new JournalError('POSITION_UNKNOWN', message, { position: from });
    }
    this.#shelf.requirePosition(from);
    const follower: JournalFollower = new JournalFollower(name, from, {
      tail: this.#tail,
      durablePosition: () => this.#committer.durablePosition,
      segmentBehind: (position) => this.#shelf.segmentBehind(position),
      openScanner: (segment) => this.#shelf.openScanner(segment),
      moreThan: (position) => this.#moreThan(position),
      isClosed: () => this.#closing !== undefined,
      damaged: (damage) => this.#damaged(damage),
      closed: () => {
        this.#followers.delete(follower);
        this.#wake();
      },
    });
    this.#followers.add(follower);
    return follower;
  }

  /**
   * Deletes the segments that end at `position` or before it, but never the newest. The caller has stored, durably, that
   * nobody goes back behind it. Returns how many were deleted.
   */
  async release(position: number): Promise<number> {
    if (this.#closing !== undefined) throw closedError();
    const released = await this.#shelf.release(position);
    if (released > 0) this.#roomWasMade();
    return released;
  }

  /** Deletes the reserve, to make room for an orderly end. It is made again when there is room, a minute later at the earliest. */
  async releaseReserve(): Promise<void> {
    await this.#provisions.releaseReserve();
    this.#roomWasMade();
  }

  stats(): JournalStats {
    const { batches, payloadBytes, duplicates, rejected, syncs, lastSyncMs, syncMsMax } =
      this.#committer.stats;
    return {
      durablePosition: this.#committer.durablePosition,
      oldestPosition: this.#shelf.oldestPosition ?? this.#committer.durablePosition,
      segments: this.#shelf.count,
      bytes: this.#shelf.bytes,
      queuedBatches: this.#committer.queuedBatches,
      queuedBytes: this.#committer.queuedBytes,
      memoryTailBytes: this.#tail.bytes,
      batches, payloadBytes, duplicates, rejected, syncs, lastSyncMs, syncMsMax,
      groupSizes: this.#committer.stats.groupSizes(),
      isDiskFull: this.#committer.isDiskFull,
      hasReserve: this.#provisions.hasReserve,
    }; // prettier-ignore
  }

  /** Takes no more, waits for what was appended, ends the followers (`next` gives an empty array). */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#committer.settled();
    this.#wake();
    for (const follower of [...this.#followers]) await follower.close();
    await this.#shelf.settled();
    await this.#provisions.stop();
    await this.#committer.close();
  }

  #events() {
    return {
      segmentStarted: (segment: Parameters<SegmentShelf['add']>[0]) => {
        this.#shelf.add(segment);
        this.#provisions.tend();
      },
      durable: (entries: readonly JournalEntry[]) => {
        for (const entry of entries) this.#tail.push(entry);
        this.#provisions.tend();
        this.#wake();
      },
      diskFull: (error: JournalError) => this.#handlers.diskFull?.(error),
      diskFreed: () => this.#handlers.diskFreed?.(),
      failed: (error: JournalError) => this.#handlers.failed?.(error),
    };
  }

  #refusal(batch: Batch, recordBytes: number): JournalError | undefined {
    const { lane, epoch, seq, payload } = batch;
    const { payloadBytesMax, queueBytesMax } = this.#limits;
    const refuse = (code: ConstructorParameters<typeof JournalError>[0], problem: string) =>
      new JournalError(code, `lane ${lane} epoch ${epoch} seq ${seq}: ${problem}`, { lane });
    if (this.#closing !== undefined) return closedError();
    if (this.#committer.failure !== undefined) return this.#committer.failure;
    if (payload.length > payloadBytesMax)
      return refuse('RECORD_TOO_LARGE', `${payload.length} bytes, expected at most ${payloadBytesMax}`);
    const queued = this.#committer.queuedBytes;
    if (queued > 0 && queued + recordBytes > queueBytesMax)
      return refuse('QUEUE_FULL', `${queued} bytes wait already, expected at most ${queueBytesMax}`);
    switch (this.#table.judge(lane, epoch, seq)) {
      case 'hole':
        return refuse('SEQUENCE_HOLE', `expected seq ${this.#table.expectedSeq(lane, epoch)}`);
      case 'epoch-forgotten':
        return refuse(
          'EPOCH_FORGOTTEN',
          `older than the ${this.#limits.epochsMax} epochs that are remembered`,
        );
      case 'lanes-exhausted':
        return refuse('LANES_EXHAUSTED', `${this.#limits.lanesMax} lanes are known`);
      case 'next':
      case 'duplicate':
        return undefined;
    }
  }

  #roomWasMade(): void {
    this.#committer.roomWasMade();
    this.#provisions.roomWasMade();
    this.#provisions.tend();
  }

  #damaged(damage: JournalDamage): void {
    if (this.#reportedDamage.has(damage.fromPosition)) return;
    this.#reportedDamage.add(damage.fromPosition);
    this.#handlers.damaged?.(damage);
  }

  #moreThan(position: number): Promise<void> {
    if (this.#closing !== undefined || this.#committer.durablePosition > position) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

interface JournalParts {
  readonly options: JournalOptions;
  readonly limits: JournalLimits;
  readonly recovered: Recovered;
  readonly table: LaneTable;
  readonly fileSystem: FileSystem;
  readonly maker: SegmentMaker;
  readonly provisions: Provisions;
}

function checkBatch({ epoch, seq }: Batch, laneBytes: number): void {
  if (laneBytes < 1 || laneBytes > LANE_BYTES_MAX)
    throw new RangeError(`lane: expected 1 to ${LANE_BYTES_MAX} bytes, was ${laneBytes}`);
  if (!Number.isSafeInteger(epoch) || epoch < 0)
    throw new RangeError(`epoch: expected a safe integer from 0, was ${epoch}`);
  if (!Number.isSafeInteger(seq) || seq < 1)
    throw new RangeError(`seq: expected a safe integer from 1, was ${seq}`);
}

function closedError(): JournalError {
  return new JournalError('JOURNAL_CLOSED', 'journal was closed');
}

function openingError(cause: unknown, dir: string): unknown {
  if (cause instanceof JournalError || cause instanceof RangeError) return cause;
  const code = isNoRoom(cause) ? 'DISK_FULL' : 'JOURNAL_WRITE_FAILED';
  return new JournalError(code, `journal ${dir} cannot be opened`, { path: dir, cause });
}
