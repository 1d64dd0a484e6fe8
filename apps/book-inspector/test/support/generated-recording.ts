import { OrderBook } from '@org/orderbook';
import { RECORD_TYPE, RecordBatchBuilder, type RecordType } from '@org/storage';
import { CsvSink } from '@org/storage-csv';

/** 2026-03-01T23:50:00Z: ten minutes before midnight and ten behind it are recorded. */
const START_MS = Date.UTC(2026, 2, 1, 23, 50);
const TICK_MS = 10_000;
const TICKS = 120;
const MIDNIGHT_TICK = 60;
const TICKS_A_BAR = 6;
const LEVELS = 12;

export const FIRST_DAY = '2026-03-01';
export const SECOND_DAY = '2026-03-02';
export const SYMBOL = 'BTCUSDT';

/** Chance that comes again with its seed. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Records a generated market through the sink: depth with a declared gap, aggregate trades with one gap that REST healed
 * and one that it did not, bars with a healed hole, book tickers, mark prices, stored tops and an opening snapshot.
 */
export async function generateRecording(outputDir: string, seed: number): Promise<void> {
  const sink = new CsvSink({ outputDir });
  const { position } = await sink.open();
  const market = new GeneratedMarket(seed);
  for (let tick = 0; tick < TICKS; tick++) await sink.append(market.tick(tick), position + 1 + tick);
  await sink.commit('');
  await sink.close();
}

class GeneratedMarket {
  readonly #random: () => number;
  readonly #book = new OrderBook();
  #builder = new RecordBatchBuilder(64 * 1024);
  #nowUs = 0;
  #updateId = 5_000;
  #tradeId = 900;
  #bar = { trades: 0, first: 0, volume: 0 };

  constructor(seed: number) {
    this.#random = chance(seed);
    for (let level = 0; level < LEVELS; level++) {
      this.#book.setLevel('bid', `${1000 - level}.50`, '1.250');
      this.#book.setLevel('ask', `${1001 + level}.00`, '2.500');
    }
  }

  tick(tick: number): Buffer {
    const timeMs = START_MS + tick * TICK_MS;
    this.#nowUs = timeMs * 1000 + 250_000;
    this.#builder = new RecordBatchBuilder(64 * 1024);
    if (tick === 0) this.#snapshot();
    if (tick === MIDNIGHT_TICK) this.#snapshot();
    this.#depth(tick, timeMs);
    this.#trades(tick, timeMs);
    this.#kline(tick, timeMs);
    if (tick % 6 === 3) this.#storedTop();
    this.#put('bookTicker', { e: 'bookTicker', u: this.#updateId, s: SYMBOL, b: '1000.5', B: '1', a: '1001', A: '2', T: timeMs, E: timeMs }); // prettier-ignore
    this.#put('markPrice@1s', { e: 'markPriceUpdate', E: timeMs, s: SYMBOL, p: `${1000 + tick}.1`, i: '1000.2', P: '1000.3', r: '0.0001', T: START_MS }); // prettier-ignore
    return this.#builder.take();
  }

