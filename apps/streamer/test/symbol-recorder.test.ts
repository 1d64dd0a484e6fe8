import { Buffer } from 'node:buffer';
import { systemClock } from '@org/binance-client';
import { type DoubtRecord, RECORD_TYPE, type RecordMeta } from '@org/storage';
import fc from 'fast-check';
import { leveledLog } from '../src/logging/child-log.ts';
import { SymbolRecorder } from '../src/worker/symbol-recorder.ts';

const TRADES = 'BTCUSDT@aggTrade';
const BARS = 'BTCUSDT@kline_1m';

const trade = (id: number) =>
  Buffer.from(
    `{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"a":${id},"s":"BTCUSDT","p":"1","q":"2","f":1,"l":1,"T":1,"m":true}}`,
  );
const bar = (time: number) =>
  Buffer.from(
    `{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":${time},"s":"BTCUSDT","k":{"t":0,"i":"1m"}}}`,
  );

const doubtOf = (payload: Buffer) => JSON.parse(payload.toString()) as DoubtRecord;
const idOf = (payload: Buffer) => Number(/"(?:a|E)":(\d+)(?!.*"a":)/.exec(payload.toString())![1]);

function recorder() {
  const frames: Buffer[] = [];
  const metas: RecordMeta[] = [];
  const doubts: (DoubtRecord & { stream: string; after: number })[] = [];
  const log: string[] = [];
  const subject = new SymbolRecorder({
    symbol: 'BTCUSDT',
    streams: ['aggTrade', 'kline_1m'],
    line: 1,
    clock: systemClock,
    rest: { depth: () => Promise.reject(new Error('no depth stream is recorded')) },
    channel: {
      append: (meta, bytes) => {
        const payload = Buffer.from(bytes);
        if (meta.type === RECORD_TYPE.doubt)
          doubts.push({ ...doubtOf(payload), stream: meta.stream, after: frames.length });
        else {
          frames.push(payload);
          metas.push(meta);
        }
      },
    },
    log: leveledLog((_level, event) => log.push(event)),
  });
  return { recorder: subject, frames, metas, doubts, log, ids: () => frames.map(idOf) };
}

/** Delivers what two connections carry in some order of arrival, each in its own order, the first one ending behind its last. */
function overlap(
  frameOf: (id: number) => Buffer,
  key: string,
  ranges: { last: number; from: number; to: number },
  order: readonly boolean[],
) {
  const { recorder: subject, doubts, ids } = recorder();
  const first = Array.from({ length: ranges.last }, (_, index) => index + 1);
  const second = Array.from({ length: ranges.to - ranges.from + 1 }, (_, index) => ranges.from + index);
  let hasEnded = false;
  const deliver = (fromFirst: boolean): void => {
    if (fromFirst && first.length > 0) subject.frame({ key }, frameOf(first.shift()!), 1, 1);
    else if (fromFirst && !hasEnded) {
      hasEnded = true;
      subject.ended(key, 1, 'handed-over');
    } else if (!fromFirst && second.length > 0) subject.frame({ key }, frameOf(second.shift()!), 1, 2);
  };
  deliver(true); // The successor is opened while the first one delivers.
  for (const turn of order) deliver(turn);
  while (first.length > 0 || !hasEnded) deliver(true);
  while (second.length > 0) deliver(false);
  return { ids: ids(), doubts };
}

