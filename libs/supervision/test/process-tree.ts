import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const FIXTURES = path.resolve('libs/supervision/test/fixtures');

/** The fixtures run what was built, as users do. */
export function requireBuild(): void {
  if (existsSync('libs/supervision/dist/index.js')) return;
  throw new Error('libs/supervision is not built: run npx tsc -b libs/supervision/tsconfig.lib.json');
}

export interface LogLine {
  readonly name: string;
  readonly pid: number;
  readonly what: string;
}

/** A file that processes append their story to. */
export class Story {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'supervision-test-'));
  readonly file = path.join(this.#folder, 'story.jsonl');

  constructor() {
    writeFileSync(this.file, '');
  }

  lines(): LogLine[] {
    const whole = readFileSync(this.file, 'utf8').split('\n').slice(0, -1);
    return whole.map((line) => JSON.parse(line) as LogLine);
  }

  /** What this process told, in order. */
  of(name: string): string[] {
    return this.lines()
      .filter((line) => line.name === name)
      .map(({ what }) => what);
  }

  /** Every process that ever told something. */
  pids(): number[] {
    return [...new Set(this.lines().map(({ pid }) => pid))];
  }

  /** The last life of this process. */
  pid(name: string): number {
    return this.lines().findLast((line) => line.name === name)!.pid;
  }

  /** Ends what a failed test left behind. */
  remove(): void {
    for (const pid of this.pids()) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }
}

/** A process manager in a process group of its own, as a shell or a service manager starts it. */
export class Tree {
  readonly story: Story;
  readonly process: ChildProcess;
  readonly exited: Promise<number | string | null>;
  /** What it wrote to stderr; its children's is not its own. */
  errors = '';

  constructor(story: Story, kind: string, behaviours: object = {}) {
    this.story = story;
    const args = [path.join(FIXTURES, 'tree.mjs'), kind, story.file, JSON.stringify(behaviours)];
    this.process = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    this.process.stderr!.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.exited = new Promise((resolve) =>
      this.process.once('exit', (code, signal) => resolve(code ?? signal)),
    );
  }

  get pid(): number {
    return this.process.pid!;
  }

  started(): Promise<void> {
    return eventually(() => this.story.of('tree').includes('started'), 'the tree to start');
  }
}

/** Whether the process runs; one that is dead but not yet reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = existsSync('/proc/self/stat') ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') R';
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

/** Resolves when the condition holds; looks every 5 ms and rejects after the limit. */
export async function eventually(condition: () => boolean, what: string, limitMs = 15_000): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
