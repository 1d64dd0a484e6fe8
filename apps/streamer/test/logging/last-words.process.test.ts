import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { RecorderLog } from '../../src/logging/recorder-log.ts';

const BUILT_LOG = pathToFileURL(resolve('apps/streamer/dist/logging/recorder-log.js')).href;
const LINES = 200;
/** Events of different kinds, as a storm would not have them; digits do not tell kinds apart. */
const eventOf = (line: number): string => `Line${'ABCD'[line >> 6]}${'x'.repeat(line & 63)}`;
const EVENTS = Array.from({ length: LINES }, (_unused, line) => eventOf(line));

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'last-words-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = () => ({ level: 'info' as const, dir: folder, maxSizeBytes: 1_000_000, maxFiles: 2 });

const stored = (source: string): { message: string }[] =>
  readFileSync(join(folder, `${source}.log`), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { message: string });

/** Logs lines, some of them on their way to the disk and some not, and ends as the statement says. */
function endingWith(statement: string): { status: number | null; stderr: string } {
  const program = `
    import { RecorderLog } from ${JSON.stringify(BUILT_LOG)};
    const events = ${JSON.stringify(EVENTS)};
    const log = new RecorderLog(${JSON.stringify(config())}, process.stderr).of('primary');
    for (let line = 0; line < ${LINES / 2}; line++) log.info(events[line]);
    await new Promise((resolve) => setImmediate(resolve));
    for (let line = ${LINES / 2}; line < ${LINES}; line++) log.info(events[line]);
    ${statement};
    await new Promise((resolve) => setTimeout(resolve, 5000));`;
  const flags = ['--input-type=module', '--eval', program];
  return spawnSync(process.execPath, flags, { encoding: 'utf8', timeout: 15_000 });
}

describe('a primary that ends at once', () => {
  it.each([
    ['process.exit', 'process.exit(70)', 70, []],
    ['an exception', 'setImmediate(() => { throw new Error("boom"); })', 1, ['Crashed']],
    ['a rejection', 'void Promise.reject(new Error("boom"))', 1, ['Crashed']],
  ])('by %s has every line on the disk, once and in order', (_, statement, status, last) => {
    const ended = endingWith(statement);
    expect(ended.status).toBe(status);
    const events = stored('primary').map(({ message }) => message);
    expect(events.filter((event) => event.startsWith('Line'))).toEqual(EVENTS);
    expect(events.filter((event) => event === 'Crashed')).toEqual(last);
  });
});

describe('a child that is killed', () => {
  it('has said its last words when the log is closed, the torn one too', async () => {
    const logs = new RecorderLog(config(), new PassThrough().resume());
    const program = `
      for (let line = 0; line < 200; line++)
        process.stderr.write(JSON.stringify({ level: 'info', event: 'Line' + 'x'.repeat(line % 70), fields: { line } }) + '\\n');
      process.stderr.write('FATAL ERROR: out of', () => process.kill(process.pid, 'SIGKILL'));`;
    const child = spawn(process.execPath, ['--eval', program], { stdio: ['ignore', 'ignore', 'pipe'] });
    logs.childOutput('writer', child.stderr);
    await new Promise((exited) => child.once('exit', exited));
    await logs.close();
    const events = stored('writer').map(({ message }) => message);
    expect(events.length).toBe(201);
    expect(events.at(-1)).toBe('FATAL ERROR: out of');
  });
});
