import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { BookTicker } from '@org/market-data';
import { findDepthSources, readDepthCapture, readDepthSource, type DepthMessage } from '@org/storage-csv';
import { parseMoment } from '../src/moment.ts';
import { Recording } from '../src/recording.ts';
import { BookReplay } from '../src/replay.ts';
import { replayRecording } from '../src/replay-recording.ts';
import type { ReplayView } from '../src/replay-view.ts';
import { depthCsv, put } from './support/depth-csv.ts';
import {
  EXPECTED_BOOKS,
  itWithRealData,
  REAL_DATA,
  type Checkpoint,
  type ExpectedBook,
} from './support/real-data.ts';
import { raw } from './support/raw.ts';

const plain = (decimal: string) => (decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal);

async function replayed(dataDir: string, symbol: string, at?: string): Promise<ReplayView> {
  const path = isAbsolute(dataDir) ? dataDir : join(REAL_DATA, dataDir);
  const recording = await Recording.open(path, symbol, undefined);
  const moment = at === undefined ? undefined : parseMoment(at);
  const { view } = await replayRecording(recording, { moment, depth: 10, nowMs: () => 0 });
  if (view === undefined) throw new Error('expected a book');
  return view;
}

function checkpointOf(replay: BookReplay): Omit<Checkpoint, 'applied'> {
  const { book } = replay;
  return {
    u: replay.lastUpdateId!,
    bids: book.count('bid'),
    asks: book.count('ask'),
    bestBid: book.bestBid()!,
    bestAsk: book.bestAsk()!,
    sha256: book.checksum(),
  };
}

function expectBook(result: ReplayView, expected: ExpectedBook): void {
  const last = expected.checkpoints.at(-1)!;
  expect(result).toMatchObject({
    messages: expected.depthMessages,
    applied: expected.applied,
    stale: expected.discardedStale,
    snapshots: 1,
    gaps: 0,
    lastUpdateId: expected.last_u,
    bids: last.bids,
    asks: last.asks,
    bestBid: last.bestBid,
    bestAsk: last.bestAsk,
    top: { bids: expected.top10bids, asks: expected.top10asks },
    checksum: last.sha256,
    state: 'live',
    pending: 0,
    rejected: 0,
    damaged: [],
  });
  const [firstUpdateId, finalUpdateId] = expected.first;
  expect(result.events).toMatchObject([
    { type: 'synced', lastUpdateId: expected.lastUpdateId, firstUpdateId, finalUpdateId },
  ]);
}

interface Comparison {
  /** bookTickers whose update id the book had, and those of them with another best bid or ask. */
  readonly compared: number;
  readonly different: readonly unknown[];
  readonly checkpoints: number;
}

/** Replays the captures of a symbol beside their bookTickers, and looks at every checkpoint that the book stops at. */
async function compareWithTickers(
  dataDir: string,
  symbol: string,
  expected: ExpectedBook,
): Promise<Comparison> {
  const checkpoints = new Map(expected.checkpoints.map((checkpoint) => [checkpoint.u, checkpoint]));
  const { paths } = await findDepthSources(join(REAL_DATA, dataDir), symbol);
  const replay = new BookReplay(symbol);
  const different: unknown[] = [];
  let ticker: BookTicker | undefined;
  let compared = 0;
  for await (const message of readDepthCapture(paths, { symbol, bookTickers: true })) {
    if (message.type === 'bookTicker') ticker = message.bookTicker;
    else replay.take(raw(message));
    if (replay.state !== 'live') continue;
    if (ticker?.updateId === replay.lastUpdateId) {
      compared++;
      if (bestOf(replay) !== tickerText(ticker!)) different.push(ticker);
    }
    const checkpoint = checkpoints.get(replay.lastUpdateId!);
    if (checkpoint === undefined) continue;
    checkpoints.delete(checkpoint.u);
    expect(checkpoint).toMatchObject(checkpointOf(replay));
  }
  return { compared, different, checkpoints: expected.checkpoints.length - checkpoints.size };
}

function bestOf({ book }: BookReplay): string {
  return [...(book.bestBid() ?? []), ...(book.bestAsk() ?? [])].join(' ');
}

function tickerText({ bidPrice, bidQuantity, askPrice, askQuantity }: BookTicker): string {
  return [bidPrice, bidQuantity, askPrice, askQuantity].map(plain).join(' ');
}

/** Too quiet: none of its bookTickers has the id of a diff. */
const WITHOUT_EQUAL_IDS = 'spot-2021-10-12/RUNEEUR';

