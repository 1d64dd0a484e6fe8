import type { JobRunner } from './replay-job.ts';
import type { ReadProgress, ReplayOutcome } from './replay-recording.ts';

/** How a job ended: with an outcome, or with an error that is nobody else's. */
export type JobEnd<Outcome = ReplayOutcome> =
  | { readonly outcome: Outcome; readonly error?: never }
  | { readonly outcome?: never; readonly error: unknown };

export interface JobEvents<Outcome = ReplayOutcome> {
  /** Told in the order of the jobs, each as soon as it and all before it have ended. */
  ended(index: number, end: JobEnd<Outcome>): void | Promise<void>;
  progress?(index: number, progress: ReadProgress): void;
}

/**
 * Has every job done by one of the runners, and closes them. A job that fails ends no other one. `order` says in which order
 * they begin, so that the longest does not begin last; they are told in their own.
 */
export async function runJobs<Job, Outcome>(
  jobs: readonly Job[],
  runners: readonly JobRunner<Job, Outcome>[],
  order: readonly number[],
  events: JobEvents<Outcome>,
): Promise<void> {
  const inOrder = new InOrder<Outcome>((index, end) => events.ended(index, end));
  const waiting = [...order];
  const work = async (runner: JobRunner<Job, Outcome>): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const job = index;
      inOrder.add(job, await endOf(runner, jobs[job]!, (progress) => events.progress?.(job, progress)));
      await inOrder.told;
    }
  };
  try {
    await Promise.all(runners.map(work));
  } finally {
    await Promise.all(runners.map((runner) => runner.close()));
  }
}

async function endOf<Job, Outcome>(
  runner: JobRunner<Job, Outcome>,
  job: Job,
  progress: (progress: ReadProgress) => void,
): Promise<JobEnd<Outcome>> {
  try {
    return { outcome: await runner.run(job, progress) };
  } catch (error) {
    return { error };
  }
}

/** Holds back what ended before its turn. */
class InOrder<Outcome> {
  /** Settles when all that could be told was told. */
  told: Promise<void> = Promise.resolve();
  readonly #tell: JobEvents<Outcome>['ended'];
  readonly #held = new Map<number, JobEnd<Outcome>>();
  #next = 0;

  constructor(tell: JobEvents<Outcome>['ended']) {
    this.#tell = tell;
  }

  add(index: number, end: JobEnd<Outcome>): void {
    this.#held.set(index, end);
    for (let held = this.#held.get(this.#next); held !== undefined; held = this.#held.get(this.#next)) {
      const turn = this.#next++;
      const ending = held;
      this.#held.delete(turn);
      this.told = this.told.then(() => this.#tell(turn, ending));
    }
  }
}
