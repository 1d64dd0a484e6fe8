import type { Buffer } from 'node:buffer';
import { StreamMerge } from '@org/continuity';
import { readRecordBatch, RECORD_TYPE, RecordBatchBuilder, type RecordMeta } from '@org/storage';
import fc from 'fast-check';
import { leveledLog } from '../../src/logging/child-log.ts';
import { SymbolRecorder } from '../../src/worker/symbol-recorder.ts';
import { BARS, DEPTH, FRAMES, TRADES } from './recorded-frames.ts';

const STREAMS = [TRADES, DEPTH, BARS];

/** Two workers of one line and the merge behind them; everything happens at the given microsecond. */
function handOver() {
  const reasons: string[] = [];
  const merge = new StreamMerge({ handlers: { gap: ({ reason }) => reasons.push(reason) } });
  const stored: string[] = [];
  let snapshots = 0;
  let nowUs = 1_000_000;
  const keep = (batch: Buffer | undefined): void => {
    if (batch === undefined) return;
    readRecordBatch(batch, ({ type, stream, order }) => {
      stored.push(type === RECORD_TYPE.frame ? `${stream} ${order}` : `${type} ${stream}`);
    });
  };
  const recorder = (lane: string, joinsRunning: boolean): SymbolRecorder =>
    new SymbolRecorder({
      symbol: 'BTCUSDT',
      streams: STREAMS.map((key) => key.slice('BTCUSDT@'.length)),
      line: 0,
      joinsRunning,
      clock: {
        nowMs: () => nowUs / 1000,
        wallUs: () => nowUs,
        setTimeout: () => 0,
        clearTimeout: () => undefined,
      },
      rest: {
        depth: () => {
          snapshots++;
          return new Promise(() => undefined);
        },
      },
      channel: {
        append: (meta: RecordMeta, payload: Uint8Array) => {
          const builder = new RecordBatchBuilder(1024);
          builder.append(meta, payload);
          keep(merge.take({ lane, epoch: 1, payload: builder.take() }));
        },
      },
      log: leveledLog(() => undefined),
    });
  const tick = (): void => {
    const builder = new RecordBatchBuilder(64);
    const meta = { type: RECORD_TYPE.tick, stream: '', line: 0, connectionId: 0, receivedAtUs: nowUs };
    builder.append(meta, new Uint8Array(0));
    keep(merge.take({ lane: 'clock', epoch: 1, payload: builder.take() }));
  };
  return {
    merge,
    reasons,
    stored,
    recorder,
    snapshots: () => snapshots,
    frame: (to: SymbolRecorder, key: string, id: number, connectionId: number) => {
      nowUs += 1000;
      to.frame({ key }, FRAMES[key]!(id), nowUs, connectionId);
    },
    pass: (byMs: number) => {
      nowUs += byMs * 1000;
      tick();
    },
  };
}

const expected = (key: string, count: number) =>
  Array.from(
    { length: count },
    (_, at) => `${key} ${key === DEPTH ? at * 10 + 10 : key === BARS ? 1000 + at : at}`,
  );

