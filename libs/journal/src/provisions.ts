import type { Clock } from './clock.ts';
import type { SegmentMaker } from './segment/segment-maker.ts';
import type { SpareFiles } from './segment/spare-files.ts';

const RETRY_MS = 1000;
/** Who gives the reserve away needs the room for a while. */
const RESERVE_REMADE_AFTER_MS = 60_000;

export interface ProvisionsOptions {
  readonly maker: SegmentMaker;
  readonly spareFiles: SpareFiles;
  readonly reserveBytes: number;
  readonly hasReserve: boolean;
  readonly clock: Clock;
}

/** Keeps the next segment and the reserve ready, in the background. What fails for want of room is tried again later. */
export class Provisions {
  readonly #options: ProvisionsOptions;
  #hasReserve: boolean;
  #reserveAtMs = 0;
  #retryAtMs = 0;
  #working: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: ProvisionsOptions) {
    this.#options = options;
    this.#hasReserve = options.hasReserve;
  }

  get hasReserve(): boolean {
    return this.#hasReserve;
  }

  /** Cheap when nothing is missing. */
  tend(): void {
    const { clock, maker } = this.#options;
    if (this.#isStopped || this.#working !== undefined || (maker.hasSpare && !this.#wantsReserve())) return;
    if (clock.nowMs() < this.#retryAtMs) return;
    this.#working = this.#work()
      .catch(() => void (this.#retryAtMs = clock.nowMs() + RETRY_MS))
      .finally(() => (this.#working = undefined));
  }

  roomWasMade(): void {
    this.#retryAtMs = 0;
  }

  async releaseReserve(): Promise<void> {
    this.#reserveAtMs = this.#options.clock.nowMs() + RESERVE_REMADE_AFTER_MS;
    await this.#working;
    if (!this.#hasReserve) return;
    this.#hasReserve = false;
    await this.#options.spareFiles.removeReserve();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#working;
    await this.#options.maker.discardSpare();
  }

  async #work(): Promise<void> {
    const { maker, spareFiles, reserveBytes } = this.#options;
    if (!maker.hasSpare) await maker.prepareSpare();
    if (!this.#wantsReserve() || this.#isStopped) return;
    await spareFiles.makeReserve(reserveBytes);
    this.#hasReserve = true;
  }

  #wantsReserve(): boolean {
    const { reserveBytes, clock } = this.#options;
    return reserveBytes > 0 && !this.#hasReserve && clock.nowMs() >= this.#reserveAtMs;
  }
}
