import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CsvSink, fileHeader, type ClosingTime } from '@org/storage-csv';
import { ParquetEngine } from '@org/storage-parquet';
import { forkChild } from '@org/supervision';
import { Archivist } from '../../src/archive/archivist.ts';
import { childClock } from '../../src/control/child-clock.ts';
import { leveledLog } from '../../src/logging/child-log.ts';

const PACKER = resolve('apps/streamer/dist/archive/main.js');
const DATE = '2026-01-02';
const withDuckDb = isInstalled() ? it : it.skip;

function isInstalled(): boolean {
  try {
    require.resolve('@duckdb/node-api');
    return true;
  } catch {
    console.warn('the test of Parquet files is skipped: @duckdb/node-api is not installed');
    return false;
  }
}

async function eventually(isTrue: () => boolean, what: () => string): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (!isTrue()) {
    if (performance.now() > deadlineMs) throw new Error(what());
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** Niceness of every thread of a process, from 0 (usual) to 19. */
function nicenesses(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    } catch {
      return [];
    }
  });
}

describe('the packer', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'parquet-packer-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  withDuckDb('makes Parquet files of a day when its last file is packed, at the lowest priority', async () => {
    const path = join(folder, 'BTCUSDT');
    mkdirSync(path);
    const rows = Array.from({ length: 100_000 }, (_, id) => `${id},1.5,2,${id},${id},1767355200000,true,,1767355200001,1767355200000001,ws\n`);
    writeFileSync(join(path, `aggtrade_${DATE}.csv`), `${fileHeader('aggtrade')}\n${rows.join('')}`);
    const sink = new CsvSink({ outputDir: folder });
    await sink.open();
    const lines: string[] = [];
    const found: number[] = [];
    let pid = 0;
    const archivist = new Archivist({
      sink: { closeFiles: (time: ClosingTime) => sink.closeFiles(time), packed: (paths) => sink.packed(paths) },
      timeUs: () => Date.UTC(2026, 0, 9) * 1000,
      outputDir: folder,
      compression: 'gzip',
      parquet: true,
      dayFigures: () => undefined,
      spawn: () => {
        const packer = forkChild({ module: PACKER, silentStderr: false });
        pid = packer.pid!;
        return packer;
      },
      clock: { ...childClock, setTimeout: (run) => childClock.setTimeout(run, 20) },
      log: leveledLog((level, event, fields) => void lines.push(`${level} ${event} ${JSON.stringify(fields)}`)),
    });
    archivist.start();
    const target = join(path, `aggtrade_${DATE}.parquet`);
    await eventually(() => {
      if (archivist.report().current !== null) found.push(...nicenesses(pid));
      return archivist.report().parquet?.files === 1;
    }, () => `${JSON.stringify(archivist.report())} ${lines.join('\n')}`);
    expect(archivist.report()).toMatchObject({ waiting: 0, packed: 1, parquet: { files: 1, failed: 0, problem: null } });
    expect(existsSync(join(path, `aggtrade_${DATE}.csv.gz`))).toBe(true);
    const engine = await ParquetEngine.open();
    expect(await engine.query(`SELECT count(*)::INTEGER AS n FROM '${target}'`)).toEqual([{ n: 100_000 }]);
    engine.close();
    await archivist.finish();
    await sink.close();
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([]);
    if (process.platform === 'linux') expect([...new Set(found)]).toEqual([19]);
  }); // prettier-ignore
});
