import { parentPort } from 'node:worker_threads';
import { LocalRunner, type ReplayJob } from './replay-job.ts';
import type { ReadProgress } from './replay-recording.ts';
import type { WorkerAnswer } from './worker-messages.ts';

/** Progress is told at most this often: a bar is not drawn more often. */
const PROGRESS_INTERVAL_MS = 100;

const nowMs = (): number => performance.now();
const runner = new LocalRunner(nowMs);
const answer = (message: WorkerAnswer): void => parentPort?.postMessage(message);

async function take(job: ReplayJob): Promise<void> {
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
}

parentPort?.on('message', (job: ReplayJob) => void take(job));
