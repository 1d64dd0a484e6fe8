import { Buffer } from 'node:buffer';
import { decodeBlock } from './block.ts';
import type { Block, BlockEntry, SpooledBatch } from './block.ts';
import type { SpoolFile, SpoolFileSystem } from './spool-file-system.ts';

/** One file of the spool: blocks are added at its end and read from its beginning, each once. */
export class SpoolSegment {
  readonly #fileSystem: SpoolFileSystem;
  readonly #path: string;
  readonly #file: SpoolFile;
  readonly #unread: BlockEntry[] = [];
  #bytes = 0;
  #closed = false;

  private constructor(fileSystem: SpoolFileSystem, path: string, file: SpoolFile) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#file = file;
  }

  static async create(fileSystem: SpoolFileSystem, path: string): Promise<SpoolSegment> {
    return new SpoolSegment(fileSystem, path, await fileSystem.create(path));
  }

  /** Bytes of whole blocks in the file, read or not. */
  get bytes(): number {
    return this.#bytes;
  }
  /** The next block to read. */
  get head(): BlockEntry | undefined {
    return this.#unread[0];
  }

  /** Rejects when the disk does; what it took of the block is then written over by the next one. */
  async append(block: Block): Promise<void> {
    let position = this.#bytes;
    for (const part of block.parts) {
      await writeFully(this.#file, part, position);
      position += part.length;
    }
    const { parts: _, ...entry } = block;
    this.#unread.push({ ...entry, position: this.#bytes });
    this.#bytes = position;
  }

  /** The batches of the head; undefined when it is not what was written. Rejects when the disk does. */
  async read(): Promise<SpooledBatch[] | undefined> {
    const entry = this.#unread[0]!;
    const bytes = Buffer.allocUnsafeSlow(entry.fileBytes);
    let filled = 0;
    while (filled < bytes.length) {
      const read = await this.#file.read(bytes.subarray(filled), entry.position + filled);
      if (read === 0) return undefined;
      filled += read;
    }
    return decodeBlock(bytes, entry);
  }

  /** The head was read, or never will be. */
  dropHead(): void {
    this.#unread.shift();
  }

  /** Closes and removes the file. After a rejection it may be tried again. */
  async remove(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      // A file that cannot be closed is closed all the same, and nothing in it is needed any more.
      await this.#file.close().catch(() => undefined);
    }
    await this.#fileSystem.remove(this.#path);
  }
}

/** A write may take less than it was given without saying why; the next one says. */
async function writeFully(file: SpoolFile, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const taken = await file.write(bytes.subarray(written), position + written);
    if (taken === 0)
      throw new Error(`spool file took 0 of ${bytes.length - written} bytes at ${position + written}`);
    written += taken;
  }
}
