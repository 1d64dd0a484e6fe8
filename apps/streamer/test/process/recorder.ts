import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const STREAMER = resolve('apps/streamer/dist/main.js');
const INSPECTOR = resolve('apps/book-inspector/dist/main.js');

/** A folder that is gone when the test is over. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'recorder-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the workspace to its end. */
export async function run(program: 'streamer' | 'inspector', args: readonly string[]): Promise<Run> {
  return started(program === 'streamer' ? STREAMER : INSPECTOR, args).ended;
}

export interface Replay {
  readonly code: number | null;
  readonly gaps: number;
  readonly state: string;
}

/** What the inspector rebuilds from the stored depth of a symbol. */
export async function replay(dataDir: string, symbol: string): Promise<Replay> {
  const flags = ['--symbol', symbol, '--data-dir', dataDir, '--format', 'json'];
  const { code, stdout } = await run('inspector', ['replay', ...flags]);
  return { code, ...(JSON.parse(stdout) as Omit<Replay, 'code'>) };
}

/** Throws unless the inspector finds the recording clean: what is missing is declared, and nothing else is wrong. */
export async function requireClean(dataDir: string): Promise<void> {
  const { code, stdout, stderr } = await run('inspector', ['verify', '--data-dir', dataDir, '--no-progress']);
  if (code !== 0) throw new Error(`the recording is not clean:\n${stdout.slice(0, 4000)}${stderr}`);
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Run>;
  output(): { stdout: string; stderr: string };
}

function started(main: string, args: readonly string[]): Started {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Run>((done) => child.once('close', (code) => done({ code, stdout, stderr })));
  return { child, ended, output: () => ({ stdout, stderr }) };
}

export interface ProcessStatus {
  readonly role: string;
  readonly id: string;
  readonly pid: number;
  readonly state: string;
  readonly restarts: number;
}

export interface Status {
  readonly state: string;
  readonly processes: readonly ProcessStatus[];
  readonly streams: readonly { stream: string; events: number; gaps: number; alarm: string | null }[];
  readonly queues: readonly { name: string; bytes: number; oldestAgeMs: number }[];
  readonly writeLatencyMs: { p50: number; p99: number };
  readonly books: readonly { symbol: string; state: string; lastUpdateId?: number }[];
}

/** A recorder that runs as a user would run it. */
export class Recorder {
  readonly #run: Started;

  private constructor(run: Started) {
    this.#run = run;
  }

  /**
   * `config` is the configuration as an object; the monitoring port is free unless it names one. `main`: the program that
   * takes the command line, this recorder by default.
   */
  static start(folder: string, config: Record<string, unknown>, main = STREAMER): Recorder {
    const file = join(folder, 'config.yaml');
    writeFileSync(
      file,
      JSON.stringify({ monitoring: { port: 0 }, logging: { dir: join(folder, 'logs') }, ...config }),
    );
    return new Recorder(started(main, ['serve', '--config', file]));
  }

  get pid(): number {
    return this.#run.child.pid!;
  }

  get ended(): Promise<Run> {
    return this.#run.ended;
  }

  output(): { stdout: string; stderr: string } {
    return this.#run.output();
  }

  async url(): Promise<string> {
    const find = (): string | undefined => /monitoring=(http:\S+)/.exec(this.output().stderr)?.[1];
    await eventually(
      () => find() !== undefined,
      () => `no monitoring address in:\n${this.output().stderr}`,
    );
    return find()!;
  }

  async get(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${await this.url()}${path}`);
    return { status: response.status, body: await response.json() };
  }

  async status(): Promise<Status> {
    return (await this.get('/status')).body as Status;
  }

  async statusWhen(condition: (status: Status) => boolean, timeoutMs = 20_000): Promise<Status> {
    let status: Status | undefined;
    await eventually(
      async () => condition((status = await this.status())),
      () => `${JSON.stringify(status, undefined, 1)}\n${this.output().stderr}`,
      timeoutMs,
    );
    return status!;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Run> {
    this.#run.child.kill(signal);
    return this.ended;
  }

  /** Whatever state the test left it in: gone. */
  async destroy(): Promise<void> {
    if (this.#run.child.exitCode === null && this.#run.child.signalCode === null) {
      this.#run.child.kill('SIGTERM');
      const timer = setTimeout(() => this.#run.child.kill('SIGKILL'), 15_000);
      await this.ended;
      clearTimeout(timer);
    }
  }
}

/** Waits until the condition holds; fails with what `explain` says. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  explain: () => string = () => 'the condition did not come true',
  timeoutMs = 20_000,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    if (await condition()) return;
    if (performance.now() > deadlineMs) throw new Error(`after ${timeoutMs} ms: ${explain()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
