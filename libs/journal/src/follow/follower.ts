import { decodeBatch } from '../format/record.ts';
import type { RecordScanner } from '../segment/record-scanner.ts';
import type { JournalDamage, Segment } from '../segment/segment.ts';
import { offsetOf } from '../segment/segment.ts';
import type { JournalEntry, MemoryTail } from './memory-tail.ts';

/** What a follower sees of the journal. */
export interface FollowedJournal {
  readonly tail: MemoryTail;
  durablePosition(): number;
  /** The segment that holds what comes behind this position, and an open scanner of it. */
  segmentBehind(position: number): Segment;
  openScanner(segment: Segment): Promise<RecordScanner>;
  /** Resolves when there is more, or when the journal closed. */
  moreThan(position: number): Promise<void>;
  isClosed(): boolean;
  damaged(damage: JournalDamage): void;
  closed(): void;
}

interface OpenSegment {
  readonly segment: Segment;
  readonly scanner: RecordScanner;
}

/** Reads the journal in order from a position on, only what is durable, and waits for more at the end. */
export class JournalFollower {
  readonly name: string;
  readonly #journal: FollowedJournal;
  #position: number;
  #open: OpenSegment | undefined;
  /** Damage lies behind the last entry that was handed out. */
  #isAfterDamage = false;
  #isReading = false;
  #isClosed = false;

  constructor(name: string, position: number, journal: FollowedJournal) {
    this.name = name;
    this.#position = position;
    this.#journal = journal;
  }

  /** Behind the last entry that was handed out. */
  get position(): number {
    return this.#position;
  }

  /**
   * The next entries: at least one, and no more than `bytesMax` of payload unless the first alone is larger. Waits until
   * there are any. Empty when this follower or the journal was closed. One call at a time. The first entry behind a place
   * that cannot be read has `afterDamage`, as often as it is read from an entry before that place.
   */
  async next(bytesMax: number): Promise<readonly JournalEntry[]> {
    if (this.#isReading) throw new Error(`follower ${this.name}: next was called before the last call ended`);
    this.#isReading = true;
    try {
      return await this.#next(bytesMax);
    } finally {
      this.#isReading = false;
      if (this.#isClosed) await this.#closeSegment();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#journal.closed();
    if (!this.#isReading) await this.#closeSegment();
  }

  async #next(bytesMax: number): Promise<readonly JournalEntry[]> {
    const { tail } = this.#journal;
    for (;;) {
      if (this.#isClosed || this.#journal.isClosed()) return [];
      const durable = this.#journal.durablePosition();
      if (this.#position >= durable) {
        await this.#journal.moreThan(this.#position);
        continue;
      }
      const isNear = this.#position >= tail.fromPosition;
      const entries = isNear
        ? tail.read(this.#position, bytesMax)
        : await this.#fromSegment(bytesMax, durable);
      if (isNear) await this.#closeSegment();
      // Without entries there was only the head of a segment: that much is behind this follower too.
      if (isNear) this.#position = entries.at(-1)?.position ?? durable;
      if (entries.length === 0) continue;
      if (this.#isAfterDamage && isNear) entries[0] = { ...entries[0]!, afterDamage: true };
      if (isNear) this.#isAfterDamage = false;
      return entries;
    }
  }

  async #fromSegment(bytesMax: number, durable: number): Promise<JournalEntry[]> {
    const segment = this.#journal.segmentBehind(this.#position);
    // Between two segments there may be positions that were never handed out.
    let position = Math.max(this.#position, segment.startPosition);
    let isAfterDamage = this.#isAfterDamage;
    const limit = Math.min(segment.endPosition, durable);
    const entries: JournalEntry[] = [];
    if (segment.header === undefined) [position, isAfterDamage] = [limit, true];
    else {
      const scanner = await this.#scanner(segment);
      for (let bytes = 0; position < limit && bytes < bytesMax;) {
        const record = await scanner.recordAt(position, limit);
        if (record === undefined) {
          const next = (await scanner.nextRecordPosition(position, limit)) ?? limit;
          this.#reportGap(segment, position, next);
          [position, isAfterDamage] = [next, true];
          continue;
        }
        const behind = position + record.recordBytes;
        if (record.kind === 'batch') {
          const batch = decodeBatch(record.body);
          bytes += batch.payload.length;
          if (entries.length > 0 && bytes > bytesMax) break;
          entries.push({ ...batch, position: behind, ...(isAfterDamage && { afterDamage: true }) });
          isAfterDamage = false;
        }
        position = behind;
      }
    }
    // Together with the position: what is read again after an error meets the damage again.
    this.#isAfterDamage = isAfterDamage;
    this.#position = position;
    return entries;
  }

  #reportGap(segment: Segment, fromPosition: number, toPosition: number): void {
    const offset = offsetOf(segment.startPosition, fromPosition);
    this.#journal.damaged({
      problem: 'RECORD_UNREADABLE',
      file: segment.path,
      offset,
      fromPosition,
      toPosition,
    });
  }

  async #scanner(segment: Segment): Promise<RecordScanner> {
    if (this.#open?.segment === segment) return this.#open.scanner;
    await this.#closeSegment();
    const scanner = await this.#journal.openScanner(segment);
    this.#open = { segment, scanner };
    return scanner;
  }

  async #closeSegment(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.scanner.close();
  }
}