describe('a symbol that goes from one worker to another', () => {
  it('is stored once and whole, without a gap row and without a second snapshot, however the two are ahead of each other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 6 }),
        fc.array(fc.boolean(), { maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 5 }),
        (alone, shared, after, turns, pauses) => {
          const bench = handOver();
          const [giver, taker] = [bench.recorder('a', false), bench.recorder('b', true)];
          const count = alone + shared + after;
          for (const key of STREAMS) for (let id = 0; id < alone; id++) bench.frame(giver, key, id, 1);
          const asked = bench.snapshots();
          for (const key of STREAMS) {
            const queues = [
              Array.from({ length: shared }, (_, at) => alone + at),
              Array.from({ length: shared + after }, (_, at) => alone + at),
            ] as const;
            for (const isGiver of turns) {
              const id = queues[isGiver ? 0 : 1].shift();
              if (id !== undefined) bench.frame(isGiver ? giver : taker, key, id, isGiver ? 1 : 2);
            }
            // The giver leaves when it has come as far as the taker's beginning.
            for (const id of queues[0]) bench.frame(giver, key, id, 1);
            for (const id of queues[1]) bench.frame(taker, key, id, 2);
          }
          giver.stop();
          for (const byMs of pauses) bench.pass(byMs);
          bench.pass(10_000);
          for (const key of STREAMS)
            expect(bench.stored.filter((row) => row.startsWith(`${key} `))).toEqual(expected(key, count));
          expect(bench.stored).toHaveLength(STREAMS.length * count);
          expect({ gaps: bench.merge.stats().gaps, asked: bench.snapshots() }).toEqual({ gaps: 0, asked });
        },
      ),
    );
  });

  it('asks for a snapshot in its new place when the ids break there', () => {
    const bench = handOver();
    const taker = bench.recorder('b', true);
    bench.frame(taker, DEPTH, 5, 1);
    bench.frame(taker, DEPTH, 6, 1);
    expect({ state: taker.depth?.state, asked: bench.snapshots() }).toEqual({ state: 'live', asked: 0 });
    bench.frame(taker, DEPTH, 9, 1);
    expect(bench.snapshots()).toBe(1);
  });
});

describe('the end of a symbol', () => {
  const ended = (isExplained: boolean, before: (recorder: SymbolRecorder) => void) => {
    const bench = handOver();
    const recorder = bench.recorder('a', false);
    for (const key of STREAMS) bench.frame(recorder, key, 1, 1);
    before(recorder);
    recorder.stop(isExplained);
    return { gaps: bench.merge.stats().gaps, bench, recorder };
  };
  const fallSilent = (recorder: SymbolRecorder): void => {
    for (const key of STREAMS) recorder.alarm(key, 'silent');
  };

  it('is no gap, whether the exchange ended it or nobody wants it any more', () => {
    expect(ended(true, () => undefined).gaps).toBe(0);
    expect(ended(false, () => undefined).gaps).toBe(0);
  });

  it('explains the silence before it when the exchange ended it, and nothing else does', () => {
    expect(ended(true, fallSilent).gaps).toBe(0);
    expect(ended(false, fallSilent).gaps).toBe(STREAMS.length);
  });

  it('explains no cut and no frame that could not be read', () => {
    expect(ended(true, (recorder) => recorder.ended(DEPTH, 1, 'lossy')).gaps).toBe(1);
    expect(ended(true, (recorder) => recorder.doubt(TRADES, 'malformed')).gaps).toBe(1);
  });

  it('is a gap by its ids once the symbol comes back elsewhere', () => {
    const { bench } = ended(true, fallSilent);
    const again = bench.recorder('b', false);
    bench.frame(again, TRADES, 2, 1);
    bench.frame(again, DEPTH, 40, 1);
    bench.pass(10_000);
    expect(bench.merge.stats().gapsByStream).toEqual(new Map([[DEPTH, 1]]));
  });

  it('takes along what waited for its turn during a rotation', () => {
    const bench = handOver();
    const recorder = bench.recorder('a', false);
    bench.frame(recorder, TRADES, 0, 1);
    for (const id of [1, 2]) bench.frame(recorder, TRADES, id, 2);
    for (const id of [2, 3]) bench.frame(recorder, TRADES, id, 3);
    recorder.stop(true);
    expect(bench.stored.filter((row) => row.startsWith(TRADES))).toEqual(expected(TRADES, 4));
  });
});

describe('a stream that fell silent', () => {
  it('is in doubt when it speaks again, or when its connection is lost, and not before', () => {
    const run = (wake: (recorder: SymbolRecorder) => void) => {
      const bench = handOver();
      const recorder = bench.recorder('a', false);
      bench.frame(recorder, DEPTH, 1, 1);
      recorder.alarm(DEPTH, 'silent');
      wake(recorder);
      bench.frame(recorder, DEPTH, 7, 1);
      return bench.reasons;
    };
    expect(run((recorder) => recorder.alarm(DEPTH, undefined))).toEqual(['silence']);
    expect(run((recorder) => recorder.ended(DEPTH, 1, 'lossy'))).toEqual(['silence']);
    expect(run(() => undefined)).toEqual(['sequence']);
  });
});
