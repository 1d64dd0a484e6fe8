import type { StreamerConfig } from '@org/config';

/** The environment variable that makes this program a child with a role instead of a command. */
export const TASK_VARIABLE = 'STREAMER_TASK';

interface TaskBase {
  /** Names the child in logs and status, for example `writer` or `worker-2`. */
  readonly id: string;
  /** Counts the lives of this child: 1 for the first. */
  readonly incarnation: number;
  readonly config: StreamerConfig;
  /** Where the writer takes batches, and where it publishes them to followers. */
  readonly recordSocket: string;
  readonly feedSocket: string;
}

export interface WriterTask extends TaskBase {
  readonly role: 'writer';
}

export interface OrderBookTask extends TaskBase {
  readonly role: 'order-book';
  readonly symbols: readonly string[];
}

export interface WorkerTask extends TaskBase {
  readonly role: 'worker';
  readonly symbols: readonly string[];
  /** Those of the symbols that an earlier recorder has recorded into the same folder. */
  readonly resumedSymbols: readonly string[];
}

/** Everything that a child needs to know, handed over once, when it starts. */
export type Task = WriterTask | OrderBookTask | WorkerTask;

export type ChildRole = Task['role'];
