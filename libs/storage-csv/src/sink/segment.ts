import { Buffer } from 'node:buffer';
import { writeError } from '../errors.ts';
import type { OpenFile } from '../file-system.ts';

/** A file that rows are appended to, open. It writes at offsets of its own, so that a failed write can be repeated. */
export class Segment {
  readonly path: string;
  readonly #file: OpenFile;
  readonly #header: string;
  #length: number;
  #isDirty: boolean;

  /** `length` is where the complete rows end; 0 makes the first append write the header. */
  constructor(path: string, file: OpenFile, header: string, length: number) {
    this.path = path;
    this.#file = file;
    this.#header = header;
    this.#length = length;
    this.#isDirty = false;
  }

  /** Bytes of header and rows. */
  get length(): number {
    return this.#length;
  }

  /** Whether there is something that a power cut could take. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** Resolves when the operating system has all the bytes. */
  async append(rows: Buffer): Promise<void> {
    const isFirst = this.#length === 0 && this.#header !== '';
    await this.#write(isFirst ? Buffer.concat([Buffer.from(`${this.#header}\n`), rows]) : rows);
  }

  /** Goes back to an earlier length: rows of a batch that was not written as a whole. */
  async cutTo(length: number): Promise<void> {
    this.#isDirty = true;
    await this.#file.truncate(length);
    this.#length = length;
  }

  async sync(): Promise<void> {
    await this.#file.sync();
    this.#isDirty = false;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** The system may take fewer bytes than offered, without an error; a full disk is often announced that way. */
  async #write(bytes: Buffer): Promise<void> {
    this.#isDirty = true;
    try {
      for (let done = 0; done < bytes.length;) {
        const written = await this.#file.write(bytes.subarray(done), this.#length + done);
        if (written <= 0) throw new Error(`expected to write ${bytes.length - done} bytes, was ${written}`);
        done += written;
      }
    } catch (error) {
      throw writeError(this.path, error);
    }
    this.#length += bytes.length;
  }
}
