import type { Clock } from '@org/binance-client';
import type { FreeSpaceConfig } from '@org/config';
import { errorFields, type Log, type LogFields } from '../logging/child-log.ts';
import { FillRate } from './fill-rate.ts';
import { type DiskPace, type DiskStage, ladderOf, type Rung, type Standing, standOn } from './ladder.ts';
import { sheddableStreams } from './sheddable-streams.ts';

/** What the file system says of the disk that the recordings are on. */
export interface DiskSpace {
  /** What this user may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Section `disk` of the status, without what retention counts. */
export interface DiskFigures extends DiskSpace {
  readonly bytesPerSecond: number;
  /** Null while the disk does not fill. */
  readonly fullInSeconds: number | null;
  readonly stage: DiskStage;
  /** Streams that are not recorded for want of room. */
  readonly shedStreams: readonly string[];
}

/** What can be done about a disk that fills. */
export interface DiskActions {
  /** Packs files that are closed and are not packed yet; asked for again while room is short. */
  packEarly(): void;
  /** Has the journal keep nothing for stores that are behind; told at every look while that holds. */
  dropHolds(): void;
  /** Records all streams but these; told at every look, so it must cost nothing when it is so already. */
  shed(streams: readonly string[]): void;
  /** Ends the recording. */
  stop(): void;
}

export interface DiskWatchOptions {
  readonly limits: FreeSpaceConfig;
  readonly pace: DiskPace;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly measure: () => Promise<DiskSpace>;
  /** What the recorder has written into its files since it began. */
  readonly writtenBytes: () => number;
  /** What the configuration asks for, the most important first. */
  readonly streams: () => readonly string[];
  /** Whether there are stores that follow the journal from elsewhere. Default no. */
  readonly hasSinks?: boolean;
  readonly actions: DiskActions;
  readonly log: Log;
}

/** How often packing is asked for while room is short: there may be more to pack by then. */
const PACK_INTERVAL_MS = 300_000;

const LEVELS: Readonly<Record<DiskStage, keyof Log>> = {
  ok: 'info',
  warn: 'warn',
  'compress-early': 'warn',
  shed: 'error',
  stop: 'error',
};

/** Looks at the free space, and does in time what a full disk would do worse. */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #rate = new FillRate();
  #standing: Standing | undefined;
  #askedToPackAtMs = -Infinity;
  #isUnknown = false;
  #isClosed = false;
  /** Undefined before the first look, and while the file system does not answer it. */
  figures: DiskFigures | undefined;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  /** To be called at the interval of the pace. Never rejects. */
  async look(): Promise<void> {
    const { measure, log } = this.#options;
    try {
      const space = await measure();
      if (!this.#isClosed) this.#judge(space);
      this.#isUnknown = false;
    } catch (error) {
      this.figures = undefined;
      if (!this.#isUnknown) log.error('DiskUnknown', errorFields(error));
      this.#isUnknown = true;
    }
  }

  /** Nothing is done any more, also by a look that is under way. */
  close(): void {
    this.#isClosed = true;
  }

  #judge(space: DiskSpace): void {
    const { limits, pace, clock, streams, writtenBytes } = this.#options;
    const nowMs = clock.nowMs();
    const { freeBytes, totalBytes } = space;
    this.#rate.sample({ freeBytes, writtenBytes: writtenBytes() }, nowMs);
    const sheddable = sheddableStreams(streams());
    const before = this.#standing?.rung;
    const facts = { totalBytes, sheddable: sheddable.length, hasSinks: this.#options.hasSinks ?? false };
    const ladder = ladderOf(limits, facts, pace);
    this.#standing = standOn(ladder, this.#standing, { freeBytes, nowMs });
    const { rung } = this.#standing;
    const { bytesPerSecond } = this.#rate;
    this.figures = {
      freeBytes,
      totalBytes,
      bytesPerSecond: Math.round(bytesPerSecond),
      fullInSeconds: bytesPerSecond > 0 ? Math.floor(freeBytes / bytesPerSecond) : null,
      stage: rung.stage,
      shedStreams: sheddable.slice(0, rung.shedStreams),
    };
    if (rung.name !== (before?.name ?? 'ok')) this.#tell(before?.stage ?? 'ok', this.figures);
    this.#act(rung, this.figures, nowMs);
  }

  #tell(before: DiskStage, { shedStreams, ...figures }: DiskFigures): void {
    const fields: LogFields = { before, ...figures, shedStreams: shedStreams.join(',') };
    this.#options.log[LEVELS[figures.stage]]('DiskStage', fields);
  }

  #act({ stage, packs, dropsHolds }: Rung, { shedStreams }: DiskFigures, nowMs: number): void {
    const { actions } = this.#options;
    if (!packs) this.#askedToPackAtMs = -Infinity;
    else if (nowMs - this.#askedToPackAtMs >= PACK_INTERVAL_MS) {
      this.#askedToPackAtMs = nowMs;
      actions.packEarly();
    }
    if (dropsHolds) actions.dropHolds();
    actions.shed(shedStreams);
    if (stage === 'stop') actions.stop();
  }
}
