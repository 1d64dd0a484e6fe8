import { Buffer } from 'node:buffer';
import path from 'node:path';
import type { FileSystem, JournalFile } from '@org/journal';

const SECTOR_BYTES = 512;

/** Numbers from a seed (mulberry32), so that a failing run can be repeated. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

export type Fault = 'ENOSPC' | 'EIO' | 'short';
type Operation = 'open' | 'read' | 'write' | 'sync' | 'rename' | 'unlink' | 'syncDirectory' | 'other';

interface Write {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** What the system shows, what the device has, and the writes that make the difference. */
interface Inode {
  shown: Buffer;
  durable: Buffer;
  unsynced: Write[];
}

interface NameChange {
  readonly remove?: string;
  readonly add?: readonly [name: string, inode: Inode];
}

class Crashed extends Error {}

function failure(code: string): Error {
  return Object.assign(new Error(`simulated ${code}`), { code });
}

/**
 * A file system in memory with one folder. It crashes at a chosen call, loses a random part of what was not synced
 * (sectors of writes, names), and fails calls on command.
 */
export class SimFileSystem implements FileSystem {
  calls = 0;
  crashed = false;
  /** The call at which it crashes, from 1; 0 for never. */
  crashAt = 0;
  /** A fault at this call, from 1; it stays for as long as `faultLasts` calls. */
  faultAt = 0;
  faultLasts = 1;
  fault: Fault = 'EIO';
  faulted = 0;
  /** The protection that the tests are about: off for the control run that must fail. */
  syncs = true;
  /** Every write beyond this many bytes in all files finds no room. */
  capacityBytes = Infinity;
  readonly operations: Operation[] = [];
  readonly #random: SeededRandom;
  #shown = new Map<string, Inode>();
  #durable = new Map<string, Inode>();
  #changes: NameChange[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  /** The process died: the system keeps what it was given. */
  restartProcess(): void {
    this.crashed = false;
    this.crashAt = 0;
    this.faultAt = 0;
  }

