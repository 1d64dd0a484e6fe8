import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { eventually } from '../process/recorder.ts';

/** Calls are counted by thread, so the thread pool has but one. */
export const ONE_THREAD = { UV_THREADPOOL_SIZE: '1' };

const ROLE = pathToFileURL(resolve('apps/streamer/dist/roles/writer.js')).href;

/** Stops the writer when its program is loaded and nothing is done yet: the calls from there on are its own. */
export const STOPPED_BEFORE_IT_BEGINS = `
  await import(${JSON.stringify(ROLE)});
  process.kill(process.pid, 'SIGSTOP');`;

/** Resolves when the process, which stopped itself, is stopped. */
export async function stopped(pid: number): Promise<void> {
  const state = (): string => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1]!;
  await eventually(
    () => state() === 'T',
    () => `process ${pid} is in state ${state()}`,
  );
}

/** System calls by what they do; `?` for those that not every architecture has. */
export const CALLS = {
  write: 'pwrite64,pwritev,?pwritev2',
  sync: 'fdatasync,fsync',
  name: '?rename,?renameat,?renameat2,?unlink,?unlinkat,?mkdir,?mkdirat,ftruncate',
  open: '?open,openat',
} as const;

/**
 * Lets system calls of a process fail, wait or kill it. `injection` is what strace(1) takes behind `inject=`. Resolves
 * when it is in force, with what strace will have seen by its end: one line a call that was struck.
 */
export async function inject(
  pid: number,
  injection: string,
): Promise<{ readonly seen: Promise<readonly string[]> }> {
  const calls = injection.slice(0, injection.indexOf(':'));
  const args = [
    '-f',
    '-ttt',
    '-e',
    `trace=${calls}`,
    '-e',
    'signal=none',
    '-e',
    `inject=${injection}`,
    '-p',
    String(pid),
  ];
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const struck: string[] = [];
  const seen = new Promise<readonly string[]>((done) => strace.once('close', () => done(struck)));
  await new Promise<void>((attached, failed) => {
    let text = '';
    createInterface({ input: strace.stderr }).on('line', (line) => {
      text += `${line}\n`;
      if (line.includes('attached')) attached();
      if (/INJECTED|DELAYED/.test(line)) struck.push(line);
    });
    void seen.then(() => failed(new Error(`strace ended:\n${text}`)));
  });
  return { seen };
}
