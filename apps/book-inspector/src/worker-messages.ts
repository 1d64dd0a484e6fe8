import type { ReadProgress, ReplayOutcome } from './replay-recording.ts';

/** What a replay worker answers to a `ReplayJob`: progress, then how it ended. */
export type WorkerAnswer =
  | { readonly type: 'progress'; readonly progress: ReadProgress }
  | { readonly type: 'outcome'; readonly outcome: ReplayOutcome }
  | { readonly type: 'failed'; readonly problem: string };
