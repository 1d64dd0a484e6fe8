import { Buffer } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '@org/binance-client';
import { formatStreamKey } from '@org/market-data';
import { type DoubtRecord, RECORD_TYPE } from '@org/storage';
import type { PrimaryMessage } from '../../src/control/messages.ts';
import { workerReportIntervalMs } from '../../src/control/messages.ts';
import { leveledLog } from '../../src/logging/child-log.ts';
import { DepthKeeper } from '../../src/worker/depth-keeper.ts';
import { Departures } from '../../src/worker/departures.ts';
import { Hand } from '../../src/worker/hand.ts';
import { handChanges } from '../../src/worker/hand-changes.ts';
import { DEPTH, FRAMES, TRADES } from './recorded-frames.ts';

function bench() {
  const priorities: [string, number | undefined][] = [];
  const ends: string[] = [];
  const asked: string[] = [];
  const hand = new Hand({
    streams: ['aggTrade', 'depth@0ms'],
    line: 0,
    clock: systemClock,
    rest: {
      depth: (symbol, options) => {
        priorities.push([symbol, options?.priority]);
        return new Promise(() => undefined);
      },
    },
    channel: {
      append: ({ type, stream }, payload) => {
        if (type !== RECORD_TYPE.doubt) return;
        if ((JSON.parse(Buffer.from(payload).toString()) as DoubtRecord).isEnd) ends.push(stream);
      },
    },
    log: leveledLog(() => undefined),
  });
  const timers: (() => void)[] = [];
  let nowMs = 0;
  const clock = {
    nowMs: () => nowMs,
    setTimeout: (run: () => void) => timers.push(run),
    clearTimeout: () => undefined,
  };
  const changes = handChanges({
    hand,
    clock,
    streams: {
      subscribe: (keys) => asked.push(...keys.map((key) => `+${formatStreamKey(key)}`)),
      unsubscribe: (keys) => asked.push(...keys.map((key) => `-${formatStreamKey(key)}`)),
    },
  });
  const leave = (symbols: string[], reached: Record<string, number> = {}): void => {
    const order: PrimaryMessage = { type: 'leave-symbols', symbols, isExplained: false, reached };
    changes.leave(order);
  };
  return {
    hand, changes, priorities, ends, asked, leave,
    take: (...symbols: string[]) => changes.take({ type: 'take-symbols', symbols, joinsRunning: false }),
    advance: (byMs: number) => {
      nowMs += byMs;
      for (const run of timers.splice(0)) run();
    },
  }; // prettier-ignore
}

describe('the hand of a worker', () => {
  it('asks for the snapshots of its symbols in their order, all before repairs', () => {
    const { hand, priorities } = bench();
    hand.take(['C', 'A', 'B'], false);
    for (const symbol of ['B', 'A', 'C']) hand.recorders.get(symbol)!.depth!.subscribed();
    const order = [...priorities].sort((left, right) => left[1]! - right[1]!).map(([symbol]) => symbol);
    expect(order).toEqual(['C', 'A', 'B']);
    expect(Math.max(...priorities.map(([, priority]) => priority!))).toBeLessThan(1);
    hand.stop();
  });

  it('takes and leaves symbols together with their streams, each once', () => {
    const { asked, ends, take, leave, hand } = bench();
    take('A', 'B');
    take('B', 'C');
    leave(['A', 'UNKNOWN']);
    leave(['A']);
    expect(asked).toEqual(
      ['+A', '+B', '+C', '-A'].flatMap((symbol) => [`${symbol}@aggTrade`, `${symbol}@depth@0ms`]),
    );
    expect(ends).toEqual(['A@aggTrade', 'A@depth@0ms']);
    expect([...hand.recorders.keys()]).toEqual(['B', 'C']);
  });

  it('reports all of a new life, then only what is new, and the last figures of what it left', () => {
    const { hand, leave, take } = bench();
    take('BTCUSDT', 'B');
    const keys = (report: ReturnType<Hand['report']>) =>
      report.streams.map(({ stream, events }) => `${stream} ${events}`);
    expect(keys(hand.report())).toHaveLength(4);
    expect(keys(hand.report())).toEqual([]);
    hand.recorders.get('BTCUSDT')!.frame({ key: TRADES }, FRAMES[TRADES]!(1), 1, 1);
    expect(keys(hand.report())).toEqual([`${TRADES} 1`]);
    hand.recorders.get('BTCUSDT')!.alarm(DEPTH, 'first-frame-missing');
    expect(keys(hand.report())).toEqual([`${DEPTH} 0`]);
    leave(['BTCUSDT']);
    const last = hand.report();
    expect(keys(last)).toEqual([`${TRADES} 1`, `${DEPTH} 0`]);
    expect(last.left).toEqual([TRADES, DEPTH]);
    expect(hand.report()).toEqual({ streams: [], left: [] });
    take('BTCUSDT');
    expect(keys(hand.report())).toEqual([`${TRADES} 0`, `${DEPTH} 0`]);
  });

  it('leaves a symbol to its successor only when it has come as far, and after its patience in any case', () => {
    const { hand, leave, take, advance, ends } = bench();
    take('BTCUSDT');
    const trade = (id: number): void =>
      hand.recorders.get('BTCUSDT')!.frame({ key: TRADES }, FRAMES[TRADES]!(id), 1, 1);
    trade(5);
    leave(['BTCUSDT'], { [TRADES]: 7, 'OTHER@aggTrade': 99 });
    advance(100);
    trade(6);
    advance(100);
    expect(hand.recorders.size).toBe(1);
    trade(7);
    advance(100);
    expect({ left: hand.recorders.size, ends }).toEqual({ left: 0, ends: [TRADES, DEPTH] });

    take('BTCUSDT');
    trade(1);
    leave(['BTCUSDT'], { [TRADES]: 100 });
    advance(29_999);
    expect(hand.recorders.size).toBe(1);
    advance(1);
    expect(hand.recorders.size).toBe(0);
  });

  it('keeps a symbol that comes back before it was left', () => {
    const { hand, leave, take, advance, asked } = bench();
    take('BTCUSDT');
    hand.recorders.get('BTCUSDT')!.frame({ key: TRADES }, FRAMES[TRADES]!(1), 1, 1);
    leave(['BTCUSDT'], { [TRADES]: 2 });
    take('BTCUSDT');
    advance(60_000);
    expect({ kept: hand.recorders.size, asked: asked.length }).toEqual({ kept: 1, asked: 2 });
  });

  it('forgets departures when it stops', () => {
    const left: string[] = [];
    const timers: (() => void)[] = [];
    const departures = new Departures({
      clock: { nowMs: () => 0, setTimeout: (run) => timers.push(run), clearTimeout: () => timers.pop() },
      recorders: new Map([['A', { hasReached: () => false }]]),
      leave: (symbol) => left.push(symbol),
    });
    departures.add(['A', 'UNKNOWN'], new Map());
    expect(left).toEqual(['UNKNOWN']);
    departures.stop();
    expect(timers).toEqual([]);
  });
});

