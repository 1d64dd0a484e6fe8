import { parentPort } from 'node:worker_threads';
import type { JobRunner } from './replay-job.ts';
import type { ReadProgress } from './replay-recording.ts';
import type { WorkerAnswer } from './worker-messages.ts';

/** Progress is told at most this often: a bar is not drawn more often. */
const PROGRESS_INTERVAL_MS = 100;

/** In a thread: does every job that is posted, one after the other, and posts how it ended. */
export function answerJobs<Job, Outcome>(runner: JobRunner<Job, Outcome>, nowMs: () => number): void {
  const answer = (message: WorkerAnswer<Outcome>): void => parentPort?.postMessage(message);
  const take = async (job: Job): Promise<void> => {
    let toldAtMs = nowMs();
    const tell = (progress: ReadProgress): void => {
      if (nowMs() - toldAtMs < PROGRESS_INTERVAL_MS) return;
      toldAtMs = nowMs();
      answer({ type: 'progress', progress });
    };
    try {
      answer({ type: 'outcome', outcome: await runner.run(job, tell) });
    } catch (error) {
      answer({ type: 'failed', problem: error instanceof Error ? error.message : String(error) });
    }
  };
  parentPort?.on('message', (job: Job) => void take(job));
}
