import { join } from 'node:path';
import { syncError, writeError } from '../errors.ts';
import type { FileSystem } from '../file-system.ts';
import type { FileRows } from '../rows/batch-rows.ts';
import { allOf, groupsOf, inGroups } from './in-groups.ts';
import type { Segment, SegmentEnd } from './segment.ts';
import { placeKey } from './stored-file.ts';

/** Of the four threads that Node has for files: hundreds of syncs must not keep the journal's own waiting. */
const SYNCS_AT_ONCE = 2;

export interface SegmentPoolOptions {
  readonly fileSystem: FileSystem;
  readonly outputDir: string;
  readonly openFilesMax: number;
}

/** The files that are listed in the checkpoint, some of them open. The one used longest ago is synced and closed. */
export class SegmentPool {
  readonly #options: SegmentPoolOptions;
  /** By the key of the place. */
  readonly #segments = new Map<string, Segment>();
  /** The one used longest ago first. */
  readonly #open = new Set<Segment>();
  /** Folders with names that a power cut could take. */
  readonly #newNames = new Set<string>();

  constructor(options: SegmentPoolOptions) {
    this.#options = options;
  }

  segments(): Iterable<Segment> {
    return this.#segments.values();
  }

  has(key: string): boolean {
    return this.#segments.has(key);
  }

  /** Whether the file of a place has no byte yet. */
  isEmpty(key: string): boolean {
    return this.#segments.get(key)?.length === 0;
  }

  /** Takes in a file; of two parts of a place the later one gets the rows. */
  add(segment: Segment): void {
    const key = placeKey(segment.place);
    const known = this.#segments.get(key);
    if (known === undefined || known.place.part < segment.place.part) this.#segments.set(key, segment);
  }

  /**
   * Appends the rows of all files, or of none: after a failure the files end where they did before. Rejects with the
   * cause, or with an `AggregateError` when that could not be undone. Every key was added before.
   */
  async append(files: ReadonlyMap<string, FileRows>): Promise<void> {
    const marks = new Map<Segment, SegmentEnd>();
    try {
      for (const group of groupsOf([...files], this.#options.openFilesMax)) {
        await this.#appendGroup(group, marks);
      }
    } catch (error) {
      await this.#undo(marks, error);
      throw error;
    }
  }

  /** Everything appended so far survives a power cut. */
  async sync(): Promise<void> {
    const dirty = [...this.#open].filter(({ isDirty }) => isDirty);
    await inGroups(dirty, (segment) => segment.sync(), SYNCS_AT_ONCE);
    for (const folder of this.#newNames) {
      await this.#options.fileSystem.syncFolder(folder).catch((error: unknown) => {
        throw syncError(folder, error);
      });
    }
    this.#newNames.clear();
  }

  /** After a commit: forgets, and closes, the files that are not listed any more. */
  async keep(listed: ReadonlyMap<string, number>): Promise<void> {
    const closing: Promise<void>[] = [];
    for (const [key, segment] of this.#segments) {
      segment.isTouched = false;
      if (listed.has(segment.path)) continue;
      this.#segments.delete(key);
      if (this.#open.delete(segment)) closing.push(segment.close());
    }
    await allOf(closing);
  }

  /** Between two commits: forgets, and closes, files that no row came to since the last one. */
  async drop(paths: ReadonlySet<string>): Promise<void> {
    const closing: Promise<void>[] = [];
    for (const [key, segment] of this.#segments) {
      if (!paths.has(segment.path)) continue;
      this.#segments.delete(key);
      if (this.#open.delete(segment)) closing.push(segment.close());
    }
    await allOf(closing);
  }

  /** Closes the files as they are. */
  async close(): Promise<void> {
    const segments = [...this.#open];
    this.#open.clear();
    this.#segments.clear();
    await allOf(segments.map((segment) => segment.close()));
  }

  async #appendGroup(group: readonly [string, FileRows][], marks: Map<Segment, SegmentEnd>): Promise<void> {
    const writes: (() => Promise<void>)[] = [];
    for (const [key, { rows }] of group) {
      if (rows.length === 0) continue;
      const segment = this.#segments.get(key)!;
      await this.#use(segment);
      marks.set(segment, segment.end);
      writes.push(() => segment.append(rows.view()));
    }
    await allOf(writes.map((write) => write()));
  }

  /** The last ones first: those that failed are open still, and must be as long as they should be when they close. */
  async #undo(marks: ReadonlyMap<Segment, SegmentEnd>, cause: unknown): Promise<void> {
    try {
      for (const [segment, end] of [...marks].reverse()) {
        await this.#use(segment);
        await segment.cutTo(end);
      }
    } catch (error) {
      throw new AggregateError([cause, error], 'a batch could neither be written nor undone');
    }
  }

  async #use(segment: Segment): Promise<void> {
    if (!this.#open.delete(segment)) {
      while (this.#open.size >= this.#options.openFilesMax) await this.#closeOldest();
      await this.#openFile(segment);
    }
    this.#open.add(segment);
  }

  async #openFile(segment: Segment): Promise<void> {
    const { fileSystem, outputDir } = this.#options;
    if (segment.isNamed) return segment.open(fileSystem);
    const folder = join(outputDir, segment.place.folder);
    await fileSystem.makeFolder(folder).catch((error: unknown) => {
      throw writeError(folder, error);
    });
    await segment.open(fileSystem);
    // Only now that there is a name: a commit between a failure and its repetition would have synced nothing.
    this.#newNames.add(outputDir).add(folder);
    segment.isNamed = true;
  }

  async #closeOldest(): Promise<void> {
    const [segment] = this.#open;
    this.#open.delete(segment!);
    try {
      if (segment!.isDirty) await segment!.sync();
    } finally {
      await segment!.close();
    }
  }
}