describe('the memory of a symbol', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const usedBytes = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };

  it('is a few kilobytes while everything is in order, however much has passed', () => {
    const { hand } = bench();
    const before = usedBytes();
    const symbols = Array.from({ length: 600 }, (_, index) => `S${index}`);
    hand.take(symbols, true);
    const [trade, depth] = [FRAMES[TRADES]!, FRAMES[DEPTH]!];
    for (let id = 0; id < 50; id++)
      for (const symbol of symbols) {
        const recorder = hand.recorders.get(symbol)!;
        recorder.frame({ key: `${symbol}@aggTrade` }, trade(id), 1, 1);
        recorder.frame({ key: `${symbol}@depth@0ms` }, depth(id), 1, 1);
      }
    hand.report();
    expect((usedBytes() - before) / symbols.length).toBeLessThan(8 * 1024);
    expect(hand.recorders.size).toBe(600);
    hand.stop();
  });

  it('has a bound while it waits for a snapshot that does not come, and none is needed on a line beside the first', () => {
    const keeper = (fetchesUnasked: boolean, wanted: () => void) =>
      new DepthKeeper({
        symbol: 'BTCUSDT',
        fetchesUnasked,
        clock: { nowMs: () => 0, setTimeout: () => 0, clearTimeout: () => undefined },
        fetchSnapshot: () => {
          wanted();
          return new Promise(() => undefined);
        },
        storeSnapshot: () => undefined,
        failed: () => undefined,
        delayed: () => undefined,
      });
    const feed = (subject: DepthKeeper): number => {
      const before = usedBytes();
      for (let id = 0; id < 35_000; id++)
        subject.diff({
          firstUpdateId: id * 10 + 1,
          finalUpdateId: id * 10 + 10,
          previousFinalUpdateId: id * 10,
        });
      return usedBytes() - before;
    };
    let asked = 0;
    const [first, second] = [keeper(true, () => asked++), keeper(false, () => asked++)];
    expect(feed(first)).toBeLessThan(2 * 1024 * 1024);
    expect({ asked, state: first.state }).toEqual({ asked: 1, state: 'buffering' });
    // All diffs would be megabytes; what the engine itself keeps meanwhile is less than this.
    expect(feed(second)).toBeLessThan(512 * 1024);
    expect({ asked, state: second.state }).toEqual({ asked: 1, state: 'live' });
    // A break there is mended by the snapshots of the first line as well.
    for (const id of [400_001, 400_002])
      second.diff({ firstUpdateId: id, finalUpdateId: id, previousFinalUpdateId: id - 1 });
    expect({ asked, state: second.state }).toEqual({ asked: 1, state: 'live' });
  });
});

describe('the interval of reports', () => {
  it.each([[0, 1000], [500, 1000], [501, 2000], [1800, 3000], [100_000, 3000]])('of %d streams is %d ms', (streams, ms) => {
    expect(workerReportIntervalMs(streams)).toBe(ms);
  }); // prettier-ignore
});
