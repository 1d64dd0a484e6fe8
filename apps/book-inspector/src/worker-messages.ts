import type { ReadProgress, ReplayOutcome } from './replay-recording.ts';

/** What a worker answers to a job: progress, then how it ended. */
export type WorkerAnswer<Outcome = ReplayOutcome> =
  | { readonly type: 'progress'; readonly progress: ReadProgress }
  | { readonly type: 'outcome'; readonly outcome: Outcome }
  | { readonly type: 'failed'; readonly problem: string };
