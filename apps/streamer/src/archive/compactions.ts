import type { Clock } from '@org/binance-client';
import type { ParquetReport } from '../control/messages.ts';
import type { Log } from '../logging/child-log.ts';
import type { CompactionOrder, CompactionReport } from './pack-messages.ts';

/** Room may come any time; everything else needs somebody to mend it. */
const ROOM_RETRY_MS = 60_000;
const RETRY_MS = 900_000;
const WARNINGS_MAX = 10;

/** Which days are still to become Parquet files, as far as packers have told; what the disk shows they look for themselves. */
export class Compactions {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #log: Log;
  /** Whether no packer has looked through all folders since the start. */
  #isSweepDue = true;
  /** Days that failed, `<SYMBOL>/<date>`, with the time at which they are tried again. */
  readonly #failed = new Map<string, number>();
  #files = 0;
  #bytes = 0;
  #problem: string | null = null;
  #warnings = 0;
  #blockedUntilMs = -Infinity;

  constructor(clock: Pick<Clock, 'nowMs'>, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** What a packer is told; undefined while nothing is to be made. */
  order(): CompactionOrder | undefined {
    if (this.#isBlocked) return undefined;
    const days = this.#dueDays();
    const skip = [...this.#failed.keys()].filter((day) => !days.includes(day));
    return { sweep: this.#isSweepDue, days, skip };
  }

  /** Whether there is a reason to start a packer, even if no file is to be packed. */
  get isDue(): boolean {
    if (this.#isBlocked) return false;
    return this.#isSweepDue || this.#dueDays().length > 0;
  }

  report(): ParquetReport {
    return { files: this.#files, bytes: this.#bytes, failed: this.#failed.size, problem: this.#problem };
  }

  /** Room is short: these files would take more of it. What is packed meanwhile is found again later. */
  hold(): void {
    this.#isSweepDue = true;
    this.#blockedUntilMs = this.#clock.nowMs() + RETRY_MS;
  }

  take(report: CompactionReport): void {
    switch (report.type) {
      case 'swept':
        this.#isSweepDue = false;
        return;
      case 'compacted':
        return this.#compacted(report);
      case 'compaction-impossible':
        this.#blockedUntilMs = this.#clock.nowMs() + RETRY_MS;
        return this.#tell('ParquetImpossible', { problem: report.problem });
    }
  }

  /** A packer died of this day for the second time. */
  blame(day: string, problem: string): void {
    this.#fail(day, 'PACKER_DIED', problem);
  }

  #compacted({ day, outcomes }: CompactionReport & { type: 'compacted' }): void {
    for (const outcome of outcomes) {
      if (outcome.result !== 'written') continue;
      this.#files++;
      this.#bytes += outcome.bytes;
    }
    const failure = outcomes.find((outcome) => outcome.result === 'failed');
    if (failure === undefined) this.#failed.delete(day);
    else this.#fail(day, failure.code, failure.problem);
  }

  #fail(day: string, code: string, problem: string): void {
    const retryMs = code === 'DISK_FULL' ? ROOM_RETRY_MS : RETRY_MS;
    this.#failed.set(day, this.#clock.nowMs() + retryMs);
    this.#tell('CompactionFailed', { day, code, problem, retryMs });
  }

  /** Of hundreds of days that fail alike some are told; the report counts all of them. */
  #tell(event: string, fields: Readonly<Record<string, string | number>>): void {
    const problem = String(fields['problem']);
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (this.#warnings++ < WARNINGS_MAX) this.#log.warn(event, fields);
  }

  get #isBlocked(): boolean {
    return this.#clock.nowMs() < this.#blockedUntilMs;
  }

  #dueDays(): string[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#failed].filter(([, retryAtMs]) => retryAtMs <= nowMs).map(([day]) => day);
  }
}
