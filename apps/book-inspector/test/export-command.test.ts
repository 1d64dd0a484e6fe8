import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ParquetEngine, type Row } from '@org/storage-parquet';
import { runCli } from '../src/cli/run-cli.ts';
import type { ExportReport } from '../src/export/export-report.ts';
import { FIRST_DAY, generateRecording, SECOND_DAY, SYMBOL } from './support/generated-recording.ts';
import { sealDay } from './support/sealed-recording.ts';
import { verified } from './support/verify-run.ts';

const withDuckDb = isInstalled() ? it : it.skip;

function isInstalled(): boolean {
  try {
    require.resolve('@duckdb/node-api');
    return true;
  } catch {
    console.warn('the tests of export are skipped: @duckdb/node-api is not installed');
    return false;
  }
}

let folder: string;
let dataDir: string;
let out: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'book-inspector-export-'));
  dataDir = join(folder, 'data');
  await generateRecording(dataDir, 7);
  await sealDay(join(dataDir, SYMBOL), FIRST_DAY);
});
beforeEach(() => (out = mkdtempSync(join(folder, 'out-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => runCommand('export', '--format', 'parquet', ...args);

async function runCommand(...args: string[]) {
  let [stdout, stderr] = ['', ''];
  const exitCode = await runCli(args, {
    stdout: { write: (text, done) => ((stdout += text), done?.()) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    nowMs: () => 0,
  });
  return { exitCode, stdout, stderr };
}

async function exported(...args: string[]): Promise<ExportReport> {
  const { stdout } = await run('--data-dir', dataDir, '--out', out, '--report', 'json', ...args);
  return JSON.parse(stdout) as ExportReport;
}

async function query(sql: string): Promise<readonly Row[]> {
  const engine = await ParquetEngine.open();
  try {
    return await engine.query(sql);
  } finally {
    engine.close();
  }
}

function below(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();
}

describe('the export command', () => {
  withDuckDb('writes every kind and day of a recording, sealed or open, and counts what it wrote', async () => {
    const report = await exported();
    expect(Object.keys(report)).toEqual(['complete', 'written', 'failed', 'rows', 'bytes', 'sourceBytes', 'files', 'elapsedMs']);
    expect(report).toMatchObject({ complete: true, failed: 0 });
    const kinds = ['aggtrade', 'bookticker', 'depth', 'gaps', 'kline', 'markprice', 'orderbook'];
    const days = kinds.flatMap((kind) => [FIRST_DAY, SECOND_DAY].map((date) => `${SYMBOL}/${kind}_${date}.parquet`));
    expect(below(out)).toEqual(days);
    expect(report.files.map(({ kind, date }) => `${SYMBOL}/${kind}_${date}.parquet`)).toEqual(days);
    expect(report.files.map((file) => 'open' in file && file.open)).toEqual(days.map((name) => name.includes(SECOND_DAY)));
    const counted = await query(`SELECT kind, symbol, count(*)::INTEGER AS rows FROM '${out}/**/*.parquet' GROUP BY ALL ORDER BY kind`);
    const rowsOf = (kind: string) =>
      report.files.reduce((sum, file) => sum + (file.kind === kind && 'rows' in file ? file.rows : 0), 0);
    expect(counted).toEqual(kinds.map((kind) => ({ kind, symbol: SYMBOL, rows: rowsOf(kind) })));
    expect(counted.reduce((sum, { rows }) => sum + (rows as number), 0)).toBe(report.rows);
  }); // prettier-ignore

  withDuckDb('writes only the days, kinds and symbols that are asked for', async () => {
    await exported('--kind', 'depth,aggtrade', '--date', FIRST_DAY, '--symbol', 'btcusdt');
    expect(below(out)).toEqual([
      `${SYMBOL}/aggtrade_${FIRST_DAY}.parquet`,
      `${SYMBOL}/depth_${FIRST_DAY}.parquet`,
    ]);
    await exported('--kind', 'kline', '--from', SECOND_DAY);
    await exported('--kind', 'gaps', '--to', FIRST_DAY);
    expect(below(out).filter((name) => /kline|gaps/.test(name))).toEqual([`${SYMBOL}/gaps_${FIRST_DAY}.parquet`, `${SYMBOL}/kline_${SECOND_DAY}.parquet`]); // prettier-ignore
  });

  withDuckDb('lays files out for Hive when it is told to, and DuckDB finds what their paths say', async () => {
    const report = await exported('--layout', 'hive', '--kind', 'depth,gaps', '--exchange', 'binance-spot');
    const folderOf = (kind: string, date: string) => `exchange=binance-spot/type=${kind}/symbol=${SYMBOL}/date=${date}`;
    expect(below(out)).toEqual(
      ['depth', 'gaps'].flatMap((kind) => [FIRST_DAY, SECOND_DAY].map((date) => `${folderOf(kind, date)}/part-0.parquet`)),
    );
    const [row] = await query(
      `SELECT exchange, symbol, typeof(date) AS type, count(*)::INTEGER AS rows FROM '${out}/*/type=depth/*/*/*.parquet' GROUP BY ALL HAVING date = '${SECOND_DAY}' OR true ORDER BY ALL LIMIT 1`,
    );
    expect(row).toMatchObject({ exchange: 'binance-spot', symbol: SYMBOL });
    expect(report.complete).toBe(true);
  }); // prettier-ignore

  withDuckDb('takes a file that is being written up to its last whole line', async () => {
    const path = join(dataDir, SYMBOL, `aggtrade_${SECOND_DAY}.csv`);
    const before = readFileSync(path, 'utf8');
    appendFileSync(path, '99999,1000.70,0.0');
    try {
      const { files } = await exported('--kind', 'aggtrade', '--date', SECOND_DAY);
      expect(files).toMatchObject([{ result: 'written', rows: before.split('\n').length - 2, open: true }]);
    } finally {
      writeFileSync(path, before);
    }
  });

  withDuckDb('leaves with 1 for a file that is damaged, names it, and makes the others', async () => {
    const path = join(dataDir, SYMBOL, `depth_${FIRST_DAY}.csv.gz`);
    const before = readFileSync(path);
    writeFileSync(path, before.subarray(0, before.length - 20));
    try {
      const { exitCode, stdout } = await run('--data-dir', dataDir, '--out', out, '--date', FIRST_DAY);
      expect(exitCode).toBe(1);
      expect(stdout).toContain(`error SEAL_BROKEN  ${SYMBOL} depth ${FIRST_DAY}: ${path}: expected sha256`);
      expect(stdout).toMatch(/^6 files .* 1 file failed\n$/m);
      rmSync(`${path}.CHECKSUM`);
      expect(await exported('--kind', 'depth', '--date', FIRST_DAY)).toMatchObject({ failed: 1, files: [{ code: 'CSV_UNREADABLE' }] });
    } finally {
      writeFileSync(path, before);
    }
    expect(existsSync(join(out, SYMBOL, `depth_${FIRST_DAY}.parquet`))).toBe(false);
    expect(below(out).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  }); // prettier-ignore

  withDuckDb('may write beside the recording, which verify then finds as it was', async () => {
    const copy = join(out, 'data');
    cpSync(dataDir, copy, { recursive: true });
    const before = await verified(copy);
    await exported('--data-dir', copy, '--out', copy);
    expect(below(copy).filter((name) => name.endsWith('.parquet'))).toHaveLength(14);
    expect({ ...(await verified(copy)), elapsedMs: 0 }).toEqual({ ...before, elapsedMs: 0 });
  });

  const captures = resolve('../shared/data/usdm-2021-07-22');
  (existsSync(captures) ? withDuckDb : it.skip)('takes raw captures as the recorder would have stored them', async () => {
    const report = await exported('--data-dir', captures, '--symbol', 'SUSHIUSDT,AKROUSDT');
    expect(report).toMatchObject({ complete: true, failed: 0 });
    expect(below(out)).toEqual(
      ['AKROUSDT', 'SUSHIUSDT'].flatMap((symbol) =>
        ['aggtrade', 'bookticker', 'depth', 'kline'].map((kind) => `${symbol}/${kind}_2021-07-22.parquet`)),
    );
    const { stdout } = await runCommand('replay', '--data-dir', captures, '--symbol', 'SUSHIUSDT', '--format', 'json');
    const [row] = await query(`SELECT count(DISTINCT final_update_id)::INTEGER AS diffs FROM '${out}/SUSHIUSDT/depth_*.parquet' WHERE update_type = 'diff'`);
    expect(row).toEqual({ diffs: (JSON.parse(stdout) as { messages: number }).messages });
  }); // prettier-ignore

  it('leaves with 1 where there is nothing to export, and says what there is', async () => {
    const other = await run('--data-dir', dataDir, '--out', out, '--symbol', 'ETHUSDT');
    expect(other).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/expected files of ETHUSDT.*it has BTCUSDT/) });
    const nowhere = await run('--data-dir', join(folder, 'nowhere'), '--out', out);
    expect(nowhere).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('expected a folder') });
    const noDay = await run('--data-dir', dataDir, '--out', out, '--date', '2020-01-01');
    expect(noDay).toMatchObject({ exitCode: 1 });
  }); // prettier-ignore

  it.each([
    [['--format', 'orc']],
    [['--kind', 'depth,rejected']],
    [['--date', '2026-02-30']],
    [['--date', FIRST_DAY, '--from', FIRST_DAY]],
    [['--from', SECOND_DAY, '--to', FIRST_DAY]],
    [['--exchange', '../up']],
    [['--layout', 'tree']],
    [['--jobs', '0']],
    [['--unknown']],
  ])('leaves with 2 for %j', async (args) => {
    const { exitCode, stderr } = await run('--data-dir', dataDir, '--out', out, ...args);
    expect({ exitCode, isSaid: stderr.includes('error:') }).toEqual({ exitCode: 2, isSaid: true });
    expect(below(out)).toEqual([]);
  });
});
