import { Buffer } from 'node:buffer';
import type { FileSystem, JournalFile } from '../file-system.ts';
import { align } from '../format/record.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import { isNoRoom } from '../errors.ts';
import type { LaneState, LaneTable } from '../lanes/lane-table.ts';
import { RecordScanner } from '../segment/record-scanner.ts';
import { offsetOf, placeOf } from '../segment/segment.ts';
import type { DamageProblem, JournalDamage, Segment } from '../segment/segment.ts';
import { writeFully } from '../segment/write-fully.ts';
import { findSegments, journalIdOf } from './segment-list.ts';
import type { FoundSegment } from './segment-list.ts';
import { applyNotes, judgeTail, surveySegment } from './segment-survey.ts';
import type { Gap } from './segment-survey.ts';

/** What was found when the journal opened. */
export interface RecoveryReport {
  /** Behind the last batch that is there; new batches get greater positions. */
  readonly position: number;
  readonly lanes: readonly LaneState[];
  /** Bytes of a last group whose sync had not returned: nobody was told that they are stored. */
  readonly tornBytesCut: number;
  /** Lost although it had been stored. Each entry comes again at every open until its segment is released. */
  readonly damage: readonly JournalDamage[];
  /** Segments that were found. */
  readonly segments: number;
}

export interface Recovered {
  readonly report: RecoveryReport;
  readonly segments: Segment[];
  readonly lastNumber: number;
  readonly journalId: Buffer | undefined;
}

export interface RecoverOptions {
  readonly fileSystem: FileSystem;
  readonly dir: string;
  readonly names: readonly string[];
  /** For the size of a segment that does not say its own. */
  readonly segmentBytes: number;
  readonly knownPosition: number;
  readonly table: LaneTable;
}

/** Reads all segments, decides where the journal ends, and makes that end durable. */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { fileSystem, dir, names, table, knownPosition } = options;
  const found = await findSegments(fileSystem, dir, names);
  const recovery = new Recovery(options, journalIdOf(found));
  for (const [index, segment] of found.entries()) await recovery.add(segment, found[index + 1]);
  const lastSegment = recovery.segments.at(-1);
  let position = lastSegment?.endPosition ?? 0;
  if (knownPosition > position) {
    const gap = { fromPosition: position, toPosition: align(knownPosition) };
    recovery.report('END_MISSING', lastSegment?.path ?? dir, lastSegment?.startPosition ?? position, gap);
    table.expectHoles();
    position = gap.toPosition;
    if (lastSegment !== undefined) lastSegment.endPosition = position;
  }
  const { damage, tornBytesCut, segments } = recovery;
  const report = { position, lanes: table.states(), tornBytesCut, damage, segments: segments.length };
  return { report, segments, lastNumber: recovery.lastNumber, journalId: journalIdOf(found) };
}

class Recovery {
  readonly segments: Segment[] = [];
  readonly damage: JournalDamage[] = [];
  tornBytesCut = 0;
  lastNumber = 0;
  readonly #options: RecoverOptions;
  readonly #journalId: Buffer | undefined;

  constructor(options: RecoverOptions, journalId: Buffer | undefined) {
    this.#options = options;
    this.#journalId = journalId;
  }

  async add(found: FoundSegment, next: FoundSegment | undefined): Promise<void> {
    const problem = this.#headerProblem(found);
    this.lastNumber = Math.max(this.lastNumber + 1, found.header?.number ?? 0);
    if (problem !== undefined) this.#addUnreadable(problem, found, next);
    else if (next === undefined) await this.#addLast(found);
    else await this.#addBounded(found, next);
  }

  report(problem: DamageProblem, file: string, startPosition: number, gap: Gap): void {
    this.damage.push({ problem, file, offset: offsetOf(startPosition, gap.fromPosition), ...gap });
  }

  #headerProblem({ header, startPosition }: FoundSegment): DamageProblem | undefined {
    if (header === undefined) return 'HEADER_UNREADABLE';
    const isOurs = header.startPosition === startPosition && header.journalId.equals(this.#journalId!);
    return isOurs ? undefined : 'SEGMENT_FOREIGN';
  }

