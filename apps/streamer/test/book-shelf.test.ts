import { Buffer } from 'node:buffer';
import { FrameFields } from '@org/binance-wire';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { leveledLog } from '../src/logging/child-log.ts';
import { BookShelf } from '../src/order-book/book-shelf.ts';

function shelfOf(symbols: readonly string[] | undefined, wishDelayMs?: number) {
  let timers: { atMs: number; run: () => void }[] = [];
  let nowMs = 0;
  const wishes: number[] = [];
  const shelf = new BookShelf({
    symbols,
    wishDelayMs,
    fields: new FrameFields(),
    staleAfterMs: 1000,
    clock: {
      wallUs: () => nowMs * 1000,
      setTimeout: (run, delayMs) => {
        const timer = { atMs: nowMs + delayMs, run };
        timers.push(timer);
        return timer;
      },
      clearTimeout: (timer) => void (timers = timers.filter((other) => other !== timer)),
    },
    log: leveledLog(() => undefined),
    joined: () => undefined,
    snapshotWanted: () => wishes.push(nowMs),
  });
  const advance = (byMs: number): void => {
    const endMs = nowMs + byMs;
    for (;;) {
      const [next] = timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      nowMs = next.atMs;
      timers = timers.filter((timer) => timer !== next);
      next.run();
    }
    nowMs = endMs;
  };
  return { shelf, wishes, advance };
}

function diff(symbol: string, pu: number, u: number, receivedAtUs = 1): Buffer {
  const builder = new RecordBatchBuilder(1024);
  const stream = `${symbol}@depth@0ms`;
  const frame = `{"stream":"${symbol.toLowerCase()}@depth@0ms","data":{"e":"depthUpdate","E":1,"T":1,"s":"${symbol}","U":${pu + 1},"u":${u},"pu":${pu},"b":[],"a":[]}}`;
  builder.append(
    { type: RECORD_TYPE.frame, stream, receivedAtUs, line: 0, connectionId: 1 },
    Buffer.from(frame),
  );
  return builder.take();
}

function snapshot(symbol: string, lastUpdateId: number): Buffer {
  const builder = new RecordBatchBuilder(1024);
  const meta = { type: RECORD_TYPE.depthSnapshot, stream: `${symbol}@depth@0ms`, line: 0, connectionId: 0 };
  const body = `{"lastUpdateId":${lastUpdateId},"E":1,"T":1,"bids":[["1.0","2"]],"asks":[["1.1","3"]]}`;
  builder.append({ ...meta, receivedAtUs: 1 }, Buffer.from(body));
  return builder.take();
}

describe('the shelf of books', () => {
  describe('keeps of a stream that waits for its snapshot', () => {
    /** A diff a second for a minute; the one that ends with id n is received at second n. */
    function waited() {
      const { shelf } = shelfOf(['BTCUSDT']);
      for (let second = 1; second <= 60; second++)
        shelf.take(diff('BTCUSDT', second - 1, second, second * 1_000_000));
      return shelf;
    }

    it('what a snapshot of now needs', () => {
      const shelf = waited();
      shelf.take(snapshot('BTCUSDT', 50));
      expect(shelf.reports()).toMatchObject([{ state: 'live', lastUpdateId: 60 }]);
      shelf.stop();
    });

    it('nothing that is older than a request can be', () => {
      const shelf = waited();
      shelf.take(snapshot('BTCUSDT', 30));
      expect(shelf.reports()).toMatchObject([{ state: 'buffering' }]);
      shelf.take(snapshot('BTCUSDT', 59));
      expect(shelf.reports()).toMatchObject([{ state: 'live', lastUpdateId: 60 }]);
      shelf.stop();
    });

    it('no more than its bytes, of the newest', () => {
      const { shelf } = shelfOf(['BTCUSDT']);
      const wide = ' '.repeat(1024 * 1024);
      for (let u = 1; u <= 20; u++) {
        const builder = new RecordBatchBuilder(1024);
        const meta = { type: RECORD_TYPE.frame, stream: 'BTCUSDT@depth@0ms', line: 0, connectionId: 1 };
        const data = `{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":${u},"u":${u},"pu":${u - 1},"b":[],"a":[]}`;
        const frame = `{"stream":"btcusdt@depth@0ms","data":${data}${wide}}`;
        builder.append({ ...meta, receivedAtUs: u }, Buffer.from(frame));
        shelf.take(builder.take());
      }
      shelf.take(snapshot('BTCUSDT', 8));
      expect(shelf.reports()).toMatchObject([{ state: 'buffering' }]);
      shelf.take(snapshot('BTCUSDT', 18));
      expect(shelf.reports()).toMatchObject([{ state: 'live', lastUpdateId: 20 }]);
      shelf.stop();
    });
  });

  it('wishes a snapshot for a book that has none, less and less often', () => {
    const { shelf, wishes, advance } = shelfOf(['BTCUSDT']);
    shelf.take(diff('BTCUSDT', 1, 2));
    advance(15_000);
    expect(wishes).toEqual([2000, 6000, 14_000]);
    shelf.stop();
  });

  it('begins anew with its wishes when the feed broke', () => {
    const { shelf, wishes, advance } = shelfOf(['BTCUSDT']);
    shelf.take(diff('BTCUSDT', 1, 2));
    advance(40_000);
    const before = wishes.length;
    shelf.restart();
    shelf.take(diff('BTCUSDT', 2, 3));
    advance(2000);
    expect(wishes.slice(before)).toEqual([42_000]);
    shelf.stop();
  });

  it('keeps the books that it is told to keep, and no others', () => {
    const { shelf } = shelfOf(['BTCUSDT', 'ETHUSDT']);
    shelf.keep(['ETHUSDT', 'SOLUSDT']);
    expect(shelf.reports().map(({ symbol }) => symbol)).toEqual(['ETHUSDT', 'SOLUSDT']);
    expect(shelf.answer('BTCUSDT', 5)).toMatchObject({ unavailable: 'no such book is kept' });
  });

  it('opens a book with the first message of its stream where it is told of no symbols', () => {
    const { shelf, wishes, advance } = shelfOf(undefined, 500);
    shelf.take(snapshot('BTCUSDT', 5));
    shelf.take(diff('BTCUSDT', 5, 6));
    shelf.take(diff('ETHUSDT', 1, 2));
    expect(shelf.reports()).toMatchObject([
      { symbol: 'BTCUSDT', state: 'live', lastUpdateId: 6 },
      { symbol: 'ETHUSDT', state: 'buffering' },
    ]);
    advance(600);
    expect(wishes).toEqual([500]);
    shelf.stop();
  });

  it('drops books of which nothing comes any more, and opens them when something does', () => {
    const { shelf } = shelfOf(undefined);
    shelf.take(diff('BTCUSDT', 1, 2));
    shelf.take(diff('ETHUSDT', 1, 2));
    shelf.drop(['BTCUSDT']);
    expect(shelf.reports().map(({ symbol }) => symbol)).toEqual(['ETHUSDT']);
    shelf.take(diff('BTCUSDT', 2, 3));
    expect(shelf.reports().map(({ symbol }) => symbol)).toEqual(['ETHUSDT', 'BTCUSDT']);
    shelf.stop();
  });
});
