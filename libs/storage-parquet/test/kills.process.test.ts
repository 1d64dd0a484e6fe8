import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PlainDuckDb, withDuckDb } from './duckdb.ts';
import { csv, DATE, newStore, sealedDay, SYMBOL, temporaryFolder } from './recording.ts';

const CHILD = resolve('libs/storage-parquet/test/compact-child.mjs');
const KILLS = 5;
const ROWS = 60_000;

const folder = temporaryFolder();
const duckDb = new PlainDuckDb();
const children = new Set<ChildProcess>();
afterAll(() => duckDb.close());
afterEach(() => children.forEach((child) => child.kill('SIGKILL')));

const rowsOf = (first: number): readonly string[] =>
  Array.from({ length: ROWS }, (_, index) => {
    const id = first + index;
    return `${id},1.5,0.${index + 1},${id},${id},1767355200000,true,,1767355200001,${1_767_355_200_000_000 + id},ws`;
  });

/** One life of somebody who compacts the day; killed `delayMs` after it began with the trades, if that is given. */
function life(outputDir: string, delayMs?: number): Promise<unknown> {
  const child = fork(CHILD, [outputDir, SYMBOL, DATE], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  children.add(child);
  let last: unknown;
  child.on('message', (message) => {
    if (delayMs !== undefined && message === 'aggtrade') setTimeout(() => child.kill('SIGKILL'), delayMs);
    last = message;
  });
  return new Promise((ended) => child.once('close', () => ended(last)));
}

describe('a compaction that is killed again and again', () => {
  withDuckDb('never leaves a half file under its name, and is completed by the next one', async () => {
    const outputDir = newStore(folder);
    const files = { [`aggtrade_${DATE}.csv`]: rowsOf(0), [`aggtrade_${DATE}.1.csv`]: rowsOf(1e6), [`trade_${DATE}.csv`]: [] };
    const path = await sealedDay(
      outputDir,
      Object.fromEntries(Object.entries(files).map(([name, rows]) => [name, csv(name.split('_')[0]!, rows)])),
    );
    const sealed = readdirSync(path).sort();
    const target = join(path, `aggtrade_${DATE}.parquet`);
    const count = async () => (await duckDb.query(`SELECT count(*) AS n, sum(quantity) AS q FROM '${target}'`))[0];
    let inTheMiddle = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      await life(outputDir, Math.random() * 250);
      if (readdirSync(path).some((name) => name.endsWith('.tmp'))) inTheMiddle++;
      if (!existsSync(target)) continue;
      expect(await count()).toMatchObject({ n: String(2 * ROWS) });
      // Without it the next one has something to do again.
      rmSync(target);
    }
    expect(await life(outputDir)).toMatchObject([{ kind: 'aggtrade' }, { kind: 'trade' }]);
    expect(readdirSync(path).sort()).toEqual([...sealed, `aggtrade_${DATE}.parquet`, `trade_${DATE}.parquet`].sort());
    expect(await count()).toEqual({ n: String(2 * ROWS), q: expect.any(String) });
    expect(inTheMiddle).toBeGreaterThan(0);
  }); // prettier-ignore
});
