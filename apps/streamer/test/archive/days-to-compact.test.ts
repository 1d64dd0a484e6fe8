import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { daysToCompact } from '../../src/archive/days-to-compact.ts';

const never = new AbortController().signal;

describe('days to compact', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'days-to-compact-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (name: string, timeS: number): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), '');
    utimesSync(join(folder, name), timeS, timeS);
  };
  const sealed = (symbol: string, kind: string, date: string): void => {
    put(`${symbol}/${kind}_${date}.csv.gz`, 10);
    put(`${symbol}/${kind}_${date}.csv.gz.CHECKSUM`, 10);
    put(`${symbol}/manifest_${date}.json`, 10);
  };

  it('are those of which a sealed kind has no Parquet file, or one from before its manifest, oldest first', async () => {
    for (const date of ['2026-01-04', '2026-01-01', '2026-01-02']) sealed('BTCUSDT', 'depth', date);
    sealed('ETHUSDT', 'depth', '2026-01-01');
    sealed('ETHUSDT', 'aggtrade', '2026-01-01');
    put('BTCUSDT/depth_2026-01-01.parquet', 11);
    put('BTCUSDT/depth_2026-01-02.parquet', 9);
    put('ETHUSDT/depth_2026-01-01.parquet', 11);
    put('BTCUSDT/depth_2026-01-05.csv', 10);
    put('.journal/depth_2026-01-05.csv', 10);
    expect(await daysToCompact(folder, never)).toEqual([
      'ETHUSDT/2026-01-01',
      'BTCUSDT/2026-01-02',
      'BTCUSDT/2026-01-04',
    ]);
  });

  it('are not looked for any more when the packer is stopped', async () => {
    sealed('BTCUSDT', 'depth', '2026-01-01');
    await expect(daysToCompact(folder, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});
