import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from '@org/config';
import { type RecorderSockets, recorderSockets } from '../../src/control/recorder-sockets.ts';
import { TASK_VARIABLE, type WriterTask } from '../../src/control/task.ts';

const STREAMER = resolve('apps/streamer/dist/main.js');

export interface WriterOptions {
  /** The output folder; made when it is absent, as the primary does. */
  readonly data: string;
  readonly symbols: readonly string[];
  /** The source of a module that runs before the program. */
  readonly preload?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface WriterEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly log: string;
}

/** A sync that does nothing: what the writer promises then, a power cut breaks. */
export const WITHOUT_SYNC = `
  import { open } from 'node:fs/promises';
  const handle = await open(process.execPath);
  const { prototype } = handle.constructor;
  prototype.datasync = prototype.sync = () => Promise.resolve();
  await handle.close();`;

/** The writer of a recorder alone; the test is its primary, and whoever sends it batches. */
export class WriterProcess {
  readonly sockets: RecorderSockets;
  readonly ended: Promise<WriterEnd>;
  /** Rejects when it ends before. */
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  #log = '';

  constructor({ data, symbols, preload, env }: WriterOptions) {
    mkdirSync(data, { recursive: true });
    this.sockets = recorderSockets(data);
    const text = JSON.stringify({ symbols: { pairs: symbols }, storage: { output_dir: data } });
    const common = {
      id: 'writer',
      lane: 'writer/0',
      incarnation: 1,
      epoch: Date.now(),
      outputPath: data,
      ...this.sockets,
    };
    const task: WriterTask = { role: 'writer', config: loadConfig({ text }), ...common };
    this.#child = fork(STREAMER, {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      env: { ...process.env, ...env, [TASK_VARIABLE]: JSON.stringify(task) },
      execArgv:
        preload === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (this.#log += chunk));
    this.ended = new Promise((done) =>
      this.#child.once('close', (code, signal) => done({ code, signal, log: this.#log })),
    );
    this.ready = new Promise((done, failed) => {
      this.#child.on('message', (message) => (message as { type?: unknown }).type === 'ready' && done());
      void this.ended.then(({ code, log }) => failed(new Error(`the writer ended with ${code}:\n${log}`)));
    });
    // Whoever does not wait for it may kill it first.
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get log(): string {
    return this.#log;
  }

  /** Resolves when it is gone. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<WriterEnd> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** The end that a primary orders. */
  stop(): Promise<WriterEnd> {
    if (this.#child.connected) this.#child.send({ type: 'stop' });
    return this.ended;
  }
}
