import { basename, dirname } from 'node:path';
import type { FileSystem, OpenFile } from '@org/storage-csv';
import { systemError } from './faulty-file-system.ts';

const SECTOR_BYTES = 64;

/** Numbers from a seed (mulberry32), so that a failing run can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

type Change = (content: Buffer) => Buffer;

/** What the system shows, and what the device has with the changes that make the difference. */
interface Inode {
  shown: Buffer;
  durable: Buffer;
  /** Each of these may have reached the device or not. */
  unsynced: Change[];
}

interface Folder {
  shown: Map<string, Node>;
  durable: Map<string, Node>;
  unsynced: ((names: Map<string, Node>) => void)[];
}

type Node = Inode | Folder;

/** The process is no more: nothing that it still asks for happens. */
export class Crashed extends Error {}

/**
 * A file system in memory that dies at a chosen call. A killed process leaves what the system was given; a power cut
 * keeps, drops or tears what was not synced: sectors of writes, cuts, new names and renamings, each for itself.
 */
export class SimFileSystem implements FileSystem {
  /** Calls so far, of those that alter something. */
  calls = 0;
  /** The call at which it dies, from 1; 0 for never. */
  crashAt = 0;
  /** Off for the control that must fail: a device that says it has what it has not. */
  syncs = true;
  /** Bytes that all files together can have. */
  capacityBytes = Infinity;
  readonly #random: () => number;
  readonly #root: Folder = newFolder();
  #isDead = false;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** The machine goes on without the process. */
  restartProcess(): void {
    this.#isDead = false;
    this.crashAt = this.calls = 0;
  }

  /** The machine starts again, with what had reached its disk. */
  cutPower(): void {
    this.restartProcess();
    this.#loseNames(this.#root);
  }

  /** Every file that is not hidden and not empty, by path. */
  contents(): Map<string, string> {
    const contents = new Map<string, string>();
    for (const [path, bytes] of this.#files(this.#root, '')) {
      if (!basename(path).startsWith('.') && bytes.length > 0) contents.set(path, bytes.toString());
    }
    return new Map([...contents].sort());
  }

  /** The bytes of one file; undefined where there is none. */
  content(path: string): Buffer | undefined {
    const node = this.#find(path);
    return node === undefined || isFolder(node) ? undefined : node.shown;
  }

  async open(path: string): Promise<OpenFile> {
    const parent = this.#folder(dirname(path));
    let inode = parent.shown.get(basename(path));
    if (inode === undefined) {
      const created = { shown: Buffer.alloc(0), durable: Buffer.alloc(0), unsynced: [] };
      this.#change(() => setName(parent, basename(path), created));
      inode = created;
    }
    if (isFolder(inode)) throw systemError('EISDIR');
    return Promise.resolve(this.#opened(inode));
  }

  async openExisting(path: string): Promise<OpenFile> {
    const inode = this.#folder(dirname(path)).shown.get(basename(path));
    if (inode === undefined) throw systemError('ENOENT');
    if (isFolder(inode)) throw systemError('EISDIR');
    return Promise.resolve(this.#opened(inode));
  }

  async makeFolder(path: string): Promise<readonly string[]> {
    if (this.#find(path) !== undefined) return [];
    const made = await this.makeFolder(dirname(path));
    const parent = this.#folder(dirname(path));
    this.#change(() => setName(parent, basename(path), newFolder()));
    return [...made, path];
  }

  async list(path: string) {
    const { shown } = this.#folder(path);
    return Promise.resolve([...shown].map(([name, node]) => ({ name, isFolder: isFolder(node) })));
  }

  async rename(from: string, to: string): Promise<void> {
    const parent = this.#folder(dirname(from));
    const inode = parent.shown.get(basename(from));
    if (inode === undefined) throw systemError('ENOENT');
    this.#change(() =>
      changeNames(parent, (names) => {
        names.delete(basename(from));
        names.set(basename(to), inode);
      }),
    );
    return Promise.resolve();
  }

  async removeFile(path: string): Promise<void> {
    const parent = this.#folder(dirname(path));
    this.#change(() => changeNames(parent, (names) => void names.delete(basename(path))));
    return Promise.resolve();
  }

  async syncFolder(path: string): Promise<void> {
    const folder = this.#folder(path);
    this.#change(() => {
      if (!this.syncs) return;
      for (const change of folder.unsynced.splice(0)) change(folder.durable);
    });
    return Promise.resolve();
  }

