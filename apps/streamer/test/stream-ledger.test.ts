import fc from 'fast-check';
import type { EventPosition } from '../src/worker/event-position.ts';
import { StreamLedger } from '../src/worker/stream-ledger.ts';

const trade = (id: number): EventPosition => ({ order: id, follows: id - 1 });
const depth = (pu: number, u: number): EventPosition => ({ order: u, follows: pu });
const timed = (time: number): EventPosition => ({ order: time, follows: undefined });

describe('the ledger of a stream', () => {
  it('takes every event that is new, holes or not: what is missing is for the merge to say', () => {
    const trades = new StreamLedger();
    for (const id of [7, 8, 12]) expect(trades.observe(trade(id), 1, id)).toBe(true);
    expect(trades).toMatchObject({ events: 3, duplicates: 0, lastOrder: 12, lastReceivedAtUs: 12 });
  });

  it('drops what another connection delivered already, and only that', () => {
    const trades = new StreamLedger();
    trades.observe(trade(7), 1, 1);
    expect(trades.observe(trade(7), 2, 2)).toBe(false);
    expect(trades.observe(trade(8), 2, 3)).toBe(true);
    expect(trades.observe(trade(8), 1, 4)).toBe(false);
    // bookTicker may repeat an update id on one connection: both frames are stored.
    const tickers = new StreamLedger();
    tickers.observe(timed(5), 1, 1);
    expect(tickers.observe(timed(5), 1, 2)).toBe(true);
    expect(tickers.observe(timed(5), 2, 3)).toBe(false);
  });

  it('drops an id that comes again on the same connection', () => {
    const trades = new StreamLedger();
    trades.observe(trade(7), 1, 1);
    expect(trades.observe(trade(7), 1, 2)).toBe(false);
    expect(trades).toMatchObject({ events: 1, duplicates: 1 });
  });

  it('takes ids that stay behind for long as new ones, not as repeats for ever', () => {
    const trades = new StreamLedger();
    trades.observe(trade(1_000_000), 1, 1);
    for (let id = 1; id <= 1000; id++) expect(trades.observe(trade(id), 2, id)).toBe(false);
    expect(trades.observe(trade(1001), 2, 9)).toBe(true);
    expect(trades.observe(trade(1002), 2, 9)).toBe(true);
  });

  it('takes a diff of another connection that reaches back behind the last one and beyond it', () => {
    const diffs = new StreamLedger();
    diffs.observe(depth(10, 20), 1, 1);
    expect(diffs.observe(depth(15, 25), 2, 2)).toBe(true);
  });

  it('has a doubt once, until the next event, and none before the first', () => {
    const bars = new StreamLedger();
    expect(bars.doubt('reconnect')).toBe(false);
    bars.observe(timed(1), 1, 1);
    expect(bars.doubt('reconnect')).toBe(true);
    expect(bars.doubt('silence')).toBe(false);
    expect(bars.openDoubt).toBe('reconnect');
    bars.observe(timed(2), 2, 2);
    expect(bars.openDoubt).toBeUndefined();
    expect(bars.doubt('silence')).toBe(true);
  });

  it('takes every id once, whatever two overlapping connections deliver', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ onFirst: fc.boolean(), onSecond: fc.boolean() }), {
          minLength: 1,
          maxLength: 60,
        }),
        (deliveries) => {
          const trades = new StreamLedger();
          const stored: number[] = [];
          deliveries.forEach(({ onFirst, onSecond }, id) => {
            for (const connection of [...(onFirst ? [1] : []), ...(onSecond ? [2] : [])])
              if (trades.observe(trade(id), connection, id)) stored.push(id);
          });
          expect(stored).toEqual(
            deliveries.flatMap(({ onFirst, onSecond }, id) => (onFirst || onSecond ? [id] : [])),
          );
        },
      ),
    );
  });
});
