import type { Buffer } from 'node:buffer';
import type { Clock } from '../clock.ts';
import { isNoRoom, JournalError } from '../errors.ts';
import type { JournalErrorCode } from '../errors.ts';
import type { JournalEntry } from '../follow/memory-tail.ts';
import { encodeBatch } from '../format/record.ts';
import { encodeLaneStates } from '../lanes/lane-states.ts';
import type { LaneTable } from '../lanes/lane-table.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentMaker } from '../segment/segment-maker.ts';
import type { SegmentWriter } from '../segment/segment-writer.ts';
import { AppendQueue } from './append-queue.ts';
import type { WaitingAppend } from './append-queue.ts';
import { CommitStats } from './commit-stats.ts';

export interface CommitterOptions {
  readonly table: LaneTable;
  readonly maker: SegmentMaker;
  readonly clock: Clock;
  readonly groupBytesMax: number;
  readonly diskFullRetryMs: number;
  /** Where the next record goes, and the number of the newest segment, as recovered. */
  readonly position: number;
  readonly lastNumber: number;
  readonly events: CommitterEvents;
}

export interface CommitterEvents {
  segmentStarted(segment: Segment): void;
  /** In order; before the appends resolve. */
  durable(entries: readonly JournalEntry[]): void;
  diskFull(error: JournalError): void;
  diskFreed(): void;
  failed(error: JournalError): void;
}

/** What a group comes to in the file. */
interface EncodedGroup {
  readonly buffers: Buffer[];
  readonly entries: JournalEntry[];
  readonly bytes: number;
  readonly payloadBytes: number;
}

/**
 * Writes what waits: one write and one sync for all of it, never two at a time, and nothing resolves before the sync.
 *
 *   idle ──append──▶ write ──▶ sync ──▶ resolve ──▶ next group, or idle
 *                      │         └─ error ─▶ failed (final)
 *                      ├─ no room ─▶ undo, reject everything that waits, idle
 *                      └─ other error ─▶ failed (final)
 */
