import type { Clock, ClockTimer } from '@org/binance-client';
import type { CsvSink, DayFigures, PackOutcome } from '@org/storage-csv';
import type { ChildHandle } from '@org/supervision';
import type { ArchiveReport } from '../control/messages.ts';
import { errorFields, type Log } from '../logging/child-log.ts';
import { Compactions } from './compactions.ts';
import { daysToPack } from './days-to-pack.ts';
import type { PackOrder } from './pack-messages.ts';
import { type PackerDeath, PackRound } from './pack-round.ts';

/** Whoever was cut off brings what it still has at once. */
const START_PAUSE_MS = 10_000;
const LOOK_INTERVAL_MS = 2000;
/** Room may come any time; everything else needs somebody to mend it. */
const ROOM_RETRY_MS = 60_000;
const RETRY_MS = 900_000;
/** After one death, doubled with every other. */
const DEATH_PAUSE_MS = 1000;
const DEATH_PAUSE_MAX_MS = 60_000;
const SYMBOL_PAUSE_MS = 50;
/** What does not get done in this time at a clean end is for the next start. */
const FINISH_TIMEOUT_MS = 3000;
/** Of hundreds of files that fail alike, these are told one by one. */
const WARNINGS_A_ROUND = 10;

export interface ArchivistOptions {
  readonly sink: Pick<CsvSink, 'closeFiles' | 'packed'>;
  /** What was received before, µs since the epoch, is in the sink. */
  readonly timeUs: () => number;
  /** What the files will not tell of a symbol's day (`YYYY-MM-DD`); undefined where the writer does not know it either. */
  readonly dayFigures: (symbol: string, date: string) => DayFigures | undefined;
  readonly outputDir: string;
  readonly compression: PackOrder['compression'];
  /** Whether days that are over also become Parquet files; default false. */
  readonly parquet?: boolean;
  /** Stands in the names of manifests, where several machines write one recording. */
  readonly writer?: string;
  /** Starts a packer. */
  readonly spawn: () => ChildHandle;
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout' | 'clearTimeout'>;
  readonly log: Log;
}

/**
 * Has the files of past periods closed and packed. It decides when, remembers what failed, and starts a packer whenever
 * there is something to pack; the sink remembers what is closed, over crashes as well.
 */
