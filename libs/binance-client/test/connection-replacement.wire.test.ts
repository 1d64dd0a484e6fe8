import { eventually } from './eventually.ts';
import { ManualClock } from './manual-clock.ts';
import { exchange, start, status, streams } from './stream-bench.ts';

describe('market streams', () => {
  it('replace a connection on which nothing comes, ping or not, and report its streams', async () => {
    exchange.feed('btcusdt@aggTrade', 5);
    const silenceTimeoutMs = ({ stream }: { stream: string }) => (stream === 'forceOrder' ? 0 : 100);
    const log = start(['BTCUSDT@aggTrade', 'BTCUSDT@forceOrder'], { silenceTimeoutMs, lingerMs: 20 });
    await eventually(() => log.frames.length > 3);
    const [first] = exchange.connections;
    // A rare stream that only the old connection has shown holds nothing up.
    first!.data('btcusdt@forceOrder', { u: 1 });
    first!.isMute = true;
    exchange.every(10, () => first!.socket.ping());
    await eventually(() => log.closes.length > 0);
    expect(log.frames.at(-1)).toMatchObject({ connectionId: 2 });
    expect(log.rotations).toEqual([[1, 2]]);
    expect(log.closes[0]).toMatchObject({ connectionId: 1, cause: 'silent', route: 'market' });
    expect(log.closes[0]?.reason).toMatch(/^no data for \d+ ms, limit 100 ms$/);
    expect(log.closes[0]?.streams.map((stream) => stream.key)).toEqual([
      'BTCUSDT@aggTrade',
      'BTCUSDT@forceOrder',
    ]);
  });

  it('cut a silent connection that leaves a ping unanswered', async () => {
    const clock = new ManualClock();
    const log = start(['BTCUSDT@aggTrade'], { clock });
    await eventually(() => status('BTCUSDT@aggTrade')?.state === 'subscribing');
    await clock.advance(10);
    await eventually(() => exchange.connections[0]!.subscribed.size === 1);
    exchange.connections[0]!.isMute = true;
    for (let second = 0; second < 45; second++) await clock.advance(1_000);
    const cut = log.closes.find(({ connectionId }) => connectionId === 1);
    expect(cut).toMatchObject({ cause: 'silent', reason: 'no answer to a ping' });
  });

  it('lose nothing of a connection that falls silent and wakes up while it is being replaced', async () => {
    exchange.feed('btcusdt@aggTrade', 5);
    const log = start(['BTCUSDT@aggTrade'], { silenceTimeoutMs: 100, lingerMs: 50 });
    await eventually(() => log.frames.length > 3);
    const [first] = exchange.connections;
    const held: (string | Buffer)[] = [];
    const send = first!.send.bind(first);
    first!.send = (message) => void held.push(message);
    await eventually(() => exchange.connections.length === 2);
    for (const message of held) send(message);
    first!.send = send;
    await eventually(() => log.rotations.length === 1 && log.closes.length === 1);
    const ids = [...new Set(log.ids('BTCUSDT@aggTrade'))].sort((a, b) => a - b);
    expect(ids).toEqual(Array.from(ids, (_, index) => ids[0]! + index));
    expect(log.frames.some(({ connectionId }, at) => connectionId === 1 && log.frames[at - 1]?.connectionId === 2)).toBe(true); // prettier-ignore
  });

  it('keep a silent connection while its successors are silent too, and open few of them', async () => {
    const clock = new ManualClock();
    const log = start(['BTCUSDT@aggTrade'], { clock, reconnect: {}, random: () => 0.99 });
    await eventually(() => status('BTCUSDT@aggTrade')?.state === 'subscribing');
    await clock.advance(10);
    await eventually(() => exchange.connections[0]!.subscribed.size === 1);
    for (let second = 0; second < 600; second++) {
      await clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(exchange.connections[0]!.isOpen).toBe(true);
    expect(log.closes.every(({ cause }) => cause === 'abandoned')).toBe(true);
    expect(exchange.handshakes).toBeGreaterThan(5);
    expect(exchange.handshakes).toBeLessThan(20);
    exchange.connections[0]!.data('btcusdt@aggTrade', { u: 1 });
    await eventually(() => log.clearedKeys.length === 1);
  });

  it.each([
    ['alone', '{"e":"serverShutdown","E":1770123456789}'],
    ['in an envelope', '{"stream":"btcusdt@aggTrade","data":{"e":"serverShutdown","E":1770123456789}}'],
    ['in an envelope of no stream', '{"stream":"serverShutdown","data":{"e":"serverShutdown"}}'],
  ])('replace a connection whose server announces its shutdown, %s', async (_, notice) => {
    exchange.feed('btcusdt@aggTrade', 2);
    const log = start(['BTCUSDT@aggTrade'], { lingerMs: 20 });
    await eventually(() => log.frames.length > 3);
    for (let time = 0; time < 3; time++) exchange.connections[0]!.send(notice);
    await eventually(() => log.rotations.length === 1 && log.closes.length === 1);
    expect(log.shutdowns).toEqual([{ connectionId: 1, route: 'market' }]);
    expect(streams!.counters()).toMatchObject({ shutdownsAnnounced: 1, unroutable: 0, rotations: 1 });
    expect(log.rejections).toEqual([]);
    expect(log.frames.filter(({ text }) => text.includes('serverShutdown'))).toEqual([]);
    const ids = [...new Set(log.ids('BTCUSDT@aggTrade'))];
    expect(ids).toEqual(Array.from(ids, (_each, index) => ids[0]! + index));
    expect(log.closes[0]).toMatchObject({ connectionId: 1, cause: 'rotated' });
  });

  it('take a trade whose text holds the name of the announcement for a trade', async () => {
    const log = start(['BTCUSDT@aggTrade']);
    await eventually(() => exchange.connections[0]?.subscribed.size === 1);
    exchange.connections[0]!.data('btcusdt@aggTrade', { e: 'aggTrade', u: 1, x: 'serverShutdown' });
    await eventually(() => log.frames.length === 1);
    expect(streams!.counters().shutdownsAnnounced).toBe(0);
  });

  it('reconnect without a wait when a connection that delivered for a while is lost', async () => {
    exchange.feed('btcusdt@aggTrade', 2);
    const reconnect = { initialDelayMs: 20_000, maxDelayMs: 20_000, steadyAfterMs: 50 };
    const log = start(['BTCUSDT@aggTrade'], { reconnect, random: () => 0.99 });
    await eventually(() => log.frames.length > 0);
    const sinceMs = performance.now();
    await eventually(() => performance.now() > sinceMs + 60);
    exchange.open[0]!.socket.close(1001, 'going away');
    await eventually(() => log.frames.at(-1)?.connectionId === 2);
    expect(log.closes[0]).toMatchObject({ code: 1001, willRetryInMs: 0 });
  });

  it('share connection attempts that are given to them', async () => {
    const waits = [60, 0];
    const log = start(['BTCUSDT@aggTrade'], { attempts: { take: () => waits.shift() ?? 0 } });
    expect(status('BTCUSDT@aggTrade')?.state).toBe('connecting');
    await eventually(() => log.acknowledgedKeys.length === 1);
    expect([waits, exchange.handshakes]).toEqual([[], 1]);
  });

  it('ask a peer that is quiet for a sign of life where streams may be silent for ever, and replace a dead one', async () => {
    const clock = new ManualClock();
    const log = start(['BTCUSDT@forceOrder'], { clock, silenceTimeoutMs: 0 });
    await eventually(() => status('BTCUSDT@forceOrder')?.state === 'subscribing');
    exchange.connections[0]!.isMute = true;
    await clock.advance(61_000);
    await eventually(() => exchange.connections[0]!.controlAtMs.length === 2);
    expect(log.closes).toEqual([]);
    await clock.advance(11_000);
    expect(log.closes[0]).toMatchObject({ cause: 'silent', reason: 'no answer to a ping' });
    expect(log.alarms).toEqual([]);
    await eventually(() => exchange.open.length === 1);
  });

  it('reconnect after a cut and after a clean close', async () => {
    exchange.feed('btcusdt@aggTrade', 5);
    const log = start(['BTCUSDT@aggTrade']);
    await eventually(() => log.frames.at(-1)?.connectionId === 1);
    exchange.open[0]!.socket.terminate();
    await eventually(() => log.frames.at(-1)?.connectionId === 2);
    exchange.open[0]!.socket.close(1000, 'maintenance');
    await eventually(() => log.frames.at(-1)?.connectionId === 3);
    expect(log.closes.map(({ code, reason }) => [code, reason])).toEqual([[1006, ''], [1000, 'maintenance']]); // prettier-ignore
    expect(log.closes.every(({ willRetryInMs }) => willRetryInMs !== undefined && willRetryInMs <= 20)).toBe(
      true,
    );
  });

  it('give up after the last retry and say so', async () => {
    exchange.refuseHandshake = () => 451;
    const log = start(['BTCUSDT@aggTrade'], {
      reconnect: { initialDelayMs: 1, maxDelayMs: 2, maxRetries: 3 },
    });
    await eventually(() => log.gaveUps === 1);
    expect(exchange.handshakes).toBe(4);
    expect(log.closes.at(-1)).toMatchObject({
      reason: 'handshake answered with HTTP 451',
      willRetryInMs: undefined,
    });
    expect(status('BTCUSDT@aggTrade')?.state).toBe('stopped');
  });

  it('open no more than 300 connections in 5 minutes, however short the back-off', async () => {
    exchange.refuseHandshake = () => 503;
    const clock = new ManualClock();
    start(['BTCUSDT@aggTrade'], {
      clock,
      reconnect: { initialDelayMs: 1, maxDelayMs: 1 },
      silenceTimeoutMs: 0,
    });
    const turn = async () => {
      await clock.advance(1);
      return exchange.handshakes >= 300;
    };
    while (!(await turn())) await eventually(() => status('BTCUSDT@aggTrade')?.state !== 'idle');
    for (let time = 0; time < 100; time++) await clock.advance(1_000);
    expect(exchange.handshakes).toBe(300);
    await clock.advance(5 * 60_000);
    await eventually(() => exchange.handshakes > 300);
  });

  it('replace a connection before its end of life without a lost frame, twice, and survive a cut afterwards', async () => {
    exchange.feed('btcusdt@aggTrade', 2);
    exchange.feed('ethusdt@aggTrade', 3);
    const options = { lifetimeMs: 250, lingerMs: 30, overlapMs: 1_000 };
    const log = start(['BTCUSDT@aggTrade', 'ETHUSDT@aggTrade'], options);
    await eventually(() => log.rotations.length >= 2);
    for (const name of ['BTCUSDT@aggTrade', 'ETHUSDT@aggTrade']) {
      const ids = [...new Set(log.ids(name))];
      expect(ids).toEqual(Array.from(ids, (_, index) => ids[0]! + index));
      expect(log.ids(name).length).toBeGreaterThan(ids.length);
    }
    expect(log.rotations.slice(0, 2)).toEqual([[1, 2], [2, 3]]); // prettier-ignore
    const planned = log.closes.filter(({ cause }) => cause === 'rotated');
    expect(planned.every(({ willRetryInMs }) => willRetryInMs === undefined)).toBe(true);
    await eventually(() => exchange.open.length === 1);
    const survivor = log.frames.at(-1)!.connectionId;
    exchange.open[0]!.socket.terminate();
    await eventually(() => (log.frames.at(-1)?.connectionId ?? 0) > survivor);
    expect(
      log.closes.some(({ connectionId, cause }) => connectionId === survivor && cause === 'closed'),
    ).toBe(true);
  });

  it('keep the old connection when its successor delivers nothing', async () => {
    exchange.feed('btcusdt@aggTrade', 2);
    const log = start(['BTCUSDT@aggTrade'], { lifetimeMs: 60, overlapMs: 80, lingerMs: 10 });
    exchange.answer = ({ id }) =>
      exchange.connections.length === 1 ? JSON.stringify({ result: null, id }) : undefined;
    await eventually(() => log.closes.some(({ cause }) => cause === 'abandoned'));
    expect(log.rotations).toEqual([]);
    expect(log.frames.at(-1)?.connectionId).toBe(1);
  });
});
