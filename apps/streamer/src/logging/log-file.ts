import { Buffer } from 'node:buffer';
import type { Clock, ClockTimer } from '@org/binance-client';
import type { LogDisk, OpenLog } from './log-disk.ts';
import { type LogQuota, logPath, rotate } from './log-folder.ts';

/** What all files of a recorder may keep in memory together while the disk takes nothing; a line beyond is lost. */
export class LogMemory {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax = LOG_MEMORY_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

export const LOG_MEMORY_BYTES_MAX = 4 * 1024 * 1024;

export interface LogFileOptions extends LogQuota {
  readonly folder: string;
  /** The file is `<stem>.log`, closed ones `<stem>.1.log` and so on. */
  readonly stem: string;
  readonly disk: LogDisk;
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  readonly memory: LogMemory;
  /** The line that tells how many lines are missing before it. */
  readonly lostLine: (count: number) => string;
  /** The file cannot be written; it is tried again. Called once until it can. */
  readonly failed: (error: unknown) => void;
  /** It can be written again. */
  readonly freed: () => void;
  /** A new file was begun. */
  readonly rotated: () => void;
}

const CHUNK_BYTES_MAX = 64 * 1024;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 5000;
const CLOSE_PATIENCE_MS = 1000;

interface Line {
  readonly bytes: Buffer;
  readonly isNotice: boolean;
}

/**
 * Lines → a file that rotates by size. `append` never waits and never throws: lines wait in memory, which is bounded, and
 * go to the disk one piece after the other. A disk that is full or broken costs lines, which are counted, and is tried
 * again for ever, each time with the file opened anew. Files that somebody else moves away are not noticed (there is no need
 * for logrotate beside this).
 */
export class LogFile {
  written = 0;
  lost = 0;
  readonly #options: LogFileOptions;
  readonly #lines: Line[] = [];
  /** Lost since the last line that was kept. */
  #missing = 0;
  #file: OpenLog | undefined;
  #writing: { readonly lines: readonly Line[]; readonly bytes: Buffer } | undefined;
  #pumping: Promise<void> | undefined;
  #failures = 0;
  #retry: { readonly timer: ClockTimer; readonly now: () => void } | undefined;
  #isClosed = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** `line` without its newline. */
  append(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.#isClosed || !this.#tellMissing() || !this.#keep(bytes, false)) {
      this.lost++;
      this.#missing++;
      return;
    }
    this.#pumping ??= this.#pump();
  }

  /** Writes what waits, for as long as the disk takes it within a second; what it does not take is lost. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.now();
    await this.#withinPatience(this.#pumping ?? Promise.resolve());
    this.#drop(this.#lines.splice(0));
    if (this.#writing === undefined) await this.#withinPatience(this.#closeFile());
  }

  /** The process ends now: what waits is written at once, whatever it takes. */
  flushLast(): void {
    this.#isClosed = true;
    const writing = this.#writing;
    const rest = this.#lines.splice(0);
    const bytes = Buffer.concat(rest.map((line) => line.bytes));
    try {
      if (this.#file !== undefined) this.#file.writeLast(writing?.bytes, bytes);
      else if (bytes.length > 0)
        this.#options.disk.appendLast(logPath(this.#options.folder, this.#options.stem), bytes);
      this.#done(rest);
    } catch {
      this.#drop(rest);
    }
  }

  async #pump(): Promise<void> {
    // What comes in the same turn goes to the disk together.
    await Promise.resolve();
    while (this.#lines.length > 0) {
      try {
        await this.#writePiece();
        if (this.#failures > 0) this.#options.freed();
        this.#failures = 0;
        if (this.#lines.length === 0) this.#tellMissing();
      } catch (error) {
        await this.#closeFile();
        if (this.#isClosed) break;
        await this.#waitAfter(error);
      }
    }
    this.#pumping = undefined;
  }

  async #writePiece(): Promise<void> {
    const file = await this.#fileWithRoom(this.#lines[0]!.bytes.length);
    const lines = this.#nextLines(this.#options.maxSizeBytes - file.bytes);
    this.#writing = { lines, bytes: Buffer.concat(lines.map(({ bytes }) => bytes)) };
    try {
      await file.write(this.#writing.bytes);
      this.#done(lines);
    } catch (error) {
      // The end of the process may have taken them meanwhile.
      if (this.#isClosed) this.#drop(lines);
      else this.#lines.unshift(...lines);
      throw error;
    } finally {
      this.#writing = undefined;
    }
  }

  async #fileWithRoom(bytes: number): Promise<OpenLog> {
    const { disk, folder, stem, maxSizeBytes, maxFiles } = this.#options;
    this.#file ??= await disk.open(logPath(folder, stem));
    if (this.#file.bytes === 0 || this.#file.bytes + bytes <= maxSizeBytes) return this.#file;
    await this.#closeFile();
    await rotate(disk, folder, stem, maxFiles);
    this.#file = await disk.open(logPath(folder, stem));
    this.#options.rotated();
    return this.#file;
  }

  /** At least one line, else as many as there is room for. */
  #nextLines(room: number): readonly Line[] {
    let bytes = 0;
    let count = 0;
    for (const line of this.#lines) {
      bytes += line.bytes.length;
      if (count > 0 && bytes > Math.min(room, CHUNK_BYTES_MAX)) break;
      count++;
    }
    return this.#lines.splice(0, count);
  }

  async #waitAfter(error: unknown): Promise<void> {
    if (this.#failures === 0) this.#options.failed(error);
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#failures++, 10));
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, delayMs);
      this.#retry = { timer, now: resolve };
    });
    clock.clearTimeout(this.#retry?.timer);
    this.#retry = undefined;
  }

  /** Whether there is room again for the line that says what is missing, if anything is. */
  #tellMissing(): boolean {
    if (this.#missing === 0) return true;
    const isKept = this.#keep(Buffer.from(`${this.#options.lostLine(this.#missing)}\n`), true);
    if (isKept) this.#missing = 0;
    return isKept;
  }

  #keep(bytes: Buffer, isNotice: boolean): boolean {
    if (!this.#options.memory.take(bytes.length)) return false;
    this.#lines.push({ bytes, isNotice });
    return true;
  }

  #done(lines: readonly Line[]): void {
    this.#free(lines);
    this.written += lines.length;
  }

  #drop(lines: readonly Line[]): void {
    this.#free(lines);
    this.lost += lines.filter(({ isNotice }) => !isNotice).length;
  }

  #free(lines: readonly Line[]): void {
    for (const { bytes } of lines) this.#options.memory.give(bytes.length);
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    // What a close of a broken file says is known already.
    await file?.close().catch(() => undefined);
  }

  async #withinPatience(work: Promise<void>): Promise<void> {
    let timer: ClockTimer | undefined;
    const { clock } = this.#options;
    await Promise.race([
      work,
      new Promise<void>((resolve) => (timer = clock.setTimeout(resolve, CLOSE_PATIENCE_MS))),
    ]);
    clock.clearTimeout(timer);
  }
}
