import { join } from 'node:path';
import { syncError } from '../errors.ts';
import type { FileSystem } from '../file-system.ts';
import type { FileRows } from '../rows/batch-rows.ts';
import { openSegment } from './open-segment.ts';
import type { Segment } from './segment.ts';

/** Writes that are under way at once; the thread pool of Node has four threads. */
const WRITES_AT_ONCE = 16;

export interface SegmentPoolOptions {
  readonly fileSystem: FileSystem;
  readonly outputDir: string;
  readonly openFilesMax: number;
}

/** Where a file ended before a batch, so that the batch can be undone. */
interface Mark {
  readonly file: FileRows;
  readonly length: number;
}

/** The open files. The one that was used longest ago is synced and closed when there are too many. */
export class SegmentPool {
  readonly #options: SegmentPoolOptions;
  /** By key, the one used longest ago first. */
  readonly #segments = new Map<string, Segment>();
  /** Folders with names that a power cut could take. */
  readonly #newNames = new Set<string>();

  constructor(options: SegmentPoolOptions) {
    this.#options = options;
  }

  /**
   * Appends the rows of all files, or of none: after a failure the files end where they did before. Rejects with the
   * cause, or with an `AggregateError` when that could not be undone.
   */
  async append(files: ReadonlyMap<string, FileRows>): Promise<void> {
    const marks = new Map<string, Mark>();
    try {
      for (const group of groupsOf([...files], Math.min(WRITES_AT_ONCE, this.#options.openFilesMax))) {
        await this.#appendGroup(group, marks);
      }
    } catch (error) {
      await this.#undo(marks, error);
      throw error;
    }
  }

  /** Everything appended so far survives a power cut. */
  async sync(): Promise<void> {
    const dirty = [...this.#segments.values()].filter(({ isDirty }) => isDirty);
    await allOf(dirty.map((segment) => syncSegment(segment)));
    for (const folder of this.#newNames) {
      await this.#options.fileSystem.syncFolder(folder).catch((error: unknown) => {
        throw syncError(folder, error);
      });
    }
    this.#newNames.clear();
  }

  /** Closes the files as they are. */
  async close(): Promise<void> {
    const segments = [...this.#segments.values()];
    this.#segments.clear();
    await allOf(segments.map((segment) => segment.close()));
  }

  async #appendGroup(group: readonly [string, FileRows][], marks: Map<string, Mark>): Promise<void> {
    const writes: (() => Promise<void>)[] = [];
    for (const [key, file] of group) {
      if (file.rows.length === 0) continue;
      const segment = await this.#segment(key, file);
      marks.set(key, { file, length: segment.length });
      writes.push(() => segment.append(file.rows.view()));
    }
    await allOf(writes.map((write) => write()));
  }

  async #undo(marks: ReadonlyMap<string, Mark>, cause: unknown): Promise<void> {
    try {
      for (const [key, { file, length }] of marks) await (await this.#segment(key, file)).cutTo(length);
    } catch (error) {
      throw new AggregateError([cause, error], 'a batch could neither be written nor undone');
    }
  }

  async #segment(key: string, { folder, kind, period }: FileRows): Promise<Segment> {
    const { fileSystem, outputDir, openFilesMax } = this.#options;
    let segment = this.#segments.get(key);
    if (segment === undefined) {
      while (this.#segments.size >= openFilesMax) await this.#closeOldest();
      segment = await openSegment(fileSystem, { folder: join(outputDir, folder), kind, period });
      if (segment.length === 0) this.#newNames.add(outputDir).add(join(outputDir, folder));
    } else this.#segments.delete(key);
    this.#segments.set(key, segment);
    return segment;
  }

  async #closeOldest(): Promise<void> {
    const [key, segment] = this.#segments.entries().next().value!;
    this.#segments.delete(key);
    try {
      if (segment.isDirty) await syncSegment(segment);
    } finally {
      await segment.close();
    }
  }
}

async function syncSegment(segment: Segment): Promise<void> {
  try {
    await segment.sync();
  } catch (error) {
    throw syncError(segment.path, error);
  }
}

/** Waits for all of them, also when one fails: nothing may be under way when a failure is answered. */
async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function* groupsOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
