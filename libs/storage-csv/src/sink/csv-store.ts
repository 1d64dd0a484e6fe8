import { dirname } from 'node:path';
import type { SinkOpened, SinkRepair } from '@org/storage';
import { StorageCsvError } from '../errors.ts';
import type { Periods } from '../file-names.ts';
import type { FileSystem } from '../file-system.ts';
import type { Openings } from '../openings/openings.ts';
import type { FileRows } from '../rows/batch-rows.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import type { Checkpoint } from './checkpoint.ts';
import { findSegments } from './find-segment.ts';
import { FinishedFiles, type ClosingTime } from './finished-files.ts';
import { filesToList, placesToFollow } from './listed-files.ts';
import { restoreFiles, type RestoredFiles } from './restore-files.ts';
import { SegmentPool } from './segment-pool.ts';
import { mendStore } from './store-repair.ts';
import { placeKey, type RowsPlace } from './stored-file.ts';
import { hasRows } from './stored-rows.ts';

export interface CsvStoreOptions {
  readonly fileSystem: FileSystem;
  readonly outputDir: string;
  readonly openFilesMax: number;
  /** Drawn for this opening of the store. */
  readonly owner: string;
  /** Brings the books that files of depth begin with. */
  readonly openings: Openings | undefined;
  readonly periods: Periods;
  /** Files of earlier parts are left as they are. */
  readonly firstPart: number;
}

type Saved = Omit<Checkpoint, 'owner'>;

/**
 * The files of a store and the checkpoint that says where they end. A file is listed in the checkpoint before its first
 * byte is written, so opening finds everything that came after the last commit, and cuts it.
 */
export class CsvStore {
  readonly #options: CsvStoreOptions;
  readonly #file: CheckpointFile;
  readonly #pool: SegmentPool;
  /** What the checkpoint on the disk says. */
  #saved: Saved = { position: 0, state: undefined, files: new Map(), sums: new Map(), closed: new Set() };
  readonly #finished: FinishedFiles;

  constructor(options: CsvStoreOptions) {
    this.#options = options;
    this.#file = new CheckpointFile(options.fileSystem, options.outputDir, options.owner);
    this.#pool = new SegmentPool(options);
    this.#finished = new FinishedFiles(options);
  }

  /** Position of the last commit. */
  get position(): number {
    return this.#saved.position;
  }

  /** State of the last commit. */
  get state(): string | undefined {
    return this.#saved.state;
  }