  #depth(tick: number, timeMs: number): void {
    const before = this.#updateId;
    if (tick === 20) for (let lost = 0; lost < 2; lost++) this.#nextDiff();
    const pu = this.#updateId;
    const { U, b, a } = this.#nextDiff();
    if (tick === 20) this.#gap('depth@0ms', 'reconnect', before, pu, '');
    this.#put('depth@0ms', {
      e: 'depthUpdate',
      E: timeMs,
      T: timeMs,
      s: SYMBOL,
      U,
      u: this.#updateId,
      pu,
      b,
      a,
    });
    if (tick === 20) this.#snapshot();
  }

  #nextDiff(): { U: number; b: string[][]; a: string[][] } {
    const U = this.#updateId + 1 + Math.floor(this.#random() * 5);
    this.#updateId = U + Math.floor(this.#random() * 20);
    const side = (price: (level: number) => string): string[][] =>
      [1, 3, 4, 7, 9]
        .filter(() => this.#random() < 0.6)
        .map((level) => [price(level), (0.5 + Math.floor(this.#random() * 900) / 100).toFixed(3)]);
    const b = side((level) => `${990 + level}.50`);
    const a = side((level) => `${1001 + level}.00`);
    for (const [price, quantity] of b) this.#book.setLevel('bid', price!, quantity!);
    for (const [price, quantity] of a) this.#book.setLevel('ask', price!, quantity!);
    return { U, b, a };
  }

  #trades(tick: number, timeMs: number): void {
    const before = this.#tradeId;
    const isHole = tick === 40 || tick === 90;
    if (isHole) this.#tradeId += 3;
    this.#tradeId++;
    this.#put('aggTrade', { e: 'aggTrade', E: timeMs, s: SYMBOL, ...this.#aggTrade(this.#tradeId, timeMs) });
    this.#bar.trades++;
    if (!isHole) return;
    if (tick === 40) {
      const missing = [1, 2, 3].map((step) => this.#aggTrade(before + step, timeMs - 5));
      this.#append(RECORD_TYPE.restRows, 'aggTrade', missing);
    }
    this.#gap('aggTrade', 'sequence', before, this.#tradeId, tick === 40 ? 'rest' : '');
  }

  #aggTrade(id: number, timeMs: number): object {
    return { a: id, p: '1000.70', q: '0.010', f: 2 * id, l: 2 * id + 1, T: timeMs, m: id % 2 === 0 };
  }

  #kline(tick: number, timeMs: number): void {
    const openMs = timeMs - (timeMs % 60_000);
    const bar = Math.floor(tick / TICKS_A_BAR);
    if (bar === 14) return;
    if (tick % TICKS_A_BAR === 0) this.#bar = { trades: 1, first: 100 * tick, volume: 1 };
    this.#bar.volume += 1;
    const { trades: n, first: f, volume } = this.#bar;
    const k = { t: openMs, T: openMs + 59_999, s: SYMBOL, i: '1m', f, L: f + n - 1, o: '1000.5', c: '1000.7', h: '1002.0', l: '999.5', v: `${volume}.0`, n, x: tick % TICKS_A_BAR === 5, q: '9.9', V: '0.5', Q: '4.5', B: '0' }; // prettier-ignore
    this.#put('kline_1m', { e: 'kline', E: timeMs, s: SYMBOL, k });
    if (bar !== 15 || tick % TICKS_A_BAR !== 2) return;
    const healed = openMs - 60_000;
    const row = [
      healed,
      '1000.5',
      '1002.0',
      '999.5',
      '1000.7',
      '7.0',
      healed + 59_999,
      '9.9',
      6,
      '0.5',
      '4.5',
      '0',
    ];
    this.#append(RECORD_TYPE.restRows, 'kline_1m', [row]);
    this.#gap('kline_1m', 'silence', healed - 60_000, openMs, 'rest');
  }

  #storedTop(): void {
    const top = { symbol: SYMBOL, lastUpdateId: this.#updateId, ...this.#book.top(5) };
    this.#append(RECORD_TYPE.bookSnapshot, 'depth@0ms', top);
  }

  #snapshot(): void {
    const { bids, asks } = this.#book.top(5000);
    this.#append(RECORD_TYPE.depthSnapshot, 'depth@0ms', {
      lastUpdateId: this.#updateId,
      E: 1,
      T: 1,
      bids,
      asks,
    });
  }

  #gap(stream: string, reason: string, lastId: number, nextId: number, healedBy: string): void {
    const times = {
      lastTimeUs: this.#nowUs - 10_000_000,
      nextTimeUs: this.#nowUs,
      detectedAtUs: this.#nowUs,
    };
    const gap = { stream: `${SYMBOL}@${stream}`, reason, lastId, nextId, ...times, line: 0, healedBy };
    this.#append(RECORD_TYPE.gap, stream, gap);
  }

  #put(stream: string, data: object): void {
    this.#append(RECORD_TYPE.frame, stream, { stream: `btcusdt@${stream}`, data });
  }

  #append(type: RecordType, stream: string, payload: object): void {
    const meta = {
      type,
      stream: `${SYMBOL}@${stream}`,
      receivedAtUs: this.#nowUs++,
      line: 0,
      connectionId: 1,
    };
    this.#builder.append(meta, Buffer.from(JSON.stringify(payload)));
  }
}