export class Archivist {
  readonly #options: ArchivistOptions;
  /** Closed files that are not packed. */
  #waiting: readonly string[] = [];
  /** Those that failed, with the time at which they are tried again. */
  readonly #failed = new Map<string, number>();
  readonly #compactions: Compactions | undefined;
  readonly #counts = { packed: 0, bytesIn: 0, bytesOut: 0 };
  #round: PackRound | undefined;
  #warnings = 0;
  /** Packers that died, one after the other. */
  #deaths = 0;
  #diedOf: string | null = null;
  #pausedUntilMs = -Infinity;
  #isFinishing = false;
  #timer: ClockTimer | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: ArchivistOptions) {
    this.#options = options;
    const { parquet = false, clock, log } = options;
    this.#compactions = parquet ? new Compactions(clock, log) : undefined;
  }

  start(): void {
    this.#lookIn(START_PAUSE_MS);
  }

  /** Room is short: the next look, in a moment, tries everything again that has failed. */
  hurry(): void {
    this.#pausedUntilMs = -Infinity;
    this.#compactions?.hold();
    for (const path of this.#failed.keys()) this.#failed.set(path, -Infinity);
  }

  report(): ArchiveReport {
    const { packed, bytesIn, bytesOut } = this.#counts;
    const waiting = this.#waiting.length;
    return {
      waiting,
      packed,
      failed: this.#failed.size,
      bytesIn,
      bytesOut,
      current: this.#round?.current ?? this.#round?.compacting ?? null,
      ...(this.#compactions === undefined ? {} : { parquet: this.#compactions.report() }),
    };
  }

  /** Closes what can be closed, and packs for some seconds. The sink has its last rows, and is still open. */
  async finish(): Promise<void> {
    const { clock } = this.#options;
    this.#isFinishing = true;
    clock.clearTimeout(this.#timer);
    await this.#looking;
    await this.#close(true);
    let timer: ClockTimer;
    let isLate = false;
    const late = new Promise<void>((resolve) => {
      timer = clock.setTimeout(() => {
        isLate = true;
        resolve();
      }, FINISH_TIMEOUT_MS);
    });
    while (!isLate && this.#packDue()) await Promise.race([this.#round!.ended, late]);
    clock.clearTimeout(timer!);
    await this.#round?.stop();
  }

  #lookIn(pauseMs: number): void {
    if (this.#isFinishing) return;
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#looking = this.#look();
    }, pauseMs);
  }

  async #look(): Promise<void> {
    await this.#close(false);
    this.#packDue();
    this.#lookIn(LOOK_INTERVAL_MS);
  }

  async #close(isEnding: boolean): Promise<void> {
    const { sink, timeUs, log } = this.#options;
    try {
      this.#waiting = await sink.closeFiles({ nowUs: timeUs(), isEnding });
      const waiting = new Set(this.#waiting);
      for (const path of this.#failed.keys()) if (!waiting.has(path)) this.#failed.delete(path);
    } catch (error) {
      // A sink without room says so when it stores; one that has failed ends the writer.
      log.debug('ClosingPutOff', errorFields(error));
    }
  }

  /** Whether a packer is at work, or has been started because there is something to do. */
  #packDue(): boolean {
    if (this.#round !== undefined) return true;
    const nowMs = this.#options.clock.nowMs();
    if (nowMs < this.#pausedUntilMs) return false;
    const due = this.#waiting.filter((path) => (this.#failed.get(path) ?? -Infinity) <= nowMs);
    if (due.length === 0 && this.#compactions?.isDue !== true) return false;
    this.#pack(due);
    return true;
  }

  #pack(paths: readonly string[]): void {
    const { spawn, outputDir, compression, writer, clock, dayFigures } = this.#options;
    const before = { ...this.#counts };
    const parquet = this.#compactions?.order();
    this.#warnings = 0;
    const round = new PackRound({
      packer: spawn(),
      order: {
        type: 'pack',
        outputDir,
        compression,
        pauseMs: this.#isFinishing ? 0 : SYMBOL_PAUSE_MS,
        ...(writer === undefined ? {} : { writer }),
        days: daysToPack(paths).map((day) => {
          const figures = dayFigures(day.folder, day.date);
          return figures === undefined ? day : { ...day, figures };
        }),
        ...(parquet === undefined ? {} : { parquet }),
      },
      clock,
      outcomes: (outcomes) => this.#take(outcomes),
      compaction: (report) => this.#compactions?.take(report),
    });
    this.#round = round;
    void round.ended.then((death) => {
      this.#round = undefined;
      if (death === undefined) this.#deaths = 0;
      else this.#mourn(death);
      this.#summarize(before);
    });
  }

  /** Somebody may have killed it. Of two that die of the same file, the file is the cause. */
  #mourn({ path, day, problem }: PackerDeath): void {
    const { clock, log } = this.#options;
    const pauseMs = Math.min(DEATH_PAUSE_MAX_MS, DEATH_PAUSE_MS * 2 ** this.#deaths++);
    this.#pausedUntilMs = clock.nowMs() + pauseMs;
    const at = path ?? day;
    log.warn('PackerDied', { path: at, problem, pauseMs });
    if (at !== null && at === this.#diedOf) {
      if (path === null) this.#compactions?.blame(at, problem);
      else this.#take([{ path, result: 'failed', code: 'PACKER_DIED', problem }]);
    }
    this.#diedOf = at;
  }

  #take(outcomes: readonly PackOutcome[]): void {
    const { sink, log } = this.#options;
    const done = outcomes.flatMap(({ path, result }) => (result === 'failed' ? [] : path));
    const doneSet = new Set(done);
    this.#waiting = this.#waiting.filter((path) => !doneSet.has(path));
    for (const outcome of outcomes) {
      if (outcome.result === 'failed') this.#fail(outcome);
      else this.#failed.delete(outcome.path);
      if (outcome.result === 'gone') log.warn('ClosedFileGone', { path: outcome.path });
      if (outcome.result === 'packed') this.#count(outcome);
    }
    // It cannot fail: what it says reaches the disk with the next checkpoint.
    if (done.length > 0) void sink.packed(done);
  }

  #count({ bytesIn, bytesOut }: PackOutcome & { result: 'packed' }): void {
    this.#counts.packed++;
    this.#counts.bytesIn += bytesIn;
    this.#counts.bytesOut += bytesOut;
  }

  #fail({ path, code, problem }: PackOutcome & { result: 'failed' }): void {
    const { clock, log } = this.#options;
    const retryMs = code === 'DISK_FULL' ? ROOM_RETRY_MS : RETRY_MS;
    this.#failed.set(path, clock.nowMs() + retryMs);
    if (this.#warnings++ < WARNINGS_A_ROUND) log.warn('PackingFailed', { path, code, problem, retryMs });
  }

  #summarize(before: { readonly packed: number; readonly bytesIn: number; readonly bytesOut: number }): void {
    const { log } = this.#options;
    const { packed, bytesIn, bytesOut } = this.#counts;
    const figures = { bytesIn: bytesIn - before.bytesIn, bytesOut: bytesOut - before.bytesOut };
    if (packed > before.packed) log.info('FilesPacked', { files: packed - before.packed, ...figures });
    if (this.#warnings > WARNINGS_A_ROUND) log.warn('PackingFailedForMany', { files: this.#warnings });
  }
}
