import { Buffer } from 'node:buffer';
import { systemClock } from '@org/binance-client';
import type { GapRecord } from '@org/market-data';
import { RECORD_TYPE, type RecordMeta } from '@org/storage';
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

const gapOf = (payload: Buffer) => JSON.parse(payload.toString()) as GapRecord;
const idOf = (payload: Buffer) => Number(/"(?:a|E)":(\d+)(?!.*"a":)/.exec(payload.toString())![1]);

function recorderInto(append: (meta: RecordMeta, payload: Buffer) => void) {
  const log: string[] = [];
  const subject = new SymbolRecorder({
    symbol: 'BTCUSDT',
    streams: ['aggTrade', 'kline_1m'],
    line: 0,
    restarted: false,
    clock: systemClock,
    rest: { depth: () => Promise.reject(new Error('no depth stream is recorded')) },
    channel: { append: (meta, payload) => append(meta, Buffer.from(payload)) },
    log: leveledLog((_level, event) => log.push(event)),
  });
  return { subject, log };
}

function recorder() {
  const frames: Buffer[] = [];
  const gaps: GapRecord[] = [];
  const { subject, log } = recorderInto(({ type }, payload) => {
    if (type === RECORD_TYPE.gap) gaps.push(gapOf(payload));
    else frames.push(payload);
  });
  return { recorder: subject, frames, gaps, log, ids: () => frames.map(idOf) };
}

/** Delivers what two connections carry in some order of arrival, each in its own order, the first one ending behind its last. */
function overlap(
  frameOf: (id: number) => Buffer,
  key: string,
  ranges: { last: number; from: number; to: number },
  order: readonly boolean[],
) {
  const { recorder: subject, gaps, ids } = recorder();
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
  return { ids: ids(), gaps };
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
            const { ids, gaps } = overlap(frameOf, key, { last, from, to: last + more }, order);
            expect(ids).toEqual(Array.from({ length: last + more }, (__, index) => index + 1));
            expect(gaps).toEqual([]);
          },
        ),
      );
    },
  );

  it('declares what neither of two connections delivered', () => {
    const { ids, gaps } = overlap(trade, TRADES, { last: 5, from: 8, to: 10 }, [false, true, false]);
    expect(ids).toEqual([1, 2, 3, 4, 5, 8, 9, 10]);
    expect(gaps).toMatchObject([{ reason: 'sequence', lastId: 5, nextId: 8 }]);
  });

  it('goes on with the successor when too much waits for a connection that neither delivers nor ends', () => {
    const { recorder: subject, ids, gaps } = recorder();
    subject.frame({ key: TRADES }, trade(1), 1, 1);
    for (let id = 2; id <= 10_001; id++) subject.frame({ key: TRADES }, trade(id), 1, 2);
    subject.frame({ key: TRADES }, trade(2), 1, 1);
    subject.frame({ key: TRADES }, trade(10_002), 1, 2);
    expect(ids()).toEqual(Array.from({ length: 10_002 }, (_, index) => index + 1));
    expect(gaps).toEqual([]);
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
  ])('passes on a frame that %s, counts it, and declares a hole only if there is one', (_, text) => {
    const { recorder: subject, frames, gaps, log } = recorder();
    subject.frame({ key: TRADES }, trade(1), 1, 1);
    subject.frame({ key: TRADES }, Buffer.from(text), 2, 1);
    subject.frame({ key: TRADES }, trade(2), 3, 1);
    expect({ stored: String(frames[1]), rejected: subject.rejectedFrames, log, gaps }).toEqual({
      stored: text, rejected: 1, log: ['FrameMalformed'], gaps: [],
    }); // prettier-ignore
    subject.frame({ key: TRADES }, Buffer.from(text), 4, 1);
    subject.frame({ key: TRADES }, trade(4), 5, 1);
    expect(gaps).toMatchObject([{ reason: 'malformed', lastId: 2, nextId: 4 }]);
  });

  it('declares exactly what a full queue refused, whichever batches it takes', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (taken) => {
        const stored: (number | GapRecord)[] = [];
        let batch: { meta: RecordMeta; payload: Buffer }[] = [];
        const { subject } = recorderInto((meta, payload) => batch.push({ meta, payload }));
        const send = (isTaken: boolean): void => {
          const sent = batch;
          batch = [];
          if (isTaken)
            for (const { meta, payload } of sent)
              stored.push(meta.type === RECORD_TYPE.gap ? gapOf(payload) : idOf(payload));
          else if (sent[0] !== undefined)
            subject.refused(TRADES, { type: sent[0].meta.type, payload: sent[0].payload });
        };
        subject.frame({ key: TRADES }, trade(1), 1, 1);
        send(true);
        taken.forEach((isTaken, index) => {
          subject.frame({ key: TRADES }, trade(2 + 2 * index), 1, 1);
          subject.frame({ key: TRADES }, trade(3 + 2 * index), 1, 1);
          send(isTaken);
        });
        subject.stop();
        send(true);

        let last = 0;
        let gap: GapRecord | undefined;
        for (const entry of stored) {
          if (typeof entry !== 'number') gap = entry;
          else {
            expect(gap === undefined ? last + 1 : [gap.lastId, gap.nextId]).toEqual(
              gap === undefined ? entry : [last, entry],
            );
            last = entry;
            gap = undefined;
          }
        }
        const all = 1 + 2 * taken.length;
        expect(last === all ? gap : gap?.lastId).toBe(last === all ? undefined : last);
      }),
    );
  });

  it('writes down a seam that is still unproven when recording ends', () => {
    const { recorder: subject, gaps } = recorder();
    subject.frame({ key: TRADES }, trade(1), 1, 1);
    subject.ended(TRADES, 1, 'lossy');
    subject.stop();
    expect(gaps).toMatchObject([{ reason: 'reconnect', lastId: 1 }]);
    expect(gaps[0]?.nextId).toBeUndefined();
  });

  it('counts silence as a gap where no id can prove that nothing was missed', () => {
    const { recorder: subject, gaps } = recorder();
    for (const [key, frameOf] of [[TRADES, trade], [BARS, bar]] as const) {
      subject.frame({ key }, frameOf(1), 1, 1);
      subject.doubt(key, 'silence');
      subject.frame({ key }, frameOf(2), 2, 1);
    } // prettier-ignore
    expect(gaps.map(({ stream, reason }) => [stream, reason])).toEqual([[BARS, 'silence']]);
  });
});
