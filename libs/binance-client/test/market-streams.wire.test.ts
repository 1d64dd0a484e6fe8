import { eventually } from './eventually.ts';
import { ManualClock } from './manual-clock.ts';
import { exchange, key, start, status, streams } from './stream-bench.ts';

describe('market streams', () => {
  it('ask for each stream on its route and pass frames on byte for byte', async () => {
    exchange.feed('btcusdt@depth@0ms', 5);
    exchange.feed('btcusdt@aggTrade', 5);
    const log = start(['BTCUSDT@depth@0ms', 'BTCUSDT@aggTrade']);
    const beforeUs = Date.now() * 1000;
    await eventually(() => log.ids('BTCUSDT@depth@0ms').length > 2 && log.ids('BTCUSDT@aggTrade').length > 2);
    expect(exchange.connections.map(({ path }) => path).sort()).toEqual(['/market/stream', '/public/stream']);
    expect(log.frames[0]?.text).toMatch(/^\{"stream":"btcusdt@\w+(@0ms)?","data":\{"u":\d+\}\}$/);
    expect(Math.abs(log.frames[0]!.receivedAtUs - beforeUs)).toBeLessThan(5_000_000);
    expect(log.acknowledgedKeys.sort()).toEqual(['BTCUSDT@aggTrade', 'BTCUSDT@depth@0ms']);
    expect(status('BTCUSDT@aggTrade')).toMatchObject({ state: 'live', alarm: undefined });
  });

  it('use one address for all streams where the product has no routes', async () => {
    exchange.feed('btcusdt@aggTrade', 5);
    const log = start(['BTCUSDT@depth@100ms', 'BTCUSDT@aggTrade'], { market: 'spot' });
    await eventually(() => log.frames.length > 0);
    expect(exchange.connections.map(({ path }) => path)).toEqual(['/stream']);
  });

  it('name the stream that is acknowledged and silent, and leave its neighbour alone', async () => {
    exchange.feed('btcusdt@aggTrade', 5);
    const log = start(['BTCUSDT@aggTrade', 'BTCUSDT7@aggTrade'], {
      firstFrameTimeoutMs: 100,
      silenceTimeoutMs: 1_000,
    });
    await eventually(() => log.alarms.length > 0);
    expect(log.acknowledgedKeys).toContain('BTCUSDT7@aggTrade');
    expect(log.alarms[0]).toMatchObject({ type: 'first-frame-missing', limitMs: 100, connectionId: 1 });
    expect(log.alarms.map(({ stream }) => stream.key)).toEqual(['BTCUSDT7@aggTrade']);
    expect(log.alarms[0]!.silentMs).toBeGreaterThanOrEqual(100);
    expect(log.alarms[0]!.silentMs).toBeLessThan(1_000);
    expect(status('BTCUSDT7@aggTrade')).toMatchObject({ state: 'silent', events: 0 });
    const methods = () =>
      exchange.connections[0]!.messages.map(({ method, params }) => `${method} ${params.join()}`);
    await eventually(() => methods().length === 3);
    await eventually(() => log.alarms.length > 2);
    expect(methods().slice(1)).toEqual(['UNSUBSCRIBE btcusdt7@aggTrade', 'SUBSCRIBE btcusdt7@aggTrade']);
    expect(exchange.connections).toHaveLength(1);
    expect(log.closes).toEqual([]);
  });

  it('name a stream whose route does not deliver it', async () => {
    exchange.feed('btcusdt@bookTicker', 5);
    exchange.feed('btcusdt@depth20', 5);
    const connectionOf = exchange.connections;
    const log = start(['BTCUSDT@bookTicker', 'BTCUSDT@rpiDepth@500ms'], {
      firstFrameTimeoutMs: 80,
      silenceTimeoutMs: 1_000,
    });
    await eventually(() => log.alarms.length > 0);
    expect(log.alarms[0]?.stream.name).toBe('btcusdt@rpiDepth@500ms');
    expect(connectionOf[0]?.path).toBe('/public/stream');
  });

  it('raise an alarm once a period and clear it with the next frame', async () => {
    exchange.feed('btcusdt@aggTrade', 5);
    const log = start(['BTCUSDT@aggTrade', 'ETHUSDT@aggTrade'], {
      silenceTimeoutMs: 100,
      firstFrameTimeoutMs: 1_000,
    });
    await eventually(() => exchange.connections[0]?.subscribed.size === 2);
    exchange.connections[0]!.data('ethusdt@aggTrade', { u: 1 });
    await eventually(() => log.alarms.length === 3);
    expect(
      log.alarms.every(({ type, stream }) => type === 'silent' && stream.key === 'ETHUSDT@aggTrade'),
    ).toBe(true);
    const apart = log.alarms.slice(1).map(({ silentMs }, index) => silentMs - log.alarms[index]!.silentMs);
    for (const betweenMs of apart) expect(betweenMs).toBeGreaterThanOrEqual(99);
    await eventually(() => exchange.connections[0]?.subscribed.size === 2);
    exchange.connections[0]!.data('ethusdt@aggTrade', { u: 2 });
    await eventually(() => log.clearedKeys.length === 1);
    expect(status('ETHUSDT@aggTrade')?.alarm).toBeUndefined();
  });

  it('let a stream be silent for ever whose limit is 0', async () => {
    exchange.feed('btcusdt@aggTrade', 5);
    const silenceTimeoutMs = ({ stream }: { stream: string }) => (stream === 'forceOrder' ? 0 : 50);
    const log = start(['BTCUSDT@aggTrade', 'BTCUSDT@forceOrder'], { silenceTimeoutMs });
    await eventually(() => log.ids('BTCUSDT@aggTrade').length > 40);
    expect(log.alarms.filter(({ stream }) => stream.stream === 'forceOrder')).toEqual([]);
    expect(status('BTCUSDT@forceOrder')?.alarm).toBeUndefined();
  });

  it.each([
    ['nested', (id: number) => JSON.stringify({ error: { code: 2, msg: 'Invalid request' }, id })],
    ['flat', (id: number) => JSON.stringify({ code: 2, msg: 'Invalid request', id })],
  ])('name the streams of a refused request (%s error)', async (_, error) => {
    exchange.answer = ({ id }) => error(id);
    const log = start(['BTCUSDT@aggTrade', 'ETHUSDT@aggTrade']);
    await eventually(() => log.refusals.length > 0);
    expect(log.refusals[0]).toMatchObject({ connectionId: 1, code: 2, message: 'Invalid request' });
    expect(log.refusals[0]?.streams.map((stream) => stream.key)).toEqual([
      'BTCUSDT@aggTrade',
      'ETHUSDT@aggTrade',
    ]);
    expect(log.acknowledgedKeys).toEqual([]);
  });

  it('stay below ten control messages a second with 700 streams and pongs between, at most 100 in each', async () => {
    const letter = (at: number) => String.fromCharCode(65 + (at % 26));
    const names = Array.from(
      { length: 700 },
      (_, at) => `${letter(at)}${letter(at / 26)}${letter(at / 676)}USDT@aggTrade`,
    );
    start(names, { streamsPerConnectionMax: 700 });
    exchange.every(300, () => exchange.open[0]?.socket.ping());
    await eventually(() => exchange.connections[0]?.subscribed.size === 700, 10_000);
    for (let time = 0; time < 2; time++) {
      streams!.unsubscribe([key(names[0]!)]);
      streams!.subscribe([key(names[0]!)]);
    }
    const [connection] = exchange.connections;
    await eventually(() => connection!.messages.length === 11, 10_000);
    expect(connection!.messages.every(({ params }) => params.length <= 100)).toBe(true);
    expect(connection!.subscribed.size).toBe(700);
    const tenApart = connection!.controlAtMs
      .slice(9)
      .map((atMs, index) => atMs - connection!.controlAtMs[index]!);
    expect(Math.min(...tenApart)).toBeGreaterThan(1_000);
  });

  it('spread streams over as many connections as their limit needs', async () => {
    exchange.feed('cusdt@aggTrade', 5);
    const log = start(['AUSDT@aggTrade', 'BUSDT@aggTrade', 'CUSDT@aggTrade'], { streamsPerConnectionMax: 2 });
    await eventually(() => log.frames.length > 0 && exchange.connections.length === 2);
    await eventually(() => log.acknowledgedKeys.length === 3);
    expect(exchange.connections.map(({ subscribed }) => subscribed.size).sort()).toEqual([1, 2]);
  });

  it('add and remove streams while they run', async () => {
    for (const name of ['ausdt', 'busdt', 'cusdt']) exchange.feed(`${name}@aggTrade`, 5);
    const log = start(['AUSDT@aggTrade'], { streamsPerConnectionMax: 2 });
    await eventually(() => log.ids('AUSDT@aggTrade').length > 0);
    streams!.subscribe([key('AUSDT@aggTrade'), key('BUSDT@aggTrade'), key('CUSDT@aggTrade')]);
    await eventually(() => log.ids('BUSDT@aggTrade').length > 0 && log.ids('CUSDT@aggTrade').length > 0);
    expect(exchange.open).toHaveLength(2);
    streams!.unsubscribe([key('AUSDT@aggTrade'), key('CUSDT@aggTrade')]);
    await eventually(() => exchange.open.length === 1 && exchange.open[0]?.subscribed.size === 1);
    expect(streams!.status().map((each) => each.key)).toEqual(['BUSDT@aggTrade']);
  });

  it('reject a binary message, invalid UTF-8 and no JSON, count each, and stay connected', async () => {
    exchange.feed('btcusdt@aggTrade', 5);
    const log = start(['BTCUSDT@aggTrade']);
    await eventually(() => log.frames.length > 0);
    const [connection] = exchange.connections;
    connection!.send(Buffer.from('{"stream":"btcusdt@aggTrade","data":{}}'), true);
    connection!.send(Buffer.from('{"stream":"btcusdt@aggTrade","data":"\xff"}', 'latin1'));
    connection!.send('{"stream":');
    connection!.send('[]');
    connection!.data('ethusdt@aggTrade', { u: 1 });
    await eventually(() => log.rejections.length === 5);
    expect(log.rejections.map(({ problem, stream }) => [problem, stream])).toEqual([
      ['binary', undefined],
      ['invalid-utf8', undefined],
      ['not-json', undefined],
      ['unroutable', undefined],
      ['unroutable', 'ethusdt@aggTrade'],
    ]);
    expect(streams!.counters()).toMatchObject({ binary: 1, invalidUtf8: 1, notJson: 1, unroutable: 2 });
    const seen = log.frames.length;
    await eventually(() => log.frames.length > seen);
    expect(exchange.connections).toHaveLength(1);
  });

  it('take an envelope in any form, and names of any script', async () => {
    const log = start(['币安人生USDT@aggTrade', 'BTCUSDT@aggTrade']);
    await eventually(() => exchange.connections[0]?.subscribed.size === 2);
    const [connection] = exchange.connections;
    connection!.data('币安人生usdt@aggTrade', { u: 1 });
    connection!.send('{ "stream" : "\\u5e01\\u5b89\\u4eba\\u751fusdt@aggTrade" , "data" : {"u":2} }');
    connection!.send('{"data":{"u":3},"stream":"btcusdt@aggTrade"}');
    await eventually(() => log.frames.length === 3);
    expect(log.frames.map((frame) => frame.key)).toEqual([
      '币安人生USDT@aggTrade',
      '币安人生USDT@aggTrade',
      'BTCUSDT@aggTrade',
    ]);
    expect(log.rejections).toEqual([]);
  });

  it('close a connection that sends a message of 10 MB, say so, and come back', async () => {
    exchange.feed('btcusdt@aggTrade', 5);
    const log = start(['BTCUSDT@aggTrade']);
    await eventually(() => log.frames.length > 0);
    exchange.connections[0]!.send(Buffer.alloc(10_000_000, 0x20));
    await eventually(() => log.frames.at(-1)?.connectionId === 2);
    expect(log.closes[0]).toMatchObject({ code: 1009, cause: 'closed' });
    expect(log.closes[0]?.reason).toMatch(/more than 4194304 bytes/);
  });

  it('come to rest after stop, whatever state they were in', async () => {
    const log = start(['BTCUSDT@aggTrade', 'BTCUSDT@depth']);
    const stopping = streams!.stop();
    streams!.start();
    await stopping;
    expect(exchange.open).toEqual([]);
    expect(
      log.closes.every(({ cause, willRetryInMs }) => cause === 'stopped' && willRetryInMs === undefined),
    ).toBe(true);
    expect(streams!.status().every(({ state }) => state === 'stopped')).toBe(true);
    await streams!.stop();
  });

  it('may be stopped from inside a handler, and leave no timer behind', async () => {
    exchange.feed('btcusdt@aggTrade', 5);
    const clock = new ManualClock();
    const log = start(['BTCUSDT@aggTrade'], { clock });
    log.closed = () => void streams!.stop();
    await eventually(() => status('BTCUSDT@aggTrade')?.state === 'subscribing');
    await clock.advance(1);
    await eventually(() => log.frames.length > 0);
    exchange.open[0]!.socket.terminate();
    await eventually(() => status('BTCUSDT@aggTrade')?.state === 'stopped');
    expect(clock.pendingTimers).toBe(0);
    expect(exchange.handshakes).toBe(1);
  });
});
