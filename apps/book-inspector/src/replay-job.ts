import type { DepthSource } from '@org/storage-csv';
import type { Moment } from './moment.ts';
import { Recording } from './recording.ts';
import { replayRecording, type ReadProgress, type ReplayOutcome } from './replay-recording.ts';

/** The replay of one symbol, as plain data, so that another thread can do it. */
export interface ReplayJob {
  readonly source: DepthSource;
  readonly moment: Moment | undefined;
  /** Levels of each side in the view. */
  readonly depth: number;
}

/** Whoever does one job at a time. */
export interface JobRunner<Job = ReplayJob, Outcome = ReplayOutcome> {
  /** Rejects when the job could not be done; the runner can then take another one. */
  run(job: Job, progress: (progress: ReadProgress) => void): Promise<Outcome>;
  close(): Promise<void>;
}

/** Does jobs in this thread. */
export class LocalRunner implements JobRunner {
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  run(
    { source, moment, depth }: ReplayJob,
    progress: (progress: ReadProgress) => void,
  ): Promise<ReplayOutcome> {
    return replayRecording(new Recording(source), { moment, depth, nowMs: this.#nowMs, progress });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
