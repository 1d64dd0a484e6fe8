import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PriceLevel } from '@org/market-data';
import type { DepthMessage } from '@org/storage-csv';
import { depthCsv, put } from './support/depth-csv.ts';
import { diff, snapshot } from './support/messages.ts';
import { placeOf, verified } from './support/verify-run.ts';

const NOON_S = Date.parse('2024-07-19T12:00:00Z') / 1000;
const DAY_S = 86_400;
const LEVELS = 30;

let dataDir: string;
beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'book-inspector-openings-'))));
afterEach(() => rmSync(dataDir, { recursive: true }));

/** Levels below and above 100, the best first. */
function book(count: number): { bids: PriceLevel[]; asks: PriceLevel[] } {
  const side = (from: number, step: number): PriceLevel[] =>
    Array.from({ length: count }, (_, index) => [`${from + step * index}`, '1']);
  return { bids: side(99, -1), asks: side(101, 1) };
}

async function findings(first: readonly DepthMessage[], second: readonly DepthMessage[]): Promise<string[]> {
  const at = (messages: readonly DepthMessage[], second: number): DepthMessage[] =>
    messages.map((message, index) => ({ ...message, receivedAtUs: (second + index) * 1e6 }));
  put(join(dataDir, 'BTCUSDT/depth_2024-07-19.csv'), depthCsv(at(first, NOON_S)));
  put(join(dataDir, 'BTCUSDT/depth_2024-07-20.csv'), depthCsv(at(second, NOON_S + DAY_S)));
  return (await verified(dataDir)).findings.map(placeOf);
}

const BEFORE = [snapshot(0, 10, book(LEVELS)), diff(1, [11, 12, 10])];
const NEXT = diff(3, [13, 14, 12]);

describe('verify on the snapshot at the head of a file', () => {
  it('demands every level of the book', async () => {
    expect(await findings(BEFORE, [snapshot(2, 12, book(LEVELS)), NEXT])).toEqual([]);
    expect(await findings(BEFORE, [snapshot(2, 12, book(LEVELS - 1)), NEXT])).toEqual([
      'error OPENING_DIFFERS BTCUSDT/depth_2024-07-20.csv:2',
    ]);
  });

  it('lets far levels be absent behind a snapshot on which the live book may stand, and none near the touch', async () => {
    const fetched = [...BEFORE, snapshot(2, 12, book(LEVELS - 1))];
    expect(await findings(fetched, [snapshot(2, 12, book(LEVELS - 1)), NEXT])).toEqual([]);
    const { bids, asks } = book(LEVELS - 1);
    expect(await findings(fetched, [snapshot(2, 12, { bids: bids.slice(1), asks }), NEXT])).toEqual([
      'warning OPENING_DIFFERS BTCUSDT/depth_2024-07-20.csv:2',
    ]);
  });

  it('misses one where the stream goes on, and none behind a gap', async () => {
    expect(await findings(BEFORE, [NEXT])).toEqual([
      'warning OPENING_MISSING BTCUSDT/depth_2024-07-20.csv:2',
    ]);
    const behindGap = [diff(2, [21, 22, 20]), snapshot(3, 22, book(LEVELS)), diff(4, [23, 24, 22])];
    expect(await findings(BEFORE, behindGap)).toEqual([
      'error GAP_UNDECLARED BTCUSDT/depth_2024-07-20.csv:2',
    ]);
  });
});