describe('real recordings', () => {
  for (const [name, expected] of EXPECTED_BOOKS) {
    const [dataDir = '', symbol = ''] = name.split('/');
    it(`give the book that is known of ${name}`, async () => {
      expectBook(await replayed(dataDir, symbol), expected);
    });

    it(`of ${name} agree with every bookTicker of the same update id, and at every checkpoint`, async () => {
      const { compared, different, checkpoints } = await compareWithTickers(dataDir, symbol, expected);
      expect(different).toEqual([]);
      if (name !== WITHOUT_EQUAL_IDS) expect(compared).toBeGreaterThan(0);
      // The diff of the first checkpoint may come before the snapshot, which then brings the book further at once.
      expect(checkpoints).toBeGreaterThanOrEqual(expected.checkpoints.length - 1);
    });
  }

  itWithRealData('are all known', () => expect(EXPECTED_BOOKS.size).toBe(20));

  itWithRealData.each([
    ['usdm-2024-07-18', 'BTCUSDT', [0, 1, 2]],
    ['usdm-2024-07-18', 'ETHUSDT', [0, 2]],
    ['usdm-2021-07-22', 'SUSHIUSDT', [0, 1]],
    ['coinm-2021-07-22', 'ETHUSD_210924', [0]],
    ['spot-2021-10-12', 'NKNUSDT', [0]],
  ] as const)('of %s/%s stop at the update ids of checkpoints', async (dataDir, symbol, indexes) => {
    const { checkpoints } = EXPECTED_BOOKS.get(`${dataDir}/${symbol}`)!;
    for (const index of indexes) {
      const { u, sha256, applied } = checkpoints[index]!;
      const result = await replayed(dataDir, symbol, String(u));
      expect(result).toMatchObject({ lastUpdateId: u, checksum: sha256, applied });
    }
  });

  itWithRealData('stop at a time and just before it', async () => {
    const { checkpoints } = EXPECTED_BOOKS.get('usdm-2024-07-18/BTCUSDT')!;
    const { u, sha256 } = checkpoints[1]!;
    const { receivedAtUs } = await replayed('usdm-2024-07-18', 'BTCUSDT', String(u));
    const then = await replayed('usdm-2024-07-18', 'BTCUSDT', String(receivedAtUs));
    expect(then.lastUpdateId).toBeGreaterThanOrEqual(u);
    expect(then.receivedAtUs).toBe(receivedAtUs);
    if (then.lastUpdateId === u) expect(then.checksum).toBe(sha256);
    const before = await replayed('usdm-2024-07-18', 'BTCUSDT', String(receivedAtUs - 1));
    expect(before.lastUpdateId).toBeLessThan(u);
  });

  itWithRealData.each([
    ['usdm-2021-07-22', 'SUSHIUSDT'],
    ['usdm-2021-07-22', 'AKROUSDT'],
    ['coinm-2021-07-22', 'BTCUSD_211231'],
    ['spot-2021-10-12', 'NKNUSDT'],
  ])('of %s/%s give the same book from a depth file', async (dataDir, symbol) => {
    const source = await findDepthSources(join(REAL_DATA, dataDir), symbol);
    const messages: DepthMessage[] = [];
    for await (const message of readDepthSource(source)) messages.push(message);
    const folder = mkdtempSync(join(tmpdir(), 'book-inspector-real-'));
    try {
      put(join(folder, symbol, 'depth_2021-07-22.csv'), depthCsv(messages));
      expectBook(await replayed(folder, symbol), EXPECTED_BOOKS.get(`${dataDir}/${symbol}`)!);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  itWithRealData('with a hole name it and end in the book that is known', async () => {
    const expected = JSON.parse(readFileSync(join(REAL_DATA, 'gaps/expected.json'), 'utf8')).S1;
    const result = await replayed('gaps', 'ETHUSDT');
    const events = result.events.map((event) =>
      event.type === 'gap'
        ? ['gap', event.lastUpdateId, event.previousFinalUpdateId, event.firstUpdateId]
        : ['synced', event.lastUpdateId, event.firstUpdateId, event.finalUpdateId],
    );
    expect(events).toEqual(expected.events);
    expect(result).toMatchObject({
      applied: expected.applied,
      gaps: 1,
      snapshots: 2,
      lastUpdateId: expected.last_u,
    });
    expect(result).toMatchObject({
      bids: expected.end.bids,
      asks: expected.end.asks,
      checksum: expected.end.sha256,
    });
    expect(result.bestBid).toEqual(expected.end.bestBid);
    expect(result.bestAsk).toEqual(expected.end.bestAsk);
    expect(result.applied + result.stale + result.pending).toBe(result.messages);
    expect(result.top.bids).toEqual(expected.top10bids);
  });
});
