import type { RestartPolicy } from './restart-policy.ts';

export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One life of a child, however it was made. */
export interface ChildHandle {
  readonly pid: number | undefined;
  /** Lost in silence when the channel is gone; it never throws for that. */
  send(message: unknown): void;
  kill(signal: NodeJS.Signals): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once. A child that could not be started has neither code nor signal. */
  onExit(listener: (exit: ChildExit) => void): void;
  /** What it writes to stderr, where that is piped. */
  readonly stderr?: NodeJS.ReadableStream | null;
}

export interface ChildSpec {
  /** Unique in its supervisor. */
  readonly id: string;
  /** What it is for; only shown. */
  readonly role: string;
  /** Starts a life of the child; `incarnation` counts them from 1. If it throws, that counts as a crash. */
  spawn(incarnation: number): ChildHandle;
  /** From spawn to `{type: 'ready'}`; a child that needs longer is killed, which counts as a crash. */
  readonly readyTimeoutMs: number;
  /** From `{type: 'stop'}` to its end; then SIGTERM. */
  readonly stopTimeoutMs: number;
  /** From SIGTERM to SIGKILL; default the stop timeout, at most 2 s. */
  readonly terminateTimeoutMs?: number;
  readonly restart: RestartPolicy;
  /** Exit codes after which a restart is no use (such as 78, a bad configuration); the child has failed. */
  readonly fatalExitCodes?: readonly number[];
}

/**
 * `waiting`: for its group's turn or its restart. `failed`: given up, until it is removed.
 */
export type ChildState = 'starting' | 'ready' | 'waiting' | 'stopping' | 'stopped' | 'failed';

export interface ChildStatus {
  readonly id: string;
  readonly role: string;
  readonly pid: number | undefined;
  readonly state: ChildState;
  /** Lives beyond the first. */
  readonly restarts: number;
  /** When its present or last life began, in the time of the supervisor's clock. */
  readonly startedAtMs: number | undefined;
}

/** What a stop waited for in vain. */
export type StopStage = 'stop' | 'SIGTERM' | 'SIGKILL';