  #opened(inode: Inode): OpenFile {
    return {
      size: () => Promise.resolve(inode.shown.length),
      read: (into, position) => Promise.resolve(inode.shown.copy(into, 0, position, position + into.length)),
      write: async (bytes, position) => Promise.resolve(this.#write(inode, bytes, position)),
      truncate: async (length) => {
        this.#change(() => this.#apply(inode, [(content) => resized(content, length)]));
        return Promise.resolve();
      },
      sync: async () => {
        this.#change(() => {
          if (!this.syncs) return;
          inode.durable = Buffer.from(inode.shown);
          inode.unsynced = [];
        });
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
  }

  #write(inode: Inode, bytes: Buffer, position: number): number {
    const room = Math.max(0, this.capacityBytes - this.#usedBytes());
    const grows = Math.max(0, position + bytes.length - inode.shown.length);
    const fits = grows <= room ? bytes.length : bytes.length - grows + room;
    if (fits <= 0) throw systemError('ENOSPC');
    const taken = Buffer.from(bytes.subarray(0, fits));
    const put = (part: Buffer) => this.#apply(inode, sectorsOf(part, position));
    this.#change(
      () => put(taken),
      () => put(taken.subarray(0, Math.floor(this.#random() * taken.length))),
    );
    return fits;
  }

  #apply(inode: Inode, changes: readonly Change[]): void {
    for (const change of changes) inode.shown = change(inode.shown);
    inode.unsynced.push(...changes);
  }

  /** Of the call at which it dies all, nothing or a part has happened. */
  #change(make: () => void, makePart: () => void = make): void {
    if (this.#isDead) throw new Crashed('the process is dead');
    this.calls++;
    if (this.calls !== this.crashAt) return make();
    this.#isDead = true;
    if (this.#random() < 0.5) makePart();
    throw new Crashed('the process dies');
  }

  #loseNames(folder: Folder): void {
    for (const change of folder.unsynced) if (this.#random() < 0.5) change(folder.durable);
    folder.unsynced = [];
    folder.shown = new Map(folder.durable);
    for (const node of folder.shown.values()) {
      if (isFolder(node)) this.#loseNames(node);
      else this.#loseBytes(node);
    }
  }

  #loseBytes(inode: Inode): void {
    for (const change of inode.unsynced) if (this.#random() < 0.5) inode.durable = change(inode.durable);
    inode.unsynced = [];
    inode.shown = Buffer.from(inode.durable);
  }

  #usedBytes(): number {
    let used = 0;
    for (const [, bytes] of this.#files(this.#root, '')) used += bytes.length;
    return used;
  }

  *#files(folder: Folder, path: string): Generator<[string, Buffer]> {
    for (const [name, node] of folder.shown) {
      if (isFolder(node)) yield* this.#files(node, `${path}/${name}`);
      else yield [`${path}/${name}`, node.shown];
    }
  }

  #folder(path: string): Folder {
    if (this.#isDead) throw new Crashed('the process is dead');
    const node = this.#find(path);
    if (node === undefined) throw systemError('ENOENT');
    if (!isFolder(node)) throw systemError('ENOTDIR');
    return node;
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      node = node !== undefined && isFolder(node) ? node.shown.get(name) : undefined;
    }
    return node;
  }
}

function newFolder(): Folder {
  return { shown: new Map(), durable: new Map(), unsynced: [] };
}

function isFolder(node: Node): node is Folder {
  return node.shown instanceof Map;
}

function setName(folder: Folder, name: string, node: Node): void {
  changeNames(folder, (names) => void names.set(name, node));
}

function changeNames(folder: Folder, change: (names: Map<string, Node>) => void): void {
  change(folder.shown);
  folder.unsynced.push(change);
}

/** A write as the device takes it: piece by piece, in any order. */
function sectorsOf(bytes: Buffer, position: number): Change[] {
  const changes: Change[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(
      bytes.length,
      (Math.floor((position + at) / SECTOR_BYTES) + 1) * SECTOR_BYTES - position,
    );
    const [piece, offset] = [bytes.subarray(at, end), position + at];
    changes.push((content) => {
      const changed = resized(content, Math.max(content.length, offset + piece.length));
      piece.copy(changed, offset);
      return changed;
    });
    at = end;
  }
  return changes;
}

function resized(content: Buffer, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  content.copy(bytes);
  return bytes;
}
