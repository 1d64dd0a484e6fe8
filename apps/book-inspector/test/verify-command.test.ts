import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { symbolFiles } from '@org/storage-csv';
import { verifySymbol } from '../src/verify/verify-symbol.ts';
import { depthCsv, put } from './support/depth-csv.ts';
import { diff, snapshot } from './support/messages.ts';
import { runVerifyCommand, verified } from './support/verify-run.ts';

const BID = { bids: [['99.50', '1.0']], asks: [['100.00', '2']] } as const; // prettier-ignore

let dataDir: string;
beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'book-inspector-verify-command-'))));
afterEach(() => rmSync(dataDir, { recursive: true }));

/** A sound file, and one in which a diff is missing. */
function twoSymbols(): void {
  const head = [snapshot(0, 10, BID), diff(1, [11, 12, 10], { bids: [['99.6', '3']] })];
  put(join(dataDir, 'AAAUSDT/depth_2024-07-19.csv'), depthCsv([...head, diff(2, [13, 15, 12])]));
  put(join(dataDir, 'BBBUSDT/depth_2024-07-19.csv'), depthCsv([...head, diff(2, [17, 19, 16])]));
}

describe('the verify command', () => {
  it('prints what it found by symbol, with a table and a sum', async () => {
    twoSymbols();
    const { exitCode, stdout, stderr } = await runVerifyCommand('--data-dir', dataDir);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(stdout).toBe(
      [
        'BBBUSDT',
        '  error GAP_UNDECLARED  BBBUSDT/depth_2024-07-19.csv:5  ids 12 to 16: the diff follows 16, the one before it ends at 12, and no gaps row says so',
        '  warning BOOK_NOT_IN_SYNC  BBBUSDT/depth_2024-07-19.csv  the book is not in sync at the end: no snapshot follows the last gap',
        '',
        'symbol   files  rows  events  gaps  undeclared  healed  errors  warnings',
        'AAAUSDT      1     4       3     0           0       0       0         0  clean',
        'BBBUSDT      1     4       3     0           1       0       1         1  NOT CLEAN',
        '',
        '2 symbols   2 files   8 rows   0 declared gaps   0 of 0 stored books compared   0.0 s',
        'not clean: 1 error, 1 warning',
        '',
      ].join('\n'),
    );
  });

  it('checks only the symbols that are asked for', async () => {
    twoSymbols();
    const { exitCode, stdout } = await runVerifyCommand('--data-dir', dataDir, '--symbol', 'aaausdt');
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('BBBUSDT');
  });

  it('prints one JSON object with the counts, the symbols and the findings', async () => {
    twoSymbols();
    const { stdout } = await runVerifyCommand('--data-dir', dataDir, '--format', 'json');
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual([
      ...['clean', 'files', 'rows', 'events', 'gaps', 'books', 'errors', 'warnings', 'symbols', 'findings'],
      ...['findingsLeftOut', 'elapsedMs'],
    ]);
    expect(JSON.parse(stdout).findings[0]).toEqual({
      ...{
        severity: 'error',
        code: 'GAP_UNDECLARED',
        symbol: 'BBBUSDT',
        stream: 'BBBUSDT@depth',
        ids: [12, 16],
      },
      ...{ file: 'BBBUSDT/depth_2024-07-19.csv', line: 5, message: expect.any(String) },
    });
  });

  it('writes to a file when it is told to', async () => {
    twoSymbols();
    const out = join(dataDir, 'verdict.json');
    const { stdout, stderr } = await runVerifyCommand(
      '--data-dir',
      dataDir,
      '--format',
      'json',
      '--out',
      out,
    );
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: `book-inspector: wrote ${out}\n` });
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ clean: false, errors: 1 });
  });

  it('keeps the number of findings bounded, counts the others, and leaves no error out for warnings', async () => {
    const head =
      'update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time,local_time';
    const crossed = Array.from({ length: 2000 }, (_, id) => `${id},2,1,1,1,,,1721347200000000`);
    const text = [head, ...crossed, 'broken', ''].join('\n');
    put(join(dataDir, 'AAAUSDT/bookticker_2024-07-19.csv'), text);
    const verdict = await verified(dataDir);
    expect(verdict).toMatchObject({ errors: 1, warnings: 2000, findingsLeftOut: 1500 });
    expect(verdict.findings[0]).toMatchObject({ code: 'ROW_BROKEN', line: 2002 });
  });

  it.each([
    ['a folder that is not there', 'nowhere', 'expected a file or a folder'],
    ['an empty folder', '.', 'expected files of a recording or captures, was none'],
  ])('exits with 1 for %s', async (_, folder, problem) => {
    const { exitCode, stdout, stderr } = await runVerifyCommand('--data-dir', join(dataDir, folder));
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(problem);
  });

  it('exits with 1 for a symbol that is not there, and names those that are', async () => {
    twoSymbols();
    const { exitCode, stderr } = await runVerifyCommand('--data-dir', dataDir, '--symbol', 'ETHUSDT');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('expected files of ETHUSDT, was those of AAAUSDT, BBBUSDT');
  });

  it.each([
    ['no folder', []],
    ['an unknown option', ['--data-dir', '.', '--symbols', 'A']],
    ['an unknown format', ['--data-dir', '.', '--format', 'xml']],
    ['a number of jobs that is none', ['--data-dir', '.', '--jobs', '0']],
  ])('exits with 2 for %s', async (_, args) => {
    expect((await runVerifyCommand(...args)).exitCode).toBe(2);
  });

  it('survives files that are no files of a recording', async () => {
    put(join(dataDir, 'AAAUSDT/notes.txt'), 'hello');
    put(join(dataDir, 'AAAUSDT/manifest_2024-07-19.json'), '[1]');
    put(join(dataDir, 'AAAUSDT/depth_2024-07-19.csv.gz'), 'no gzip at all');
    put(join(dataDir, 'AAAUSDT/depth_2024-07-19.csv.gz.CHECKSUM'), 'short');
    put(join(dataDir, 'AAAUSDT/gaps_2024-07-19.csv'), '');
    put(join(dataDir, 'AAAUSDT/kline_2024-07-19.csv'), Buffer.alloc(200_000));
    mkdirSync(join(dataDir, 'AAAUSDT/trade_2024-07-19.csv'));
    const { findings } = await verified(dataDir);
    expect(new Set(findings.map(({ code, file }) => `${code} ${file.slice('AAAUSDT/'.length)}`))).toEqual(
      new Set([
        'FILE_UNKNOWN notes.txt',
        'MANIFEST_WRONG manifest_2024-07-19.json',
        'CHECKSUM_WRONG depth_2024-07-19.csv.gz.CHECKSUM',
        'CHECKSUM_MISSING depth_2024-07-19.csv.gz',
        'HEADER_WRONG depth_2024-07-19.csv.gz',
        'FILE_CUT kline_2024-07-19.csv',
        'BOOK_NOT_IN_SYNC depth_2024-07-19.csv.gz',
        'MANIFEST_MISSING ',
      ]),
    );
  });

  it('reads a file that is packed between the look at the folder and its turn', async () => {
    twoSymbols();
    const path = join(dataDir, 'AAAUSDT/depth_2024-07-19.csv');
    const [found] = await symbolFiles(dataDir);
    renameSync(path, `${path}.gz`);
    const verdict = await verifySymbol(found!, {
      ends: new Map(),
      isGrowing: () => Promise.resolve(false),
    });
    expect(verdict).toMatchObject({ errors: 0, kinds: [{ kind: 'depth', events: 3 }] });
  });

  it('calls a missing trade of this minute pending while the recorder writes, and undeclared when it does not', async () => {
    const head =
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,normal_quantity,event_time,local_time,source';
    const row = (id: number, second: number) => `${id},1.5,2,${id},${id},1,true,,1,${1_721_347_200_000_000 + second * 1e6},ws`; // prettier-ignore
    const text = [head, row(1, 0), row(3, 10), row(4, 400), row(6, 410), ''].join('\n');
    put(join(dataDir, 'AAAUSDT/aggtrade_2024-07-19.csv'), text);
    const [found] = await symbolFiles(dataDir);
    const codes = async (isGrowing: boolean) =>
      (await verifySymbol(found!, { ends: new Map(), isGrowing: () => Promise.resolve(isGrowing) })).findings.map(({ code, line }) => [code, line]); // prettier-ignore
    expect(await codes(true)).toEqual([['GAP_UNDECLARED', 3], ['GAP_PENDING', 5]]); // prettier-ignore
    expect(await codes(false)).toEqual([['GAP_UNDECLARED', 3], ['GAP_UNDECLARED', 5]]); // prettier-ignore
  });

  it('says the same with threads as without, in the built command', async () => {
    twoSymbols();
    const run = (jobs: string) =>
      new Promise<{ exitCode: number | null; stdout: string }>((end, fail) => {
        const args = ['verify', '--data-dir', dataDir, '--format', 'json', '--jobs', jobs];
        const child = spawn(process.execPath, [resolve('apps/book-inspector/dist/main.js'), ...args], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let stdout = '';
        child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
        child.on('error', fail);
        child.on('close', (exitCode) => end({ exitCode, stdout: stdout.replace(/"elapsedMs":\d+/, '') }));
      });
    const alone = await run('1');
    expect(alone.exitCode).toBe(1);
    expect(await run('2')).toEqual(alone);
  });
});

describe('the README', () => {
  it('shows what verify prints', async () => {
    const readme = readFileSync('apps/book-inspector/README.md', 'utf8');
    const shown = /```text\n(symbol .*?)```/s.exec(readme)?.[1];
    const csv = /```csv\n(.*?)```/s.exec(readme)![1]!;
    writeFileSync(put(join(dataDir, 'BTCUSDT/depth_2024-07-19.csv'), ''), csv);
    const { stdout } = await runVerifyCommand('--data-dir', dataDir);
    expect(stdout).toBe(shown);
  });
});
