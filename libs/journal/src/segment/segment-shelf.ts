import { JournalError } from '../errors.ts';
import type { FileSystem } from '../file-system.ts';
import { RecordScanner } from './record-scanner.ts';
import { placeOf } from './segment.ts';
import type { Segment } from './segment.ts';

/** The segments in their order, from the oldest to the one that is written to. */
export class SegmentShelf {
  readonly #fileSystem: FileSystem;
  readonly #dir: string;
  readonly #segments: Segment[];
  #releasing: Promise<unknown> = Promise.resolve();

  constructor(fileSystem: FileSystem, dir: string, segments: Segment[]) {
    this.#fileSystem = fileSystem;
    this.#dir = dir;
    this.#segments = segments;
  }

  get count(): number {
    return this.#segments.length;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
  }

  get oldestPosition(): number | undefined {
    return this.#segments[0]?.startPosition;
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
  }

  requirePosition(position: number): void {
    const oldest = this.oldestPosition ?? 0;
    if (position >= oldest) return;
    const message = `position ${position} was released, the oldest is ${oldest}`;
    throw new JournalError('POSITION_GONE', message, { position });
  }

  segmentBehind(position: number): Segment {
    this.requirePosition(position);
    return this.#segments.find(({ endPosition }) => endPosition > position)!;
  }

  async openScanner(segment: Segment): Promise<RecordScanner> {
    try {
      return new RecordScanner(await this.#fileSystem.open(segment.path, 'read'), placeOf(segment.header!));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
      const { path, startPosition: position } = segment;
      throw new JournalError('POSITION_GONE', `segment ${path} was released`, { path, position, cause });
    }
  }

  release(position: number): Promise<number> {
    const released = this.#releasing.then(() => this.#release(position));
    this.#releasing = released.catch(() => undefined);
    return released;
  }

  async settled(): Promise<void> {
    await this.#releasing;
  }

  /** Oldest first and each on its own: a crash in between leaves no hole in the chain. */
  async #release(position: number): Promise<number> {
    let count = 0;
    for (; this.#segments.length > 1 && this.#segments[0]!.endPosition <= position; count++) {
      const { path } = this.#segments[0]!;
      try {
        await this.#unlink(path);
        await this.#fileSystem.syncDirectory(this.#dir);
      } catch (cause) {
        throw new JournalError('RELEASE_FAILED', `segment ${path} was not deleted`, { path, cause });
      }
      this.#segments.shift();
    }
    return count;
  }

  async #unlink(path: string): Promise<void> {
    try {
      await this.#fileSystem.unlink(path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    }
  }
}
