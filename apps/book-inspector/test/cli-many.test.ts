import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../src/cli/run-cli.ts';
import { LocalRunner, type JobRunner } from '../src/replay-job.ts';
import { depthCsv, DEPTH_HEADER, put } from './support/depth-csv.ts';
import { diff, snapshot } from './support/messages.ts';

let dataDir: string;
const symbolFile = (symbol: string, content: string) =>
  put(join(dataDir, symbol, 'depth_2024-07-19.csv'), content);
const bookAt = (price: string) =>
  depthCsv([snapshot(0, 10, { bids: [[price, '1']], asks: [['200', '2']] }), diff(1, [11, 12, 10])]);

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'book-inspector-many-'));
  symbolFile('BTCUSDT', bookAt('100.5'));
  symbolFile('ETHUSDT', bookAt('90') + depthCsv([diff(5, [20, 22, 19])]).slice(DEPTH_HEADER.length));
  symbolFile('XRPUSDT', depthCsv([diff(1, [11, 12, 10])]));
  symbolFile('ADAUSDT', `${bookAt('80')}broken\n`);
});
afterEach(() => rmSync(dataDir, { recursive: true }));

async function replay(args: readonly string[], newRunner?: () => JobRunner) {
  const out = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string, done?: () => void) => {
      out[name] += text;
      done?.();
    },
  });
  const exitCode = await runCli(['replay', '--data-dir', dataDir, ...args], {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env: {},
    nowMs: () => 0,
    ...(newRunner === undefined ? {} : { newRunner }),
  });
  return { exitCode, ...out };
}

const viewsOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('book-inspector replay of several symbols', () => {
  it('prints the object of each symbol alone, a line each, in the order asked', async () => {
    const { exitCode, stdout, stderr } = await replay([
      '--symbol',
      'ethusdt,BTCUSDT,ETHUSDT',
      '--format',
      'json',
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const alone = await replay(['--symbol', 'BTCUSDT', '--format', 'json']);
    expect(viewsOf(stdout).map(({ symbol }) => symbol)).toEqual(['ETHUSDT', 'BTCUSDT']);
    expect(stdout.split('\n')[1]).toBe(alone.stdout.trimEnd());
  });

  it('takes a star for every symbol, goes on behind one that fails, and names it at the end', async () => {
    const { exitCode, stdout, stderr } = await replay(['--symbol', '*', '--format', 'json']);
    expect(exitCode).toBe(1);
    expect(viewsOf(stdout).map(({ symbol }) => symbol)).toEqual(['ADAUSDT', 'BTCUSDT', 'ETHUSDT']);
    expect(stderr).toMatch(/^book-inspector: ADAUSDT: damaged: .*line 5/m);
    expect(stderr).toMatch(/^error: XRPUSDT: no snapshot/m);
    expect(stderr.trimEnd()).toMatch(/error: 1 of 4 symbols have no book: XRPUSDT$/);
  });

  it('draws one line a symbol as text', async () => {
    const { stdout } = await replay(['--symbol', '*']);
    const lines = stdout.replace(/[0-9a-f]{12}$/gm, '#').split('\n');
    expect(lines).toEqual([
      'symbol   state        messages  gaps  update id  best bid  best ask  levels  sha256',
      'ADAUSDT  UNPROVEN            1     0         12        80       200   1 + 1  #',
      'BTCUSDT  in sync             1     0         12     100.5       200   1 + 1  #',
      'ETHUSDT  NOT IN SYNC         2     1         12        90       200   1 + 1  #',
      'XRPUSDT  no book',
      '',
      '4 symbols   1 in sync   4 messages   1 gap',
      '',
    ]);
  });

  it('draws the ladder where a star finds one symbol', async () => {
    for (const symbol of ['ADAUSDT', 'ETHUSDT', 'XRPUSDT'])
      rmSync(join(dataDir, symbol), { recursive: true });
    const star = await replay(['--symbol', '*']);
    expect(star).toEqual(await replay(['--symbol', 'BTCUSDT']));
    expect(star.stdout).toContain('│ 100.5 │');
  });

  it('writes all results to one file', async () => {
    const out = join(dataDir, 'books.jsonl');
    const args = ['--symbol', 'BTCUSDT,ADAUSDT', '--format', 'json', '--out', out];
    for (let time = 0; time < 2; time++) {
      const { exitCode, stdout } = await replay(args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
      expect(viewsOf(readFileSync(out, 'utf8')).map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ADAUSDT']);
    }
  });

  it('names symbols that are nowhere, and prints the others', async () => {
    const { exitCode, stdout, stderr } = await replay([
      '--symbol',
      'SOLUSDT,BTCUSDT,DOTUSDT',
      '--format',
      'json',
    ]);
    expect(exitCode).toBe(1);
    expect(viewsOf(stdout)).toMatchObject([{ symbol: 'BTCUSDT' }]);
    expect(stderr).toMatch(/^error: SOLUSDT: .*ADAUSDT, BTCUSDT/m);
    expect(stderr).toMatch(/2 of 3 symbols have no book: SOLUSDT, DOTUSDT\n$/);
  });

  it.each([
    ['no such day', ['--date', '2020-01-01'], /any symbol on 2020-01-01, was none/],
    ['no folder', ['--data-dir', '/absent'], /\/absent/],
  ])('ends with 1 where a star finds %s', async (_what, args, message) => {
    const { exitCode, stderr } = await replay(['--symbol', '*', ...args]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
  });

  it('gives every runner a job, takes the largest first, and prints in the order asked', async () => {
    symbolFile('BTCUSDT', bookAt('100.5') + depthCsv([diff(2, [13, 15, 12])]).slice(DEPTH_HEADER.length).repeat(500)); // prettier-ignore
    const begun: string[] = [];
    let closed = 0;
    const newRunner = (): JobRunner => {
      const local = new LocalRunner(() => 0);
      return {
        run: (job, progress) => {
          begun.push(job.source.symbol);
          return local.run(job, progress);
        },
        close: () => Promise.resolve(void closed++),
      };
    };
    const args = ['--symbol', 'ETHUSDT,ADAUSDT,BTCUSDT', '--format', 'json', '--jobs', '2'];
    const { exitCode, stdout } = await replay(args, newRunner);
    expect(exitCode).toBe(0);
    expect(begun).toEqual(['BTCUSDT', 'ETHUSDT', 'ADAUSDT']);
    expect(viewsOf(stdout).map(({ symbol }) => symbol)).toEqual(['ETHUSDT', 'ADAUSDT', 'BTCUSDT']);
    expect(closed).toBe(2);
  });

  it('counts a job whose runner failed as failed, and does the others', async () => {
    const newRunner = (): JobRunner => {
      const local = new LocalRunner(() => 0);
      return {
        run: (job, progress) =>
          job.source.symbol === 'ADAUSDT'
            ? Promise.reject(new Error('its thread ended'))
            : local.run(job, progress),
        close: () => Promise.resolve(),
      };
    };
    const { exitCode, stdout, stderr } = await replay(
      ['--symbol', 'ADAUSDT,BTCUSDT,ETHUSDT', '--format', 'json', '--jobs', 'auto'],
      newRunner,
    );
    expect(exitCode).toBe(1);
    expect(viewsOf(stdout).map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(stderr).toMatch(/error: ADAUSDT: its thread ended\n/);
  });

  it.each([
    [['--symbol', 'BTCUSDT,']],
    [['--symbol', ',']],
    [['--symbol', 'BTCUSDT,../x']],
    [['--symbol', '*,BTCUSDT']],
    [['--symbol', '*', '--jobs', '0']],
    [['--symbol', '*', '--jobs', '257']],
    [['--symbol', '*', '--jobs', '1.5']],
    [['--symbol', '*', '--jobs', 'all']],
    [['--symbol', '*', '--jobs']],
  ])('ends with 2 for %j', async (args) => {
    const { exitCode, stdout, stderr } = await replay(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error: /);
  });

  it('explains itself', async () => {
    const { stdout } = await replay(['--help']);
    for (const part of ['--jobs', 'auto', "'*'", '--progress', '--no-progress'])
      expect(stdout).toContain(part);
  });
});