  #addUnreadable(problem: DamageProblem, found: FoundSegment, next: FoundSegment | undefined): void {
    const { startPosition } = found;
    // Positions up to this one may have been handed out; none of them is given a second time.
    const endPosition =
      next?.startPosition ?? startPosition + align(Math.max(found.fileBytes, this.#options.segmentBytes));
    this.damage.push({
      problem,
      file: found.path,
      offset: 0,
      fromPosition: startPosition,
      toPosition: endPosition,
    });
    this.#options.table.expectHoles();
    this.segments.push({ ...found, header: undefined, endPosition });
  }

  /** A segment whose end is known, because the next one starts there: all of it had been synced. */
  async #addBounded(found: FoundSegment, next: FoundSegment): Promise<void> {
    const bound = next.startPosition;
    const { scanner, header } = await this.#open(found, 'read');
    try {
      const survey = await surveySegment(scanner, found.startPosition, bound);
      const isMissing = next.header !== undefined && next.header.number !== header.number + 1;
      const gaps = [...survey.gaps];
      for (const gap of gaps) this.report('RECORD_UNREADABLE', found.path, found.startPosition, gap);
      const rest = { fromPosition: survey.endPosition, toPosition: bound };
      const isShort = found.fileBytes < header.segmentBytes;
      if (isShort || rest.fromPosition < bound) {
        const problem = isMissing ? 'SEGMENT_MISSING' : isShort ? 'SEGMENT_SHORT' : 'RECORD_UNREADABLE';
        this.report(problem, isMissing ? next.path : found.path, found.startPosition, rest);
        gaps.push(rest);
      }
      applyNotes(this.#options.table, survey.notes, gaps, bound);
      this.segments.push({ ...found, endPosition: bound });
    } finally {
      await scanner.close();
    }
  }

  async #addLast(found: FoundSegment): Promise<void> {
    const { scanner, header, rewrite } = await this.#open(found, 'write');
    try {
      const limit = found.startPosition + header.segmentBytes - SEGMENT_HEADER_BYTES;
      const survey = await surveySegment(scanner, found.startPosition, limit);
      const verdict = judgeTail(survey);
      const damage = [...verdict.damage];
      for (const gap of damage) this.report('RECORD_UNREADABLE', found.path, found.startPosition, gap);
      let { endPosition } = verdict;
      await rewrite(survey.syncedPosition, endPosition);
      const isShort = found.fileBytes < header.segmentBytes;
      // The first record was synced with the header: without it the file has been harmed, and its end is unknown.
      if (isShort || endPosition === found.startPosition) {
        const rest = { fromPosition: endPosition, toPosition: limit };
        this.report(isShort ? 'SEGMENT_SHORT' : 'RECORD_UNREADABLE', found.path, found.startPosition, rest);
        damage.push(rest);
        endPosition = limit;
      } else this.tornBytesCut += await scanner.writtenBytes(endPosition, limit);
      applyNotes(this.#options.table, survey.notes, damage, endPosition);
      this.segments.push({ ...found, endPosition });
    } finally {
      await scanner.close();
    }
  }

  async #open(found: FoundSegment, mode: 'read' | 'write') {
    const header = found.header!;
    const file = await this.#options.fileSystem.open(found.path, mode);
    const scanner = new RecordScanner(file, placeOf(header));
    const rewrite = (from: number, to: number) =>
      makeDurable(file, offsetOf(found.startPosition, from), to - from);
    return { scanner, header, rewrite };
  }
}

/**
 * The last group may be in the system's memory only, and after a failed sync it may stay there for ever without being
 * written (the pages count as clean). Written once more and synced, it is on the device or the start fails.
 */
async function makeDurable(file: JournalFile, offset: number, length: number): Promise<void> {
  if (length === 0) return file.fdatasync();
  const bytes = Buffer.alloc(length);
  for (let filled = 0; filled < length;) {
    const count = await file.read(bytes.subarray(filled), offset + filled);
    if (count === 0) throw new Error(`file ended at byte ${offset + filled} while it was recovered`);
    filled += count;
  }
  try {
    await writeFully(file, [bytes], offset);
  } catch (cause) {
    // These bytes have their place already; a file system that copies on write may want a second one.
    if (!isNoRoom(cause)) throw cause;
  }
  await file.fdatasync();
}
