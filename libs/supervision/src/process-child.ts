import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import cluster from 'node:cluster';
import type { ChildHandle } from './child-spec.ts';

export interface ForkOptions {
  /** Path of the module that the child runs. */
  readonly module: string;
  readonly args?: readonly string[];
  /** Added to this process's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Options of the node executable; default those of this process. */
  readonly execArgv?: readonly string[];
  /**
   * True (default): stderr is piped to `ChildHandle.stderr`; attach a reader right after the fork, or it is discarded.
   * False: the child writes to this process's stderr.
   */
  readonly silentStderr?: boolean;
}

/** Forks a process of its own (`node:child_process`). stdout is this process's, stdin is empty. */
export function forkChild(options: ForkOptions): ChildHandle {
  const child = fork(options.module, [...(options.args ?? [])], {
    stdio: stdioOf(options),
    env: environmentOf(options),
    ...(options.execArgv === undefined ? {} : { execArgv: [...options.execArgv] }),
  });
  return handleOf(child);
}

/** Forks a worker of `node:cluster`; only the cluster's primary may. stdout is this process's, stdin is empty. */
export function forkClusterWorker(options: ForkOptions): ChildHandle {
  // The settings are the cluster's, not the worker's: what one fork leaves out would be left over from the one before.
  cluster.setupPrimary({
    exec: options.module,
    args: [...(options.args ?? [])],
    execArgv: [...(options.execArgv ?? process.execArgv)],
    stdio: stdioOf(options),
  });
  const worker = cluster.fork(environmentOf(options));
  // Told by 'exit' as well; without a listener it would end the primary.
  worker.on('error', () => undefined);
  return handleOf(worker.process);
}

function stdioOf(options: ForkOptions): ('ignore' | 'inherit' | 'pipe' | 'ipc')[] {
  return ['ignore', 'inherit', (options.silentStderr ?? true) ? 'pipe' : 'inherit', 'ipc'];
}

function environmentOf(options: ForkOptions): NodeJS.ProcessEnv {
  return { ...process.env, ...options.env };
}

function handleOf(child: ChildProcess): ChildHandle {
  discardUnread(child.stderr);
  child.on('error', () => undefined);
  return {
    pid: child.pid,
    stderr: child.stderr,
    send: (message) => {
      // The callback takes the error of a channel that closes meanwhile; without it that error would be thrown.
      if (child.connected) child.send(message as object, () => undefined);
    },
    kill: (signal) => void child.kill(signal),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => {
      child.once('exit', (code, signal) => listener({ code, signal }));
      // A process that never was has no exit, only this.
      if (child.pid === undefined) child.once('error', () => listener({ code: null, signal: null }));
    },
  };
}

/** A pipe that nobody reads fills up, and then what a child writes piles up in its memory. */
function discardUnread(stderr: NodeJS.ReadableStream | null): void {
  if (stderr === null) return;
  setImmediate(() => {
    if (stderr.listenerCount('data') === 0 && stderr.listenerCount('readable') === 0) stderr.resume();
  });
}
