import type { GapRecord } from '@org/market-data';
import { formatStreamKey } from '@org/market-data';
import { StreamMerge } from '@org/continuity';
import { RecordBatchBuilder, type RecordMeta } from '@org/storage';
import { leveledLog } from '../../src/logging/child-log.ts';
import { Hand } from '../../src/worker/hand.ts';
import { handChanges } from '../../src/worker/hand-changes.ts';
import { BARS, DEPTH, FRAMES, TRADES } from '../worker/recorded-frames.ts';

const ALL = ['aggTrade', 'depth@0ms', 'kline_1m'];

/** The last word of a bar of its own. */
const bar = (id: number) =>
  Buffer.from(
    FRAMES[BARS]!(id)
      .toString()
      .replace('"t":0,"T":59999', `"t":${id * 60_000},"T":${id * 60_000 + 59_999}`)
      .replace('"x":false', '"x":true'),
  );

/** Workers with the merge behind them, and what the exchange is asked for. */
function workers() {
  const gaps: GapRecord[] = [];
  const merge = new StreamMerge({ handlers: { gap: (gap) => gaps.push(gap) } });
  let nowUs = 1_000_000;
  const worker = (lane: string, line = 0, epoch = 1) => {
    const asked: string[] = [];
    const clock = { nowMs: () => nowUs / 1000, wallUs: () => nowUs, setTimeout: () => 0, clearTimeout: () => undefined }; // prettier-ignore
    const hand = new Hand({
      streams: ALL,
      line,
      clock,
      rest: { depth: () => new Promise(() => undefined) },
      channel: {
        append: (meta: RecordMeta, payload: Uint8Array) => {
          const builder = new RecordBatchBuilder(1024);
          builder.append(meta, payload);
          merge.take({ lane, epoch, payload: builder.take() });
        },
      },
      log: leveledLog(() => undefined),
    });
    const changes = handChanges({
      hand,
      clock,
      streams: {
        subscribe: (keys) => asked.push(...keys.map((key) => `+${formatStreamKey(key)}`)),
        unsubscribe: (keys) => asked.push(...keys.map((key) => `-${formatStreamKey(key)}`)),
      },
    });
    hand.take(['BTCUSDT'], false);
    return {
      hand,
      asked,
      take: (symbol: string) =>
        changes.take({ type: 'take-symbols', symbols: [symbol], joinsRunning: false }),
      record: (...streams: string[]) => changes.record({ type: 'record-streams', streams }),
      frame: (key: string, id: number) => {
        nowUs += 1000;
        hand.recorders.get('BTCUSDT')!.frame({ key }, key === BARS ? bar(id) : FRAMES[key]!(id), nowUs, 1);
      },
    };
  };
  const rows = () => gaps.map(({ stream, reason, lastId, nextId }) => ({ stream, reason, lastId, nextId }));
  return { worker, rows };
}

describe('a stream that is given up for want of room', () => {
  it('is a gap from then on, and one with both ends when it comes back; the others see nothing of it', () => {
    const { worker, rows } = workers();
    const { hand, asked, record, frame } = worker('worker-1/1');
    for (const id of [0, 1]) for (const key of [TRADES, DEPTH, BARS]) frame(key, id);
    record('aggTrade', 'depth@0ms');
    expect(rows()).toMatchObject([{ stream: BARS, reason: 'disk', nextId: undefined }]);
    // What was under way comes too late and is no row any more.
    frame(BARS, 2);
    for (const id of [2, 3]) for (const key of [TRADES, DEPTH]) frame(key, id);
    expect(hand.report().streams.map(({ stream, events }) => [stream, events])).toEqual([[BARS, 2], [TRADES, 4], [DEPTH, 4]]); // prettier-ignore
    expect(hand.report()).toEqual({ streams: [], left: [] });
    record(...ALL);
    frame(BARS, 9);
    expect(asked).toEqual([`-${BARS}`, `+${BARS}`]);
    expect(rows()).toHaveLength(2);
    expect(rows()[1]).toMatchObject({ stream: BARS, reason: 'disk', lastId: rows()[0]!.lastId });
    expect(rows()[1]!.nextId).toBeDefined();
  });

  it('is declared once, and by a worker too that has seen nothing of it itself', () => {
    const { worker, rows } = workers();
    const first = worker('worker-1/1');
    first.frame(BARS, 0);
    // The first one was killed; the next one is told before it begins.
    const next = worker('worker-1/1', 0, 2);
    next.record('aggTrade', 'depth@0ms');
    next.record('aggTrade', 'depth@0ms');
    expect(next.asked).toEqual([`-${BARS}`]);
    worker('worker-1/1', 0, 3).record('aggTrade', 'depth@0ms');
    expect(rows()).toEqual([expect.objectContaining({ stream: BARS, reason: 'disk' })]);
  });

  it('is declared when the last of its lines has given it up', () => {
    const { worker, rows } = workers();
    const [one, other] = [worker('worker-1/1'), worker('worker-1b/1', 1)];
    for (const id of [0, 1]) for (const line of [one, other]) line.frame(BARS, id);
    one.record('aggTrade', 'depth@0ms');
    expect(rows()).toEqual([]);
    other.record('aggTrade', 'depth@0ms');
    expect(rows()).toMatchObject([{ stream: BARS, reason: 'disk' }]);
  });

  it('is none where nothing of it was ever stored', () => {
    const { worker, rows } = workers();
    worker('worker-1/1').record('depth@0ms');
    expect(rows()).toEqual([]);
  });

  it('is not asked for symbols that come later, until it comes back for them as well', () => {
    const { hand, asked, take, record } = workers().worker('worker-1/1');
    record('aggTrade', 'depth@0ms');
    take('N');
    expect(hand.report().streams.map(({ stream }) => stream)).toEqual([BARS, TRADES, DEPTH, 'N@aggTrade', 'N@depth@0ms']); // prettier-ignore
    record(...ALL);
    expect(asked).toEqual([`-${BARS}`, '+N@aggTrade', '+N@depth@0ms', `+${BARS}`, '+N@kline_1m']);
  });
});
