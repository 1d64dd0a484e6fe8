import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../src/cli/run-cli.ts';
import type { ReplayView } from '../src/replay-view.ts';
import { depthCsv, put } from './support/depth-csv.ts';
import { diff, snapshot } from './support/messages.ts';

const MESSAGES = [
  snapshot(0, 10, { bids: [['99.50', '1.0']], asks: [['100.00', '2']] }),
  diff(1, [11, 12, 10], { bids: [['99.6', '3']] }),
  diff(2, [13, 15, 12]),
  diff(5, [20, 22, 19]),
]; // prettier-ignore

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'book-inspector-cli-'));
  put(join(dataDir, 'BTCUSDT', 'depth_2024-07-19.csv'), depthCsv(MESSAGES));
});
afterAll(() => rmSync(dataDir, { recursive: true }));

async function run(
  args: readonly string[],
  terminal: { isTTY?: boolean; env?: Record<string, string> } = {},
) {
  const out = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr', isTTY: boolean) => ({
    isTTY,
    columns: 80,
    write: (text: string, done?: () => void) => {
      out[name] += text;
      done?.();
    },
  });
  const exitCode = await runCli(args, {
    stdout: stream('stdout', terminal.isTTY ?? false),
    stderr: stream('stderr', false),
    env: terminal.env ?? {},
    nowMs: () => 0,
  });
  return { exitCode, ...out };
}

const replay = (...args: string[]) => run(['replay', '--symbol', 'BTCUSDT', '--data-dir', dataDir, ...args]);

describe('book-inspector replay', () => {
  it('prints one JSON object with the fields of the contract first', async () => {
    const { exitCode, stdout, stderr } = await replay('--format', 'json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.indexOf('\n')).toBe(stdout.length - 1);
    const view = JSON.parse(stdout) as ReplayView;
    expect(Object.keys(view).slice(0, 15)).toEqual([
      'symbol', 'files', 'messages', 'applied', 'stale', 'snapshots', 'gaps', 'lastUpdateId', 'bids', 'asks',
      'bestBid', 'bestAsk', 'top', 'checksum', 'elapsedMs',
    ]); // prettier-ignore
    expect(view).toMatchObject({
      symbol: 'BTCUSDT',
      messages: 3,
      applied: 2,
      pending: 1,
      gaps: 1,
      lastUpdateId: 15,
      bestBid: ['99.6', '3'],
      state: 'gap',
    });
  });

  it('shows as many levels as asked for', async () => {
    const { stdout } = await replay('--format', 'json', '--depth', '1');
    expect(JSON.parse(stdout).top).toEqual({ bids: [['99.6', '3']], asks: [['100', '2']] });
  });

  it.each([
    ['00:00:01', 12],
    ['2024-07-19T00:00:02', 15],
    ['12', 12],
    ['u:14', 12],
    ['t:1721347201', 12],
  ])('stops at %s', async (at, lastUpdateId) => {
    const { stdout } = await replay('--format', 'json', '--date', '2024-07-19', '--at', at);
    expect(JSON.parse(stdout)).toMatchObject({ lastUpdateId, gaps: 0 });
  });

  it('takes a symbol in lower case', async () => {
    const { stdout } = await run([
      'replay',
      '--symbol',
      'btcusdt',
      '--data-dir',
      dataDir,
      '--format',
      'json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ symbol: 'BTCUSDT' });
  });

  it('draws in colours on a terminal only, and not where NO_COLOR asks for none', async () => {
    const args = ['replay', '--symbol', 'BTCUSDT', '--data-dir', dataDir];
    const isTTY = true;
    expect((await run(args)).stdout).not.toContain('\u001b');
    expect((await run(args, { isTTY })).stdout).toContain('\u001b[32m');
    expect((await run(args, { isTTY, env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001b');
    expect((await run(args, { isTTY, env: { NO_COLOR: '' } })).stdout).toContain('\u001b[32m');
    expect((await run(args, { env: { FORCE_COLOR: 'true' } })).stdout).not.toContain('\u001b');
  });

  it('says on stderr when the moment lies behind the end', async () => {
    const { exitCode, stderr } = await replay('--at', '2030-01-01');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/2030-01-01.*the last message, which came at 2024-07-19T00:00:05\.000000Z/);
  });

  it.each([
    ['no message', ['--at', '2020-01-01'], /no depth message.*begin at 2024-07-19T00:00:00\.000000Z/],
    ['no data of a symbol', ['--symbol', 'XRPUSDT'], /XRPUSDT.*BTCUSDT/],
    ['no data of a day', ['--date', '2024-07-20'], /2024-07-20.*depth_2024-07-19/],
    ['no folder', ['--data-dir', '/absent'], /\/absent/],
    [
      'a folder that the result cannot go to',
      ['--out', '/absent/book.txt'],
      /could not be written.*\/absent/,
    ],
  ])('ends with 1 and says why where there is %s', async (_what, args, message) => {
    const { exitCode, stdout, stderr } = await replay('--format', 'json', ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  it.each([
    ['no snapshot', MESSAGES.slice(1), /no snapshot.*3 depth messages of 1 file/],
    ['no join', [snapshot(0, 1), ...MESSAGES.slice(1)], /no join: 1 snapshot/],
  ])('ends with 1 where there is %s', async (what, messages, message) => {
    const path = put(join(dataDir, what, 'BTCUSDT', 'depth_2024-07-19.csv'), depthCsv(messages));
    const { exitCode, stderr } = await replay('--data-dir', path);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
  });

  it.each([
    [['--bogus']],
    [['--symbols', 'BTCUSDT']],
    [['--symbol', '../x']],
    [['--symbol', '']],
    [['--symbol', 'BTC/USDT']],
    [['--symbol']],
    [['--date', '2024-02-30']],
    [['--date', '20240719']],
    [['--depth', '0']],
    [['--depth', '-1']],
    [['--depth', '1e3']],
    [['--depth', '99999']],
    [['--depth', 'many']],
    [['--format', 'xml']],
    [['--at', 'tomorrow']],
    [['--at', '00:00:01']],
    [['--at', '-1']],
    [['--at', '']],
    [['--data-dir', '']],
    [['--out', '']],
    [['extra']],
  ])('ends with 2 for %j', async (args) => {
    const { exitCode, stdout, stderr } = await replay(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error: /);
  });

  it('writes to a file without colours, and leaves stdout empty', async () => {
    const out = join(dataDir, 'book.txt');
    const args = ['replay', '--symbol', 'BTCUSDT', '--data-dir', dataDir, '--out', out];
    const { exitCode, stdout, stderr } = await run(args, { isTTY: true });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toContain(out);
    expect(readFileSync(out, 'utf8')).toMatch(/^BTCUSDT {3}2024[^\u001b]+sha256 [0-9a-f]{64}\n$/);
  });

  it('explains itself with examples', async () => {
    const { exitCode, stdout } = await run(['replay', '--help']);
    expect(exitCode).toBe(0);
    for (const part of ['--at', 'Examples:', 'book-inspector replay --symbol BTCUSDT', 'Exit codes']) {
      expect(stdout).toContain(part);
    }
    expect(await run(['--help'])).toMatchObject({ exitCode: 0 });
    expect(await run([])).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await run(['verify-everything'])).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('asks for the symbol', async () => {
    const { exitCode, stderr } = await run(['replay']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--symbol');
  });
});
