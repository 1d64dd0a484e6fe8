import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { depthCsv, DEPTH_HEADER, put } from './support/depth-csv.ts';
import { diff, snapshot } from './support/messages.ts';

/** The built command, as it is installed. */
const COMMAND = resolve('apps/book-inspector/dist/main.js');

const LEVELS = Array.from({ length: 5000 }, (_, index) => [`${10_000 - index}.5`, '1.25'] as const);

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'book-inspector-command-'));
  const messages = [snapshot(0, 10, { bids: LEVELS, asks: [['20000', '2']] }), diff(1, [11, 12, 10])];
  put(join(dataDir, 'BTCUSDT', 'depth_2024-07-19.csv'), `${depthCsv(messages)}broken\n`);
}); // prettier-ignore
afterAll(() => rmSync(dataDir, { recursive: true }));

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], options: { leaveEarly?: boolean; cwd?: string } = {}): Promise<Ended> {
  const env = { ...process.env, FORCE_COLOR: 'true' };
  const cwd = options.cwd ?? process.cwd();
  const child = spawn(process.execPath, [COMMAND, ...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  if (options.leaveEarly === true) child.stdout.destroy();
  else child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  return new Promise((end, fail) => {
    child.on('error', fail);
    child.on('close', (exitCode) => end({ exitCode, stdout, stderr }));
  });
}

const replay = (...args: string[]) => ['replay', '--symbol', 'BTCUSDT', '--data-dir', dataDir, ...args];

describe('the built command', () => {
  it('prints the JSON alone on stdout, whole, and what else is to say on stderr', async () => {
    const { exitCode, stdout, stderr } = await run(replay('--format', 'json', '--depth', '5000'));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ lastUpdateId: 12, bids: 5000, rejected: 1 });
    expect(JSON.parse(stdout).top.bids).toHaveLength(5000);
    expect(stderr).toMatch(
      /^book-inspector: damaged: .*depth_2024-07-19\.csv: line 5004: .*\n.*1 broken row left out\n$/,
    );
  });

  it('draws the ladder without colours and without progress when nothing is a terminal', async () => {
    const { exitCode, stdout, stderr } = await run(replay('--depth', '2'));
    expect(exitCode).toBe(0);
    expect(stdout).toContain('│ 10000.5 │');
    expect(stdout + stderr).not.toContain('\u001b');
  });

  it('ends with 0 and in silence when its reader leaves early', async () => {
    const { exitCode, stderr } = await run(replay('--format', 'json', '--depth', '5000'), {
      leaveEarly: true,
    });
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('EPIPE');
  });

  it('does what its README shows', async () => {
    const readme = readFileSync('apps/book-inspector/README.md', 'utf8');
    const block = (kind: string) => new RegExp(`\`\`\`${kind}\\n(.*?)\`\`\``, 's').exec(readme)![1]!;
    const cwd = join(dataDir, 'readme');
    put(join(cwd, 'data/BTCUSDT/depth_2024-07-19.csv'), block('csv'));
    const { exitCode, stdout, stderr } = await run(['replay', '--symbol', 'BTCUSDT'], { cwd });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.replace(/\d+\.\d s$/m, '0.0 s')).toBe(block('text'));
  });

  it('replays symbols in threads as it does without, and survives one that has no book', async () => {
    const symbols = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT', 'DDDUSDT', 'EEEUSDT'];
    const many = join(dataDir, 'many');
    symbols.forEach((symbol, index) => {
      const messages = [snapshot(0, 10, { bids: LEVELS.slice(index) }), diff(1, [11, 12 + index, 10])];
      put(join(many, symbol, 'depth_2024-07-19.csv'), depthCsv(index === 2 ? messages.slice(1) : messages));
    });
    const args = ['replay', '--symbol', '*', '--data-dir', many, '--format', 'json', '--depth', '1'];
    const alone = await run(args);
    const threads = await run([...args, '--jobs', '2']);
    const withoutTime = (text: string) => text.replace(/"elapsedMs":\d+/g, '');
    expect(withoutTime(threads.stdout)).toBe(withoutTime(alone.stdout));
    expect(alone.stdout.split('\n')).toHaveLength(symbols.length);
    for (const { exitCode, stderr } of [alone, threads]) {
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(
        /^error: CCCUSDT: no snapshot.*\nerror: 1 of 5 symbols have no book: CCCUSDT\n$/,
      );
    }
  });

  it('stops at once with all its threads when it is interrupted', async () => {
    const endless = join(dataDir, 'endless');
    const diffs = Array.from({ length: 300 }, (_, index) => diff(1, [index, index, index - 1], { bids: LEVELS.slice(0, 200) })); // prettier-ignore
    const member = gzipSync(depthCsv(diffs).slice(DEPTH_HEADER.length), { level: 1 });
    // Some 2 GB of rows each, which take much longer than this test.
    const content = Buffer.concat([gzipSync(depthCsv([snapshot(0, 1)])), ...Array<Buffer>(300).fill(member)]);
    for (const symbol of ['AAAUSDT', 'BBBUSDT'])
      put(join(endless, symbol, 'depth_2024-07-19.csv.gz'), content);
    const args = ['replay', '--symbol', '*', '--data-dir', endless, '--jobs', '2', '--progress'];
    const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = new Promise((end) => child.on('exit', (code, signal) => end({ code, signal })));
    const progress = await new Promise<Buffer>((told) => child.stderr.once('data', told));
    expect(progress.toString()).toMatch(/^0 of 2 symbols .* MB\/s /);
    const interruptedAtMs = performance.now();
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: null, signal: 'SIGINT' });
    expect(performance.now() - interruptedAtMs).toBeLessThan(2000);
  });

  it('ends with 1 without a book', async () => {
    const { exitCode, stdout, stderr } = await run(['replay', '--symbol', 'ETHUSDT', '--data-dir', dataDir]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^error: .*ETHUSDT.*BTCUSDT\n$/);
  });

  it('ends with 2 for wrong arguments', async () => {
    const { exitCode, stdout, stderr } = await run(replay('--depht', '3'));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain("unknown option '--depht'");
  });
});