  /** Power was cut: what was not synced is there, is not there, or is there in part. */
  cutPower(): void {
    this.restartProcess();
    for (const change of this.#changes) if (this.#random.chance(0.5)) apply(this.#durable, change);
    this.#changes = [];
    const inodes = new Set([...this.#shown.values(), ...this.#durable.values()]);
    for (const inode of inodes) this.#loseSome(inode);
    this.#shown = new Map(this.#durable);
  }

  names(): string[] {
    return [...this.#shown.keys()].sort();
  }

  /** The bytes of a file, to look at or to damage. */
  content(name: string): Buffer {
    return this.#shown.get(name)!.shown;
  }

  setContent(name: string, bytes: Buffer): void {
    const content = Buffer.from(bytes);
    const inode = { shown: content, durable: Buffer.from(content), unsynced: [] };
    this.#shown.set(name, inode);
    this.#durable.set(name, inode);
  }

  remove(name: string): void {
    this.#shown.delete(name);
    this.#durable.delete(name);
  }

  /** A second disk with the same files. */
  copy(): SimFileSystem {
    const copy = new SimFileSystem(1);
    for (const name of this.names()) copy.setContent(name, this.content(name));
    return copy;
  }

  async open(file: string, mode: 'create' | 'write' | 'read'): Promise<JournalFile> {
    const name = path.basename(file);
    this.#enter('open');
    let inode = this.#shown.get(name);
    if (mode === 'create') {
      inode = { shown: Buffer.alloc(0), durable: Buffer.alloc(0), unsynced: [] };
      this.#shown.set(name, inode);
      this.#changes.push({ add: [name, inode] });
    }
    if (inode === undefined) throw failure('ENOENT');
    return Promise.resolve(this.#opened(inode));
  }

  async mkdir(): Promise<void> {
    this.#enter('other');
    return Promise.resolve();
  }

  async readdir(): Promise<readonly string[]> {
    this.#enter('other');
    return Promise.resolve(this.names());
  }

  async rename(from: string, to: string): Promise<void> {
    this.#enter('rename');
    const [fromName, toName] = [path.basename(from), path.basename(to)];
    const inode = this.#shown.get(fromName);
    if (inode === undefined) throw failure('ENOENT');
    const change = { remove: fromName, add: [toName, inode] as const };
    apply(this.#shown, change);
    this.#changes.push(change);
    return Promise.resolve();
  }

  async unlink(file: string): Promise<void> {
    const name = path.basename(file);
    this.#enter('unlink');
    if (!this.#shown.has(name)) throw failure('ENOENT');
    apply(this.#shown, { remove: name });
    this.#changes.push({ remove: name });
    return Promise.resolve();
  }

  async syncDirectory(): Promise<void> {
    this.#enter('syncDirectory');
    if (this.syncs) {
      for (const change of this.#changes) apply(this.#durable, change);
      this.#changes = [];
    }
    return Promise.resolve();
  }

  #opened(inode: Inode): JournalFile {
    return {
      size: async () => {
        this.#enter('other');
        return Promise.resolve(inode.shown.length);
      },
      read: async (into, offset) => {
        this.#enter('read');
        return Promise.resolve(inode.shown.copy(into, 0, offset, offset + into.length));
      },
      pwritev: async (buffers, offset) => Promise.resolve(this.#write(inode, Buffer.concat(buffers), offset)),
      fdatasync: async () => Promise.resolve(this.#sync(inode)),
      // A descriptor of a process that died is closed by the system.
      close: () => Promise.resolve(),
    };
  }

  #write(inode: Inode, bytes: Buffer, offset: number): number {
    let part = bytes;
    try {
      this.#enter('write');
      const used = [...this.#shown.values()].reduce((sum, { shown }) => sum + shown.length, 0);
      const grows = offset + bytes.length - inode.shown.length;
      if (grows > 0 && used + grows > this.capacityBytes) {
        const left = bytes.length - (used + grows - this.capacityBytes);
        if (left <= 0) throw failure('ENOSPC');
        part = bytes.subarray(0, left);
      }
    } catch (cause) {
      const isShort = (cause as NodeJS.ErrnoException).code === 'short';
      // Of a write that fails or is cut off by a crash any part may have been taken.
      part = bytes.subarray(
        0,
        isShort ? 1 + this.#random.below(bytes.length) : this.#random.below(bytes.length),
      );
      if ((cause as NodeJS.ErrnoException).code !== undefined || cause instanceof Crashed)
        put(inode, part, offset);
      if (!isShort) throw cause;
      return part.length;
    }
    put(inode, part, offset);
    return part.length;
  }

  #sync(inode: Inode): void {
    try {
      this.#enter('sync');
    } catch (cause) {
      // As Linux does it: the pages that could not be written are dropped from the list of what is still to write.
      if ((cause as NodeJS.ErrnoException).code === 'EIO') {
        this.#loseSome(inode, true);
        inode.unsynced = [];
      }
      throw cause;
    }
    if (!this.syncs) return;
    // Pages that a failed sync gave up are not written by this one either.
    for (const write of inode.unsynced) inode.durable = written(inode.durable, write.bytes, write.offset);
    inode.unsynced = [];
  }

  #loseSome(inode: Inode, keepShown = false): void {
    for (const { offset, bytes } of inode.unsynced) {
      for (let at = offset; at < offset + bytes.length;) {
        const end = Math.min((Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES, offset + bytes.length);
        if (this.#random.chance(0.5))
          inode.durable = written(inode.durable, bytes.subarray(at - offset, end - offset), at);
        at = end;
      }
    }
    if (keepShown) return;
    inode.unsynced = [];
    inode.shown = Buffer.from(inode.durable);
  }

  #enter(operation: Operation): void {
    if (this.crashed) throw new Crashed('simulated crash');
    this.calls++;
    this.operations.push(operation);
    if (this.calls === this.crashAt) {
      this.crashed = true;
      throw new Crashed('simulated crash');
    }
    if (this.faultAt > 0 && this.calls >= this.faultAt && this.calls < this.faultAt + this.faultLasts) {
      if (this.fault === 'short' && operation !== 'write') return;
      this.faulted++;
      throw failure(this.fault);
    }
  }
}

function apply(names: Map<string, Inode>, { remove, add }: NameChange): void {
  if (remove !== undefined) names.delete(remove);
  if (add !== undefined) names.set(...add);
}

function put(inode: Inode, bytes: Buffer, offset: number): void {
  if (bytes.length === 0) return;
  inode.shown = written(inode.shown, bytes, offset);
  inode.unsynced.push({ offset, bytes: Buffer.from(bytes) });
}

function written(content: Buffer, bytes: Buffer, offset: number): Buffer {
  const grown = content.length >= offset + bytes.length ? content : resized(content, offset + bytes.length);
  bytes.copy(grown, offset);
  return grown;
}

function resized(content: Buffer, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  content.copy(bytes);
  return bytes;
}
