import cluster from 'node:cluster';
import { writeSync } from 'node:fs';
import { asControlMessage } from './control-messages.ts';
import type { ControlMessage } from './control-messages.ts';

export interface ChildControlHandlers {
  /** Finish what is queued and close. Called once; the process exits when it settles: 0, or 1 when it rejects. */
  stop(): Promise<void>;
  /** A message of the application. */
  message?(message: unknown): void;
  /** The parent is gone: the child goes on for `orphanExitMs`, or until it leaves. */
  orphaned?(): void;
}

export interface ChildControlOptions {
  /** How long a child whose parent is gone goes on with its work before it stops by itself; default 0. */
  readonly orphanExitMs?: number;
  /** How long its own stop may take then, as nobody is left to kill it; default 30 s. After that it exits with 1. */
  readonly orphanStopTimeoutMs?: number;
  /** Of SIGINT, SIGTERM and SIGHUP those that only the parent minds; an orphan stops at each. Default none. */
  readonly ignoredSignals?: readonly NodeJS.Signals[];
}

export interface ChildControl {
  /** Tells the parent that the child does its work. */
  ready(): void;
  /** Sends to the parent; lost in silence when the parent is gone. */
  send(message: unknown): void;
  /** Stops and exits, as if the parent had said so: for an orphan whose place is taken. */
  leave(): void;
}

const ORPHAN_STOP_TIMEOUT_MS = 30_000;
const LAST_WORD_TIMEOUT_MS = 1000;
const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The child's side of supervision. Call it first thing in the process, then `ready()`.
 *
 * SIGINT, SIGTERM and SIGHUP do not end a child: they reach the whole process group, or the leaves first, and the order
 * of the stop is the parent's. The child tells the parent, which stops everything in order. Without a parent it stops
 * by itself. Output or messages that nobody takes any more (EPIPE) never end it.
 */
export function childControl(
  handlers: ChildControlHandlers,
  options: ChildControlOptions = {},
): ChildControl {
  surviveLostParent();
  let stopping = false;
  // A parent that was told and still sends SIGTERM has lost patience with this child.
  let hasAsked = false;
  const stop = (): void => {
    if (!stopping) void exitAfter(() => handlers.stop());
    stopping = true;
  };
  process.on('message', (message) => {
    const control = asControlMessage(message);
    if (control === undefined) handlers.message?.(message);
    else if (control.type === 'stop') stop();
  });
  for (const signal of END_SIGNALS) {
    process.on(signal, () => {
      if (!process.connected || (signal === 'SIGTERM' && hasAsked)) return stop();
      if (options.ignoredSignals?.includes(signal)) return;
      send({ type: 'stop-requested', signal } satisfies ControlMessage);
      hasAsked = true;
    });
  }
  // False, and not undefined: there was a channel, and it closed before anybody listened.
  const orphaned = (): void => {
    stopOrphan(stop, options);
    if (!stopping) handlers.orphaned?.();
  };
  if (process.connected === false) orphaned();
  else process.once('disconnect', orphaned);
  return { ready: () => send({ type: 'ready' } satisfies ControlMessage), send, leave: stop };
}

function surviveLostParent(): void {
  // A cluster worker exits at once when its primary is gone, without a chance to flush, unless it believes that this
  // was agreed (seen with Node 20.20, 2026-11-22).
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
  for (const stream of [process.stdout, process.stderr, process]) stream.on('error', () => undefined);
}

function stopOrphan(stop: () => void, options: ChildControlOptions): void {
  const { orphanExitMs = 0, orphanStopTimeoutMs = ORPHAN_STOP_TIMEOUT_MS } = options;
  setTimeout(stop, orphanExitMs);
  setTimeout(() => process.exit(1), orphanExitMs + orphanStopTimeoutMs).unref();
}

function send(message: unknown, sent: () => void = () => undefined): void {
  if (process.connected && process.send !== undefined) process.send(message, undefined, undefined, sent);
  else sent();
}

async function exitAfter(stop: () => Promise<void>): Promise<void> {
  let exitCode = 0;
  try {
    await stop();
  } catch (error) {
    exitCode = 1;
    report(error);
  }
  // Messages go out in order: when this one is out, so are all before it.
  send({ type: 'stopped' } satisfies ControlMessage, () => process.exit(exitCode));
  setTimeout(() => process.exit(exitCode), LAST_WORD_TIMEOUT_MS);
}

function report(error: unknown): void {
  try {
    writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`);
  } catch {
    // Nobody listens, and the exit code says it as well.
  }
}
