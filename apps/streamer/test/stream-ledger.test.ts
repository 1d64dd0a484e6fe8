import fc from 'fast-check';
import type { EventPosition } from '../src/worker/event-position.ts';
import { StreamLedger } from '../src/worker/stream-ledger.ts';

const trade = (id: number): EventPosition => ({ order: id, follows: id - 1, nextId: id });
const depth = (pu: number, u: number): EventPosition => ({ order: u, follows: pu, nextId: pu });
const timed = (time: number): EventPosition => ({ order: time, follows: undefined, nextId: time });

const ledger = (restarted = false) => new StreamLedger('BTCUSDT@aggTrade', { line: 0, restarted });

describe('the ledger of a stream', () => {
  it('finds nothing to say about ids that join', () => {
    const trades = ledger();
    for (const id of [7, 8, 9])
      expect(trades.observe(trade(id), 1, id)).toEqual({ duplicate: false, gap: undefined });
    expect(trades).toMatchObject({ events: 3, gaps: 0, duplicates: 0 });
  });

  it('declares a break at the first event after it, with both ids and both times', () => {
    const trades = ledger();
    trades.observe(trade(7), 1, 1000);
    expect(trades.observe(trade(10), 1, 2000).gap).toMatchObject({
      reason: 'sequence', lastId: 7, nextId: 10, lastTimeUs: 1000, nextTimeUs: 2000,
    }); // prettier-ignore
    expect(trades.observe(trade(11), 1, 3000).gap).toBeUndefined();
  });

  it('names the reconnect as the cause when ids show that it lost something', () => {
    const trades = ledger();
    trades.observe(trade(7), 1, 1);
    trades.doubt('reconnect');
    expect(trades.observe(trade(9), 2, 2).gap).toMatchObject({ reason: 'reconnect', lastId: 7, nextId: 9 });
  });

  it('accepts a reconnect whose ids prove that nothing fell between', () => {
    const trades = ledger();
    trades.observe(trade(7), 1, 1);
    trades.doubt('reconnect');
    expect(trades.observe(trade(8), 2, 2).gap).toBeUndefined();
  });

  it('counts an unproven seam as a gap where the stream has no ids', () => {
    const klines = ledger();
    klines.observe(timed(100), 1, 1);
    klines.doubt('reconnect');
    expect(klines.observe(timed(350), 2, 2).gap).toMatchObject({
      reason: 'reconnect',
      lastId: 100,
      nextId: 350,
    });
    expect(klines.observe(timed(600), 2, 3).gap).toBeUndefined();
  });

  it('declares the restart of its process at the first event', () => {
    expect(ledger(true).observe(trade(50), 1, 9).gap).toMatchObject({
      reason: 'restart',
      lastId: undefined,
      nextId: 50,
    });
    expect(ledger(false).observe(trade(50), 1, 9).gap).toBeUndefined();
  });

  it('drops what another connection delivered already, and only that', () => {
    const trades = ledger();
    trades.observe(trade(7), 1, 1);
    expect(trades.observe(trade(7), 2, 2).duplicate).toBe(true);
    expect(trades.observe(trade(8), 2, 3)).toEqual({ duplicate: false, gap: undefined });
    expect(trades.observe(trade(8), 1, 4).duplicate).toBe(true);
    // bookTicker may repeat an update id on one connection: both frames are stored.
    const tickers = ledger();
    tickers.observe(timed(5), 1, 1);
    expect(tickers.observe(timed(5), 1, 2).duplicate).toBe(false);
  });

  it('drops an id that comes again on the same connection', () => {
    const trades = ledger();
    trades.observe(trade(7), 1, 1);
    expect(trades.observe(trade(7), 1, 2).duplicate).toBe(true);
    expect(trades.observe(trade(8), 1, 3)).toEqual({ duplicate: false, gap: undefined });
    expect(trades).toMatchObject({ events: 2, gaps: 0, duplicates: 1 });
  });

  it('takes ids that stay behind for long as a break, not as repeats for ever', () => {
    const trades = ledger();
    trades.observe(trade(1_000_000), 1, 1);
    for (let id = 1; id <= 1000; id++) expect(trades.observe(trade(id), 2, id).duplicate).toBe(true);
    expect(trades.observe(trade(1001), 2, 9)).toMatchObject({
      duplicate: false,
      gap: { lastId: 1_000_000, nextId: 1001 },
    });
    expect(trades.observe(trade(1002), 2, 9)).toEqual({ duplicate: false, gap: undefined });
  });

  it('joins a diff of another line that reaches back behind the last one', () => {
    const diffs = ledger();
    diffs.observe(depth(10, 20), 1, 1);
    expect(diffs.observe(depth(15, 25), 2, 2)).toEqual({ duplicate: false, gap: undefined });
    expect(diffs.observe(depth(25, 30), 2, 3).gap).toBeUndefined();
  });

  it('stores every id once and declares exactly the lost ones, whatever two overlapping connections deliver', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ onFirst: fc.boolean(), onSecond: fc.boolean() }), {
          minLength: 1,
          maxLength: 60,
        }),
        (deliveries) => {
          const trades = ledger();
          const stored: number[] = [];
          const missing: number[] = [];
          deliveries.forEach(({ onFirst, onSecond }, id) => {
            for (const connection of [...(onFirst ? [1] : []), ...(onSecond ? [2] : [])]) {
              const { duplicate, gap } = trades.observe(trade(id), connection, id);
              if (gap !== undefined)
                for (let lost = gap.lastId! + 1; lost < gap.nextId!; lost++) missing.push(lost);
              if (!duplicate) stored.push(id);
            }
          });
          const sent = deliveries.flatMap(({ onFirst, onSecond }, id) => (onFirst || onSecond ? [id] : []));
          expect(stored).toEqual(sent);
          const first = sent[0] ?? 0;
          const last = sent.at(-1) ?? 0;
          expect(missing).toEqual(
            deliveries.flatMap((_, id) => (id > first && id < last && !sent.includes(id) ? [id] : [])),
          );
        },
      ),
    );
  });
});