  /** Takes the store over, and brings its files to where the checkpoint says that they end. */
  async open(): Promise<SinkOpened> {
    const { fileSystem, outputDir } = this.#options;
    // The names of the symbols' folders reach the device with the first commit; those above the store must by now.
    for (const made of await fileSystem.makeFolder(outputDir)) await fileSystem.syncFolder(dirname(made));
    const loaded = await this.#file.load();
    if (loaded === undefined || loaded === 'damaged') return this.#openWithout(loaded);
    const { position, state, files, sums, closed } = loaded;
    this.#saved = { position, state, files, sums, closed };
    await this.#claim();
    const { segments, repairs }: RestoredFiles = await restoreFiles(fileSystem, outputDir, loaded);
    for (const segment of segments)
      if (segment.place.part >= this.#options.firstPart) this.#pool.add(segment);
    const isPositionLost = await this.#hasRowsWithoutPosition();
    return this.#opened(
      isPositionLost,
      isPositionLost ? [this.#repair('one of position 0', isPositionLost), ...repairs] : repairs,
    );
  }

  /** Appends the rows of all files, or of none. */
  async append(files: ReadonlyMap<string, FileRows>): Promise<void> {
    await this.#list(files);
    await this.#open(files);
    await this.#pool.append(files);
  }

  /** Makes everything appended so far durable, and the position and state with it. */
  async commit(position: number, state: string | undefined): Promise<void> {
    if (position === this.position && state === this.state) return;
    await this.#pool.sync();
    const before = this.#saved.files;
    const files = filesToList(before, this.#pool.segments());
    await this.#save({ ...this.#saved, position, state, files, sums: this.#sumsOf(files) });
    await this.#pool.keep(this.#saved.files);
    this.#finished.left(before, this.#saved.files);
    await this.#options.openings?.committed();
  }

  /**
   * Closes the files whose period is over, if no row came to them for a while, and since the last commit in any case: the
   * checkpoint remembers them, and rows that still come go to another part. Returns all that are closed and not packed.
   */
  async closeFiles(time: ClosingTime): Promise<readonly string[]> {
    const { files, closed } = this.#saved;
    const { ended, empty } = await this.#finished.due(time, files, closed, this.#pool.segments());
    if (ended.length + empty.length > 0) {
      const gone = new Set([...ended, ...empty]);
      const listed = new Map([...files].filter(([path]) => !gone.has(path)));
      await this.#save({ ...this.#saved, files: listed, closed: new Set([...closed, ...ended]) });
      await this.#pool.drop(gone);
      this.#finished.closed(gone);
    }
    return [...this.#saved.closed];
  }

  /** These are packed: what lies beside them says that they are closed, so the next checkpoint need not. */
  packed(paths: readonly string[]): void {
    const closed = new Set(this.#saved.closed);
    for (const path of paths) closed.delete(path);
    this.#saved = { ...this.#saved, closed };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #save(checkpoint: Saved): Promise<void> {
    await this.#file.save(checkpoint);
    this.#saved = checkpoint;
  }

  async #openWithout(loaded: 'damaged' | undefined): Promise<SinkOpened> {
    const { fileSystem, outputDir } = this.#options;
    // Before mending: a file of which nothing can be kept had rows, too.
    const isPositionLost = await hasRows(fileSystem, outputDir);
    const repairs = await mendStore(fileSystem, outputDir);
    await this.#claim();
    if (loaded === undefined && !isPositionLost) return this.#opened(false, repairs);
    return this.#opened(isPositionLost, [this.#repair(loaded ?? 'absent', isPositionLost), ...repairs]);
  }

  /**
   * A sink that had lost the position wrote a checkpoint, and ended before its first commit: files that were begun at
   * position 0 are empty once they are cut, so all other rows are older.
   */
  async #hasRowsWithoutPosition(): Promise<boolean> {
    if (this.position > 0 || this.state !== undefined) return false;
    return hasRows(this.#options.fileSystem, this.#options.outputDir);
  }

  #opened(isPositionLost: boolean, repairs: readonly SinkRepair[]): SinkOpened {
    return { position: this.position, state: this.state, isPositionLost, repairs };
  }

  #repair(was: string, isPositionLost: boolean): SinkRepair {
    const consequence = isPositionLost
      ? 'the position of the rows is lost'
      : 'there are no rows, starts at position 0';
    return {
      target: this.#file.path,
      problem: `expected a checkpoint, was ${was}; ${consequence}`,
      bytesCut: 0,
    };
  }

  /** On a full disk the store stays that of the sink before until there is room: cutting needs none. */
  async #claim(): Promise<void> {
    try {
      await this.#save(this.#saved);
    } catch (error) {
      if (!(error instanceof StorageCsvError && error.code === 'DISK_FULL')) throw error;
    }
  }

  /** Sees to it that the checkpoint lists every file that is about to be written, with the position as it was. */
  async #list(files: ReadonlyMap<string, FileRows>): Promise<void> {
    const wanted: FileRows[] = [];
    for (const [key, file] of files) if (file.rows.length > 0 && !this.#pool.has(key)) wanted.push(file);
    if (wanted.length === 0) return;
    const { fileSystem, outputDir, firstPart } = this.#options;
    const { closed } = this.#saved;
    const listed = new Map(this.#saved.files);
    const isRefused = (path: string): boolean => listed.has(path) || closed.has(path);
    const search = { fileSystem, outputDir, firstPart, isRefused };
    const found = await findSegments(search, this.#places(wanted));
    for (const { path, length } of found) listed.set(path, length);
    await this.#save({ ...this.#saved, files: listed });
    for (const segment of found) this.#pool.add(segment);
  }

  /**
   * Writes the book at the head of each file of depth that these rows begin. It stays when the rows themselves are not
   * written now: they follow it whenever they come.
   */
  async #open(files: ReadonlyMap<string, FileRows>): Promise<void> {
    const { openings } = this.#options;
    if (openings === undefined) return;
    const begun = [...files].filter(([key, { start }]) => start !== undefined && this.#pool.isEmpty(key));
    if (begun.length === 0) return;
    for await (const head of openings.heads(begun.map(([, file]) => file)))
      await this.#pool.append(new Map([[placeKey(head), head]]));
  }

  /** Of the files that end where the checkpoint says. */
  #sumsOf(files: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const sums = new Map<string, number>();
    for (const [path, length] of files) {
      const sum = this.#saved.sums.get(path);
      if (sum !== undefined && this.#saved.files.get(path) === length) sums.set(path, sum);
    }
    for (const { path, end } of this.#pool.segments())
      if (end.sum !== undefined && files.get(path) === end.length) sums.set(path, end.sum);
    return sums;
  }

  #places(wanted: readonly FileRows[]): readonly RowsPlace[] {
    const places = new Map<string, RowsPlace>();
    for (const { folder, kind, period } of wanted) {
      const place = { folder, kind, period };
      places.set(placeKey(place), place);
    }
    const known = Array.from(this.#pool.segments(), ({ place }) => place);
    for (const place of placesToFollow(wanted, known)) places.set(placeKey(place), place);
    return [...places.values()];
  }
}
