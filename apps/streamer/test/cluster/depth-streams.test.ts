import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { DepthStreams } from '../../src/cluster/depth-streams.ts';
import { FollowedStreams } from '../../src/control/followed-streams.ts';

const HOUR_US = 3600e6;

function batch(...records: readonly (readonly [stream: string, receivedAtUs: number, type?: number])[]) {
  const builder = new RecordBatchBuilder(256);
  for (const [stream, receivedAtUs, type = RECORD_TYPE.frame] of records)
    builder.append(
      { type: type as typeof RECORD_TYPE.frame, stream, receivedAtUs, line: 0, connectionId: 1 },
      Buffer.from('{}'),
    );
  return builder.take();
}

describe('DepthStreams', () => {
  it('tells each depth stream once, when it appears, and no other stream', () => {
    const streams = new DepthStreams(() => undefined);
    streams.take(
      batch(['BTCUSDT@depth@100ms', 1000], ['BTCUSDT@aggTrade', 1000], ['ETHUSDT@depth@100ms', 1000]),
    );
    expect(streams.seen()).toEqual(['BTCUSDT@depth@100ms', 'ETHUSDT@depth@100ms']);
    streams.take(batch(['BTCUSDT@depth@100ms', 2000], ['SOLUSDT@depth@100ms', 2000]));
    expect(streams.seen()).toEqual(['SOLUSDT@depth@100ms']);
    expect(streams.of('ETHUSDT')).toBe('ETHUSDT@depth@100ms');
    expect([streams.of('ETH'), streams.of('XRPUSDT')]).toEqual([undefined, undefined]);
  });

  it('reports those of which there is news, with their events and the receipt of the last', () => {
    const streams = new DepthStreams(() => undefined);
    streams.take(batch(['BTCUSDT@depth@100ms', 5000], ['BTCUSDT@depth@100ms', 7000]));
    const told = {
      stream: 'BTCUSDT@depth@100ms',
      events: 2,
      duplicates: 0,
      lastEventAtMs: 7,
      alarm: undefined,
    };
    expect(streams.report()).toEqual({ streams: [told], left: [] });
    expect(streams.report()).toEqual({ streams: [], left: [] });
  });

  it('counts diffs alone as events', () => {
    const streams = new DepthStreams(() => undefined);
    streams.take(batch(['BTCUSDT@depth@100ms', 1, RECORD_TYPE.depthSnapshot], ['', NaN, RECORD_TYPE.tick]));
    expect([streams.seen(), streams.report().streams]).toEqual([[], []]);
  });

  it('lets go of a stream that is silent for an hour in which others were not, until it comes again', () => {
    const streams = new DepthStreams(() => undefined);
    streams.take(batch(['OLDUSDT@depth@100ms', 1000], ['BTCUSDT@depth@100ms', 1000]));
    streams.take(batch(['BTCUSDT@depth@100ms', HOUR_US + 1000]));
    expect(streams.report().left).toEqual([]);
    streams.take(batch(['BTCUSDT@depth@100ms', HOUR_US + 2000]));
    expect(streams.report().left).toEqual(['OLDUSDT@depth@100ms']);
    streams.seen();
    streams.take(batch(['OLDUSDT@depth@100ms', HOUR_US + 3000]));
    expect(streams.seen()).toEqual(['OLDUSDT@depth@100ms']);
    expect(streams.report().left).toEqual([]);
  });

  it('meets no more streams than it has room for, and says so once', () => {
    let told = 0;
    const streams = new DepthStreams(() => told++);
    for (let count = 0; count < 50_002; count++) streams.take(batch([`S${count}USDT@depth@100ms`, 1000]));
    expect([streams.seen().length, told]).toEqual([50_000, 1]);
  });
});

describe('FollowedStreams', () => {
  it('gives whatever has appeared a place in the status, and drops the books of what has ended', () => {
    const plans: (readonly string[])[] = [];
    const expected: object[] = [];
    const sent: object[] = [];
    const followed = new FollowedStreams({
      children: {
        plan: { symbols: [] as readonly string[] } as never,
        reassign: ({ symbols }) => plans.push(symbols),
        send: (id, message) => sent.push({ id, ...message }),
      },
      board: { expect: ({ streams, joined }) => expected.push({ streams, joined: [...joined!] }) },
    });
    followed.take(['ETHUSDT@depth@100ms', 'BTCUSDT@depth@100ms', 'no key'], []);
    followed.take([], ['ETHUSDT@depth@100ms']);
    expect(plans).toEqual([['BTCUSDT', 'ETHUSDT'], ['BTCUSDT']]);
    expect(expected.at(-1)).toEqual({ streams: ['BTCUSDT@depth@100ms', 'no key'], joined: ['BTCUSDT'] });
    expect(sent).toEqual([{ id: 'order-book', type: 'drop-books', symbols: ['ETHUSDT'] }]);
  });
});