export class GroupCommitter {
  readonly stats = new CommitStats();
  readonly #options: CommitterOptions;
  readonly #queue = new AppendQueue();
  #writer: SegmentWriter | undefined;
  #group: readonly WaitingAppend[] = [];
  #position: number;
  #number: number;
  #running: Promise<void> | undefined;
  #failure: JournalError | undefined;
  #isDiskFull = false;
  #retryAtMs = 0;

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.#position = options.position;
    this.#number = options.lastNumber;
  }

  get durablePosition(): number {
    return this.#position;
  }

  get failure(): JournalError | undefined {
    return this.#failure;
  }

  get isDiskFull(): boolean {
    return this.#isDiskFull;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  get queuedBatches(): number {
    return this.#queue.length;
  }

  push(append: WaitingAppend): void {
    this.#queue.push(append);
    this.#running ??= this.#run();
  }

  /** Makes the first segment. A full disk is no error: appends are rejected until there is room. */
  async start(): Promise<void> {
    try {
      await this.#rotate(0);
    } catch (cause) {
      if (!(cause instanceof JournalError) || cause.code !== 'DISK_FULL') throw cause;
      this.#diskFull(cause);
    }
  }

  /** Tries again at once, because somebody made room. */
  roomWasMade(): void {
    this.#retryAtMs = 0;
  }

  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async close(): Promise<void> {
    await this.settled();
    await this.#writer?.close();
    this.#writer = undefined;
  }

  async #run(): Promise<void> {
    // Whatever is appended in this turn of the event loop joins the first group.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      try {
        await this.#commitGroup();
      } catch (cause) {
        this.#rejectAll(cause as JournalError);
      }
    }
    this.#running = undefined;
  }

  async #commitGroup(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const needed = this.#queue.firstRecordBytes();
    if (needed > 0 && (this.#writer === undefined || this.#writer.room < needed)) await this.#rotate(needed);
    this.#group = this.#queue.takeGroup(this.#options.groupBytesMax, this.#writer?.room ?? 0);
    const encoded = this.#encode(this.#group);
    if (encoded.entries.length > 0) await this.#makeDurable(this.#writer!, encoded);
    this.#resolve(this.#group, encoded);
    this.#group = [];
  }

  #encode(group: readonly WaitingAppend[]): EncodedGroup {
    const buffers: Buffer[] = [];
    const entries: JournalEntry[] = [];
    let [position, payloadBytes] = [this.#position, 0];
    const { saltCrc } = this.#writer ?? { saltCrc: 0 };
    for (const { batch, recordBytes } of group) {
      if (recordBytes === 0) continue;
      buffers.push(...encodeBatch(batch, { saltCrc, position, groupPosition: this.#position }));
      position += recordBytes;
      payloadBytes += batch.payload.length;
      entries.push({ ...batch, position });
    }
    return { buffers, entries, bytes: position - this.#position, payloadBytes };
  }

  async #makeDurable(writer: SegmentWriter, group: EncodedGroup): Promise<void> {
    try {
      await writer.write(group.buffers);
    } catch (cause) {
      if (!isNoRoom(cause)) throw this.#fail('JOURNAL_WRITE_FAILED', 'write', cause);
      await this.#undo(writer, group.bytes);
      throw this.#noRoom(cause);
    }
    const beganAtMs = this.#options.clock.nowMs();
    try {
      await writer.sync();
    } catch (cause) {
      throw this.#fail('JOURNAL_SYNC_FAILED', 'sync', cause);
    }
    this.stats.groupSynced(group.entries.length, group.payloadBytes, this.#options.clock.nowMs() - beganAtMs);
    writer.advance(group.bytes);
    this.#position += group.bytes;
  }

  /** What cannot be overwritten is left behind: the next segment starts before it, so it is never read. */
  async #undo(writer: SegmentWriter, bytes: number): Promise<void> {
    try {
      await writer.undo(bytes);
    } catch {
      this.#writer = undefined;
      await writer.close().catch(() => undefined);
    }
  }

  #resolve(group: readonly WaitingAppend[], { entries }: EncodedGroup): void {
    const { table, events } = this.#options;
    for (const { lane, epoch, seq } of entries) table.confirm(lane, epoch, seq);
    if (entries.length > 0) {
      events.durable(entries);
      if (this.#isDiskFull) {
        this.#isDiskFull = false;
        events.diskFreed();
      }
    }
    let written = 0;
    for (const append of group) {
      if (append.recordBytes === 0)
        append.resolve({ position: entries[written - 1]?.position ?? this.#position, duplicate: true });
      else append.resolve({ position: entries[written++]!.position, duplicate: false });
    }
  }

  async #rotate(roomBytes: number): Promise<void> {
    const { table, maker, clock, events } = this.#options;
    if (clock.nowMs() < this.#retryAtMs) throw this.#noRoom(undefined);
    const order = {
      number: this.#number + 1,
      startPosition: this.#position,
      lanes: encodeLaneStates(table.states()),
      roomBytes,
    };
    let writer: SegmentWriter;
    try {
      writer = await maker.make(order);
    } catch (cause) {
      if (cause instanceof JournalError) throw this.#fail(cause.code, 'sync', cause);
      if (!isNoRoom(cause)) throw this.#fail('JOURNAL_WRITE_FAILED', 'new segment', cause);
      this.#retryAtMs = clock.nowMs() + this.#options.diskFullRetryMs;
      throw this.#noRoom(cause);
    }
    await this.#writer?.close().catch(() => undefined);
    this.#writer = writer;
    this.#number = order.number;
    this.#position = writer.segment.endPosition;
    events.segmentStarted(writer.segment);
  }

  #noRoom(cause: unknown): JournalError {
    return new JournalError('DISK_FULL', `no room at position ${this.#position}`, {
      position: this.#position,
      cause,
    });
  }

  #fail(code: JournalErrorCode, step: string, cause: unknown): JournalError {
    if (this.#failure !== undefined) return this.#failure;
    const path = this.#writer?.segment.path;
    this.#failure = new JournalError(code, `${step} failed at position ${this.#position}`, {
      path,
      position: this.#position,
      cause,
    });
    this.#options.events.failed(this.#failure);
    return this.#failure;
  }

  /** Batches behind a rejected one would be holes; all come again in order. */
  #rejectAll(error: JournalError): void {
    const rejected = [...this.#group, ...this.#queue.takeAll()];
    this.#group = [];
    this.stats.rejected += rejected.length;
    this.#options.table.forgetTaken();
    if (error.code === 'DISK_FULL') this.#diskFull(error);
    for (const append of rejected) append.reject(error);
  }

  #diskFull(error: JournalError): void {
    const isNews = !this.#isDiskFull;
    this.#isDiskFull = true;
    if (isNews) this.#options.events.diskFull(error);
  }
}
