import type { CompactOutcome } from '@org/storage-parquet';
import { Compactions } from '../../src/archive/compactions.ts';
import { leveledLog } from '../../src/logging/child-log.ts';

const DAY = 'BTCUSDT/2026-01-02';
const written: CompactOutcome = { kind: 'depth', result: 'written', path: '/d', rows: 5, bytes: 100 };
const failed = (code: string): CompactOutcome => ({
  kind: 'depth',
  result: 'failed',
  path: '/d',
  code,
  problem: `no: ${code}`,
});

function setUp() {
  const clock = { nowAtMs: 0, nowMs: () => clock.nowAtMs };
  const lines: string[] = [];
  const compactions = new Compactions(
    clock,
    leveledLog((level, event) => void lines.push(`${level} ${event}`)),
  );
  return { clock, lines, compactions };
}

describe('what is still to become Parquet', () => {
  it('is looked for in all folders once', () => {
    const { compactions } = setUp();
    expect(compactions.isDue).toBe(true);
    expect(compactions.order()).toEqual({ sweep: true, days: [], skip: [] });
    compactions.take({ type: 'swept' });
    expect(compactions.isDue).toBe(false);
    expect(compactions.order()).toEqual({ sweep: false, days: [], skip: [] });
  });

  it('is counted when it was made', () => {
    const { compactions } = setUp();
    compactions.take({ type: 'compacted', day: DAY, outcomes: [written, written] });
    expect(compactions.report()).toEqual({ files: 2, bytes: 200, failed: 0, problem: null });
  });

  it.each([
    ['DISK_FULL', 60_000],
    ['SEAL_BROKEN', 900_000],
  ])('comes again after %s in %d ms, and is left out until then', (code, retryMs) => {
    const { compactions, clock, lines } = setUp();
    compactions.take({ type: 'swept' });
    compactions.take({ type: 'compacted', day: DAY, outcomes: [written, failed(code)] });
    expect(compactions.report()).toEqual({ files: 1, bytes: 100, failed: 1, problem: `no: ${code}` });
    expect(compactions.order()).toEqual({ sweep: false, days: [], skip: [DAY] });
    clock.nowAtMs = retryMs;
    expect(compactions.isDue).toBe(true);
    expect(compactions.order()).toEqual({ sweep: false, days: [DAY], skip: [] });
    compactions.take({ type: 'compacted', day: DAY, outcomes: [written] });
    expect(compactions.report().failed).toBe(0);
    expect(lines).toEqual(['warn CompactionFailed']);
  });

  it('waits where there is no DuckDB, and says so once', () => {
    const { compactions, clock, lines } = setUp();
    for (let tries = 0; tries < 3; tries++) {
      expect(compactions.isDue).toBe(true);
      compactions.take({ type: 'compaction-impossible', problem: 'install it' });
      expect(compactions.isDue).toBe(false);
      clock.nowAtMs += 900_000;
    }
    expect(lines).toEqual(['warn ParquetImpossible']);
    expect(compactions.report().problem).toBe('install it');
  });

  it('is left out when two packers died of it', () => {
    const { compactions } = setUp();
    compactions.blame(DAY, 'it died');
    expect(compactions.order()).toEqual({ sweep: true, days: [], skip: [DAY] });
  });

  it('waits while room is short, and is then looked for again in all folders', () => {
    const { compactions, clock } = setUp();
    compactions.take({ type: 'swept' });
    compactions.hold();
    expect([compactions.isDue, compactions.order()]).toEqual([false, undefined]);
    clock.nowAtMs = 900_000;
    expect([compactions.isDue, compactions.order()?.sweep]).toEqual([true, true]);
  });
});
