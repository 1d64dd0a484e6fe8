import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Exchange, startExchange } from '@org/exchange-simulator';
import { expectedRows, recordedRows } from './capture-rows.ts';
import { isAlive, Recorder, replay, temporaryFolder } from './recorder.ts';

const data = resolve('../shared/data');
const maybe = existsSync(data) ? describe : describe.skip;

interface Book {
  readonly checkpoints: readonly {
    u: number;
    bids: number;
    asks: number;
    bestBid: string[];
    sha256: string;
  }[];
}

/** Real input through real sockets: capture → simulator → recorder → CSV → replay. */
async function recordCapture(
  market: 'usdm' | 'coinm' | 'spot',
  capture: string,
  streams: readonly string[],
  speed: number,
): Promise<void> {
  const folder = temporaryFolder();
  let exchange: Exchange | undefined;
  let recorder: Recorder | undefined;
  try {
    exchange = await startExchange({ market, replayDir: join(data, capture), speed, port: 0, settleMs: 500 });
    const symbols = Object.keys(books(capture));
    recorder = Recorder.start(folder.path, {
      network: { market, rest_url: exchange.restUrl, ws_url: exchange.wsUrl },
      symbols: { pairs: symbols, streams },
      storage: { output_dir: join(folder.path, 'data') },
    });
    await exchange.finished;
    const sent = Object.values(exchange.report().streams).reduce((total, { frames }) => total + frames, 0);
    const status = await recorder.statusWhen(
      ({ streams: now }) => now.reduce((total, { events }) => total + events, 0) === sent,
    );
    const { code, stderr, stdout } = await recorder.stop();
    expect({ code, stderr: stderr.split('\n').filter((line) => / error /.test(line)) }).toEqual({
      code: 0,
      stderr: [],
    });
    expect(stdout).toMatch(/recorded \d+ symbols/);
    for (const { pid } of status.processes) expect(isAlive(pid)).toBe(false);

    for (const symbol of symbols) {
      expectRowsOf(symbol, capture, streams, join(folder.path, 'data', symbol));
      await expectBookOf(symbol, capture, join(folder.path, 'data'));
    }
  } finally {
    await recorder?.destroy();
    await exchange?.stop();
    folder.remove();
  }
}

function books(capture: string): Record<string, Book> {
  const all = JSON.parse(readFileSync(join(data, 'books.json'), 'utf8')) as Record<string, Book>;
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(`${capture}/`))
      .map(([key, book]) => [key.slice(capture.length + 1), book]),
  );
}

function expectRowsOf(symbol: string, capture: string, streams: readonly string[], folder: string): void {
  const files = readdirSync(join(data, capture))
    .filter((name) => name.startsWith(`${symbol.toLowerCase()}_`))
    .sort()
    .map((name) => join(data, capture, name));
  const expected = expectedRows(files, streams);
  expect(expected.size).toBeGreaterThan(0);
  for (const [kind, rows] of expected) {
    const dates = readdirSync(folder)
      .flatMap((name) => new RegExp(`^${kind}_(.+)\\.csv$`).exec(name)?.[1] ?? [])
      .sort();
    const recorded = recordedRows(folder, kind, dates);
    expect({ symbol, kind, rows: recorded.length }).toEqual({ symbol, kind, rows: rows.length });
    expect(recorded.findIndex((row, index) => row !== rows[index])).toBe(-1);
  }
}

async function expectBookOf(symbol: string, capture: string, dataDir: string): Promise<void> {
  const last = books(capture)[symbol]!.checkpoints.at(-1)!;
  expect(await replay(dataDir, symbol)).toMatchObject({
    code: 0,
    symbol,
    gaps: 0,
    lastUpdateId: last.u,
    bids: last.bids,
    asks: last.asks,
    bestBid: last.bestBid,
    checksum: last.sha256,
  });
}

maybe('recording real captures through the simulator (skipped without ../shared/data)', () => {
  it('stores every message of usdm-2021-07-22 exactly once and gives the books of its oracle', async () => {
    await recordCapture('usdm', 'usdm-2021-07-22', ['aggTrade', 'depth@100ms', 'kline_1m'], 10);
  }, 60_000);

  it('stores every message of usdm-2024-07-18 exactly once and gives the books of its oracle', async () => {
    await recordCapture('usdm', 'usdm-2024-07-18', ['depth@0ms', 'bookTicker', 'trade'], 40);
  }, 120_000);

  it('records COIN-M, ten symbols on as many workers as there are cores', async () => {
    await recordCapture(
      'coinm',
      'coinm-2021-07-22',
      ['aggTrade', 'bookTicker', 'depth@100ms', 'kline_1m'],
      20,
    );
  }, 60_000);

  it('records spot, whose diffs have neither a transaction time nor a previous id', async () => {
    await recordCapture('spot', 'spot-2021-10-12', ['aggTrade', 'bookTicker', 'depth@100ms', 'kline_1m'], 20);
  }, 60_000);
});