describe('the recorder of a symbol', () => {
  it.each([
    ['trades, which have ids', trade, TRADES],
    ['bars, which have none', bar, BARS],
  ])(
    'stores every event of %s once and in order, however two overlapping connections deliver them',
    (_, frameOf, key) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 20 }),
          fc.integer({ min: 0, max: 20 }),
          fc.integer({ min: 0, max: 20 }),
          fc.array(fc.boolean(), { maxLength: 60 }),
          (last, shared, more, order) => {
            const from = Math.max(1, last + 1 - shared);
            const { ids, doubts } = overlap(frameOf, key, { last, from, to: last + more }, order);
            expect(ids).toEqual(Array.from({ length: last + more }, (__, index) => index + 1));
            expect(doubts).toEqual([]);
          },
        ),
      );
    },
  );

  it('says of each event where it stands in its stream, and on which line', () => {
    const { recorder: subject, metas } = recorder();
    subject.frame({ key: TRADES }, trade(7), 10, 3);
    subject.frame({ key: BARS }, bar(50), 11, 4);
    expect(metas).toEqual([
      { type: RECORD_TYPE.frame, stream: TRADES, receivedAtUs: 10, line: 1, connectionId: 3, order: 7, follows: 6 },
      { type: RECORD_TYPE.frame, stream: BARS, receivedAtUs: 11, line: 1, connectionId: 4, order: 50, follows: undefined },
    ]); // prettier-ignore
  });

  it('goes on with the successor when too much waits for a connection that neither delivers nor ends', () => {
    const { recorder: subject, ids, doubts } = recorder();
    subject.frame({ key: TRADES }, trade(1), 1, 1);
    for (let id = 2; id <= 10_001; id++) subject.frame({ key: TRADES }, trade(id), 1, 2);
    subject.frame({ key: TRADES }, trade(2), 1, 1);
    subject.frame({ key: TRADES }, trade(10_002), 1, 2);
    expect(ids()).toEqual(Array.from({ length: 10_002 }, (_, index) => index + 1));
    expect(doubts).toEqual([]);
  });

  it('forgets what a successor delivered that came to nothing', () => {
    const { recorder: subject, ids } = recorder();
    subject.frame({ key: TRADES }, trade(1), 1, 1);
    subject.frame({ key: TRADES }, trade(2), 1, 2);
    subject.ended(TRADES, 2, 'handed-over');
    subject.frame({ key: TRADES }, trade(2), 1, 1);
    expect(ids()).toEqual([1, 2]);
  });

  it.each([
    ['is no JSON', '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","a":1'],
    ['lacks its id', '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"p":"1"}}'],
    ['has an id that is no number', '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"a":"x"}}'],
  ])('passes on a frame that %s, counts it, and doubts the stream', (_, text) => {
    const { recorder: subject, frames, metas, doubts, log } = recorder();
    subject.frame({ key: TRADES }, trade(1), 1, 1);
    subject.frame({ key: TRADES }, Buffer.from(text), 2, 1);
    subject.frame({ key: TRADES }, trade(2), 3, 1);
    expect({ stored: String(frames[1]), rejected: subject.rejectedFrames, log }).toEqual({
      stored: text, rejected: 1, log: ['FrameMalformed'],
    }); // prettier-ignore
    expect(metas[1]?.order).toBeUndefined();
    expect(doubts).toEqual([{ reason: 'malformed', isEnd: false, stream: TRADES, after: 2 }]);
  });

  it('doubts the stream at the loss of the connection that is listened to, and at no other', () => {
    const { recorder: subject, doubts } = recorder();
    subject.frame({ key: TRADES }, trade(1), 1, 1);
    subject.ended(TRADES, 2, 'lossy');
    expect(doubts).toEqual([]);
    subject.ended(TRADES, 1, 'lossy');
    expect(doubts).toEqual([{ reason: 'reconnect', isEnd: false, stream: TRADES, after: 1 }]);
  });

  it('says at its end that nothing more comes, and what was still in doubt', () => {
    const { recorder: subject, doubts } = recorder();
    subject.frame({ key: TRADES }, trade(1), 1, 1);
    subject.doubt(TRADES, 'silence');
    subject.stop();
    expect(doubts.slice(1).map(({ stream, reason, isEnd }) => ({ stream, reason, isEnd }))).toEqual([
      { stream: TRADES, reason: 'silence', isEnd: true },
      { stream: BARS, reason: 'restart', isEnd: true },
    ]);
  });
});
