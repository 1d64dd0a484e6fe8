import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventually, type ProcessStatus } from '../process/recorder.ts';

const STREAMER = resolve('apps/streamer/dist/main.js');
const URL_WAIT_MS = 30_000;

export interface NodeStatus {
  readonly state: string;
  readonly processes: readonly ProcessStatus[];
  readonly streams: readonly { stream: string; events: number; gaps: number }[];
  readonly obstacles: readonly string[];
  readonly concerns: readonly string[];
  readonly books: readonly { symbol: string; state: string }[];
  readonly archive: { readonly waiting: number; readonly packed: number; readonly failed: number };
  readonly cluster: {
    readonly role: string;
    readonly node: string;
    readonly problem: string | null;
    readonly forwarder: {
      readonly backlogBytes: number;
      readonly messages: number;
      readonly rewinds: number;
    } | null;
    readonly writer: {
      readonly partitions: readonly {
        readonly partition: number;
        readonly generation: number;
        readonly isWaiting: boolean;
      }[];
      readonly unsettled: readonly number[];
      readonly refused: readonly number[];
      readonly commits: number;
      readonly undone: number;
      readonly holes: number;
      readonly repeats: number;
    } | null;
    readonly follower: { readonly partitions: number; readonly reading: number } | null;
  } | null;
}

export type NodeRole = 'collector' | 'writer' | 'order-book';

/** One machine of several: a recorder with a folder, a port and a process group of its own. */
export class NodeProcess {
  readonly name: string;
  readonly folder: string;
  readonly data: string;
  readonly #config: Record<string, unknown>;
  #child: ChildProcess | undefined;
  #log = '';
  /** Where the log of the present life begins. */
  #lifeAt = 0;
  /** Of all lives. */
  lives = 0;

  constructor(root: string, name: string, role: NodeRole, config: Record<string, unknown>) {
    this.name = name;
    this.folder = join(root, name);
    this.data = join(this.folder, 'data');
    mkdirSync(this.folder, { recursive: true });
    const { cluster, storage, ...rest } = config;
    this.#config = {
      monitoring: { port: 0 },
      logging: { dir: join(this.folder, 'logs') },
      ...rest,
      storage: { output_dir: this.data, ...(storage as object) },
      cluster: { role, node: name, ...(cluster as object) },
    };
  }

  get log(): string {
    return this.#log;
  }

  start(): void {
    const file = join(this.folder, 'config.yaml');
    writeFileSync(file, JSON.stringify(this.#config));
    this.lives++;
    this.#lifeAt = this.#log.length;
    const child = spawn(process.execPath, [STREAMER, 'serve', '--config', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
      detached: true,
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    this.#child = child;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isUp(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** SIGKILL for the primary and all its children at once, as when the machine is lost. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isUp) return;
    const ended = new Promise((done) => child.once('exit', done));
    process.kill(-child.pid!, 'SIGKILL');
    await ended;
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || !this.isUp) return child?.exitCode ?? null;
    const ended = new Promise((done) => child.once('close', done));
    process.kill(child.pid!, 'SIGTERM');
    await ended;
    return child.exitCode;
  }

  async get(path: string): Promise<{ status: number; body: unknown }> {
    const find = (): string | undefined => /monitoring=(http:\S+)/.exec(this.#log.slice(this.#lifeAt))?.[1];
    await eventually(
      () => find() !== undefined,
      () => `${this.name}:\n${this.#log}`,
      URL_WAIT_MS,
    );
    const response = await fetch(`${find()!}${path}`, { signal: AbortSignal.timeout(10_000) });
    return { status: response.status, body: await response.json() };
  }

  async status(): Promise<NodeStatus> {
    return (await this.get('/status')).body as NodeStatus;
  }

  /** Undefined while nobody answers. */
  async statusIfUp(): Promise<NodeStatus | undefined> {
    if (!this.isUp || !/monitoring=http/.test(this.#log.slice(this.#lifeAt))) return undefined;
    return this.status().catch(() => undefined);
  }

  async statusWhen(condition: (status: NodeStatus) => boolean, timeoutMs = 40_000): Promise<NodeStatus> {
    let status: NodeStatus | undefined;
    await eventually(
      async () => {
        status = await this.statusIfUp();
        return status !== undefined && condition(status);
      },
      () => `${this.name}: ${JSON.stringify(status, undefined, 1)}\n${this.#log.slice(-4000)}`,
      timeoutMs,
    );
    return status!;
  }
}
