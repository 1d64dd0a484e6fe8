import { Worker } from 'node:worker_threads';
import type { JobRunner, ReplayJob } from './replay-job.ts';
import type { ReadProgress, ReplayOutcome } from './replay-recording.ts';
import type { WorkerAnswer } from './worker-messages.ts';

/** A job could not be done: the worker said why, or ended without a word (out of memory, for example). */
export class WorkerError extends Error {
  readonly code = 'WORKER_FAILED';

  constructor(problem: string, cause?: unknown) {
    super(problem, { cause });
    this.name = 'WorkerError';
  }
}

/** Does jobs in a thread of its own. A thread that died is replaced by a new one at the next job. */
export class WorkerRunner<Job = ReplayJob, Outcome = ReplayOutcome> implements JobRunner<Job, Outcome> {
  readonly #file: URL;
  #worker: Worker | undefined;

  /** `file` is the built module of the worker. */
  constructor(file: URL) {
    this.#file = file;
  }

  async run(job: Job, progress: (progress: ReadProgress) => void): Promise<Outcome> {
    const answer = await answerOf<Job, Outcome>((this.#worker ??= this.#start()), job, progress);
    if (answer.type === 'outcome') return answer.outcome;
    throw new WorkerError(answer.problem);
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#file);
    const forget = (): void => {
      if (this.#worker === worker) this.#worker = undefined;
    };
    return worker.on('error', forget).on('exit', forget);
  }
}

type LastAnswer<Outcome> = Exclude<WorkerAnswer<Outcome>, { readonly type: 'progress' }>;

function answerOf<Job, Outcome>(
  worker: Worker,
  job: Job,
  progress: (progress: ReadProgress) => void,
): Promise<LastAnswer<Outcome>> {
  return new Promise((resolve) => {
    const end = (answer: LastAnswer<Outcome>): void => {
      worker.off('message', hear).off('error', fail).off('exit', exit);
      resolve(answer);
    };
    const hear = (answer: WorkerAnswer<Outcome>): void => {
      if (answer.type === 'progress') progress(answer.progress);
      else end(answer);
    };
    const fail = (error: Error): void =>
      end({ type: 'failed', problem: `its thread failed: ${error.message}` });
    const exit = (code: number): void =>
      end({ type: 'failed', problem: `its thread ended with code ${code}` });
    worker.on('message', hear).on('error', fail).on('exit', exit);
    worker.postMessage(job);
  });
}
