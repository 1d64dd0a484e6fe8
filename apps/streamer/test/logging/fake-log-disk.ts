import { Buffer } from 'node:buffer';
import { basename, dirname } from 'node:path';
import type { LogDisk, OpenLog, StoredLog } from '../../src/logging/log-disk.ts';

/** A disk in memory: it fills up, breaks, and hangs on command. */
export class FakeLogDisk implements LogDisk {
  readonly files = new Map<string, string>();
  capacityBytes = Infinity;
  broken: NodeJS.ErrnoException | undefined;
  /** Writes neither succeed nor fail. */
  isHanging = false;
  opened = 0;
  writes = 0;

  linesOf(path: string): string[] {
    return (this.files.get(path) ?? '').split('\n').slice(0, -1);
  }

  get bytes(): number {
    return [...this.files.values()].reduce((total, text) => total + Buffer.byteLength(text), 0);
  }

  async open(path: string): Promise<OpenLog> {
    await Promise.resolve();
    this.#check(0);
    this.opened++;
    this.#append(path, Buffer.alloc(0));
    return this.#opened(path);
  }

  appendLast(path: string, bytes: Buffer): void {
    this.#append(path, bytes);
  }

  async rename(from: string, to: string): Promise<void> {
    await Promise.resolve();
    const text = this.files.get(from);
    if (text === undefined) return;
    this.files.set(to, text);
    this.files.delete(from);
  }

  async remove(path: string): Promise<void> {
    await Promise.resolve();
    this.files.delete(path);
  }

  async list(folder: string): Promise<readonly StoredLog[]> {
    await Promise.resolve();
    return [...this.files]
      .filter(([path]) => dirname(path) === folder)
      .map(([path, text], index) => ({
        name: basename(path),
        bytes: Buffer.byteLength(text),
        modifiedAtMs: index,
      }));
  }

  #opened(path: string): OpenLog {
    const bytesOf = (): number => Buffer.byteLength(this.files.get(path) ?? '');
    const append = (bytes: Buffer): void => this.#append(path, bytes);
    const write = async (bytes: Buffer): Promise<void> => {
      this.writes++;
      await Promise.resolve();
      if (this.isHanging) await new Promise(() => undefined);
      append(bytes);
    };
    return {
      get bytes() {
        return bytesOf();
      },
      write,
      writeLast: (writing, rest) => append(Buffer.concat([writing ?? Buffer.alloc(0), rest])),
      close: () => Promise.resolve(),
    };
  }

  #append(path: string, bytes: Buffer): void {
    this.#check(bytes.length);
    this.files.set(path, (this.files.get(path) ?? '') + bytes.toString());
  }

  #check(bytes: number): void {
    if (this.broken !== undefined) throw this.broken;
    if (this.bytes + bytes > this.capacityBytes)
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }
}
