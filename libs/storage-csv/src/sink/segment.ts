import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { StorageCsvError, syncError, writeError } from '../errors.ts';
import type { FileSystem, OpenFile } from '../file-system.ts';
import { fileHeader } from '../streams/catalogue.ts';
import { addToSum } from './content-sum.ts';
import { storedPath, type StoredFile } from './stored-file.ts';

/** Where a file ends, and the sum of what is before; undefined when it is not known. */
export interface SegmentEnd {
  readonly length: number;
  readonly sum: number | undefined;
}

/** A file that rows are appended to. It writes at offsets of its own, so that a failed write can be repeated. */
export class Segment {
  readonly place: StoredFile;
  /** Below the output folder, as a checkpoint lists it. */
  readonly path: string;
  /** Whether rows were appended since the last commit. */
  isTouched = false;
  /** Whether its name survives a power cut: it was there at a commit, or its folder will be synced at the next. */
  isNamed = false;
  readonly #fullPath: string;
  #file: OpenFile | undefined;
  #length: number;
  #sum: number | undefined;
  #isDirty = false;

  /** `length` is where the complete rows end; 0 makes the first append write the header. */
  constructor(outputDir: string, place: StoredFile, { length, sum }: SegmentEnd) {
    this.place = place;
    this.path = storedPath(place);
    this.#fullPath = join(outputDir, this.path);
    this.#length = length;
    this.#sum = length === 0 ? 0 : sum;
  }

  /** Bytes of header and rows. */
  get length(): number {
    return this.#length;
  }

  get end(): SegmentEnd {
    return { length: this.#length, sum: this.#sum };
  }

  /** Whether there is something that a power cut could take. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** Opens the file, and creates it when it is to be begun. `SEGMENT_CORRUPT` when it is not as long as it was left. */
  async open(fileSystem: FileSystem): Promise<void> {
    try {
      this.#file = await fileSystem.open(this.#fullPath);
      const size = await this.#file.size();
      if (size === this.#length) return;
      const problem = `expected ${this.#length} bytes, was ${size}: something else writes here`;
      throw new StorageCsvError('SEGMENT_CORRUPT', this.#fullPath, problem);
    } catch (error) {
      await this.close();
      throw writeError(this.#fullPath, error);
    }
  }

  /** Resolves when the operating system has all the bytes. */
  async append(rows: Buffer): Promise<void> {
    const header = this.#length === 0 ? fileHeader(this.place.kind)! : '';
    await this.#write(header === '' ? rows : Buffer.concat([Buffer.from(`${header}\n`), rows]));
  }

  /** Goes back to an earlier end: rows of a batch that was not written as a whole. */
  async cutTo({ length, sum }: SegmentEnd): Promise<void> {
    this.#isDirty = true;
    await this.#file!.truncate(length);
    this.#length = length;
    this.#sum = sum;
  }

  async sync(): Promise<void> {
    await this.#file!.sync().catch((error: unknown) => {
      throw syncError(this.#fullPath, error);
    });
    this.#isDirty = false;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** The system may take fewer bytes than offered, without an error; a full disk is often announced that way. */
  async #write(bytes: Buffer): Promise<void> {
    this.#isDirty = this.isTouched = true;
    try {
      for (let done = 0; done < bytes.length;) {
        const written = await this.#file!.write(bytes.subarray(done), this.#length + done);
        if (written <= 0) throw new Error(`expected to write ${bytes.length - done} bytes, was ${written}`);
        done += written;
      }
    } catch (error) {
      throw writeError(this.#fullPath, error);
    }
    this.#length += bytes.length;
    this.#sum = addToSum(this.#sum, bytes);
  }
}
