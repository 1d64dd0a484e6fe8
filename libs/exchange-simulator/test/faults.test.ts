import { connect as connectTcp } from 'node:net';
import { parseFaultScript, startExchange } from '@org/exchange-simulator';
import type { Exchange, ExchangeOptions, Fault } from '@org/exchange-simulator';
import { get, StreamClient } from './stream-client.ts';
import type { DepthAnswer, DepthPayload, ErrorAnswer } from './wire-types.ts';

const started: Exchange[] = [];
const DEPTH = 'btcusdt@depth@0ms';

async function start(faults: Fault[], options: Partial<ExchangeOptions> = {}): Promise<Exchange> {
  const tempo = { eventsPerSecond: 200, levels: 100 };
  const exchange = await startExchange({ symbols: ['BTCUSDT', 'ETHUSDT'], tempo, faults, ...options });
  started.push(exchange);
  return exchange;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((exchange) => exchange.stop()));
});

function depth(
  exchange: Exchange,
  options?: { maxPayload?: number; skipUTF8Validation?: boolean },
): Promise<StreamClient> {
  return StreamClient.connect(exchange, `/public/stream?streams=${DEPTH}`, options);
}

/** How often a diff does not follow the one before. */
function breaks(client: StreamClient): number {
  const diffs = client.payloads<DepthPayload>(DEPTH);
  return diffs.filter((diff, index) => index > 0 && diff.pu !== diffs[index - 1]!.u).length;
}

describe('faults of a connection', () => {
  it('cut: the line ends without a closing handshake, behind the message that was named', async () => {
    const exchange = await start([{ fault: 'cut', afterMessages: 7 }]);
    const client = await depth(exchange);
    expect(await client.closed).toEqual({ code: 1006, reason: '' });
    expect(client.frames).toHaveLength(7);
    expect(exchange.report()).toMatchObject({ faults: { cut: 1 }, connections: [{ end: 'cut', frames: 7 }] });
    const again = await depth(exchange);
    await again.until(() => again.frames.length > 10);
  });

  it('cut with a duration: whoever connects meanwhile is cut as well', async () => {
    const exchange = await start([{ fault: 'cut', at: '0s', duration: '500ms' }]);
    let client = await depth(exchange);
    expect((await client.closed).code).toBe(1006);
    while (client.frames.length === 0) {
      client = await depth(exchange);
      await Promise.race([
        client.closed,
        client.until(() => client.frames.length > 0).catch(() => undefined),
      ]);
    }
    expect(exchange.report().connections.filter(({ end }) => end === 'cut').length).toBeGreaterThan(1);
  });

  it('reset: the client sees ECONNRESET', async () => {
    const exchange = await start([]);
    const socket = connectTcp(exchange.port, '127.0.0.1');
    const failed = new Promise<string | undefined>((resolve) =>
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
    );
    const head = [
      'GET /public/stream HTTP/1.1',
      'Host: x',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    exchange.inject({ fault: 'reset' });
    expect(await failed).toBe('ECONNRESET');
    socket.destroy();
  });

  it('close: a closing handshake with the code and the reason', async () => {
    const exchange = await start([{ fault: 'close', code: 1011, reason: 'internal', afterMessages: 3 }]);
    expect(await (await depth(exchange)).closed).toEqual({ code: 1011, reason: 'internal' });
  });

  it('lifetime: every connection is closed at that age, later ones too', async () => {
    const exchange = await start([{ fault: 'lifetime', duration: '150ms' }]);
    for (let n = 0; n < 2; n++) {
      const openedAt = performance.now();
      const client = await depth(exchange);
      expect((await client.closed).code).toBe(1000);
      expect(performance.now() - openedAt).toBeGreaterThan(100);
      expect(client.frames.length).toBeGreaterThan(3);
    }
  });

  it('serverShutdown: an event first, the end later', async () => {
    const exchange = await start([{ fault: 'serverShutdown', afterMessages: 3, delay: '50ms' }]);
    const client = await depth(exchange);
    expect((await client.closed).code).toBe(1001);
    const at = client.messages.findIndex(({ e }) => e === 'serverShutdown');
    expect(at).toBe(3);
    expect(client.frames.length).toBeGreaterThan(4);
  });

  it.each([
    ['/public/stream', true, 1],
    ['/market/stream', true, 1],
    ['/public/stream', undefined, 0],
    ['/market/stream', false, 0],
    ['/stream', true, 1],
    ['/market/ws', true, 0],
  ] as const)('serverShutdown on %s, enveloped %s: %d envelope', async (path, enveloped, envelopes) => {
    const exchange = await start([]);
    const client = await StreamClient.connect(exchange, path);
    exchange.inject({ fault: 'serverShutdown', delay: 0, ...(enveloped === undefined ? {} : { enveloped }) });
    expect((await client.closed).code).toBe(1001);
    const event = { e: 'serverShutdown', E: expect.any(Number) as number };
    expect(client.messages).toEqual([envelopes === 1 ? { stream: '!serverShutdown', data: event } : event]);
  });

  it('strikes only the connection, the route or the subscribers that it names', async () => {
    const exchange = await start([]);
    const first = await depth(exchange);
    const second = await depth(exchange);
    const market = await StreamClient.connect(exchange, '/market/stream?streams=ethusdt@aggTrade');
    exchange.inject({ fault: 'close', code: 4001, connection: 2 });
    expect((await second.closed).code).toBe(4001);
    exchange.inject({ fault: 'close', code: 4002, symbol: 'ethusdt' });
    expect((await market.closed).code).toBe(4002);
    exchange.inject({ fault: 'close', code: 4003, route: 'market' });
    const seen = first.frames.length;
    await first.until(() => first.frames.length > seen + 5);
    exchange.inject({ fault: 'close', code: 4004, stream: DEPTH });
    expect((await first.closed).code).toBe(4004);
  });
});

describe('faults of messages', () => {
  it('silence: the line stays open, the stream pauses, and the chain of ids has one hole', async () => {
    const exchange = await start([{ fault: 'silence', stream: DEPTH, duration: '200ms', afterMessages: 5 }]);
    const client = await StreamClient.connect(exchange, `/public/stream?streams=${DEPTH}/ethusdt@depth@0ms`);
    await client.until(() => client.payloads<DepthPayload>(DEPTH).length === 5);
    const other = client.payloads('ethusdt@depth@0ms').length;
    await client.until(() => client.payloads<DepthPayload>(DEPTH).length > 20);
    expect(breaks(client)).toBe(1);
    expect(client.payloads('ethusdt@depth@0ms').length).toBeGreaterThan(other + 20);
    expect(exchange.report().streams[DEPTH]!.dropped).toBeGreaterThan(10);
  });

  it('drop: as many messages are missing as were asked for', async () => {
    const exchange = await start([{ fault: 'drop', count: 4, afterMessages: 5, symbol: 'BTCUSDT' }]);
    const client = await depth(exchange);
    await client.until(() => client.frames.length > 20);
    expect(breaks(client)).toBe(1);
    expect(exchange.report()).toMatchObject({
      streams: { [DEPTH]: { dropped: 4 } },
      connections: [{ dropped: 4 }],
    });
  });

  it.each([1, 2])('drop on connection %d of two loses nothing of what was sent', async (connection) => {
    const exchange = await start([{ fault: 'drop', count: 4, afterMessages: 20, connection }]);
    const clients = [await depth(exchange), await depth(exchange)];
    const [struck, spared] = connection === 1 ? clients : clients.reverse();
    await struck!.until(() => breaks(struck!) === 1);
    expect(breaks(spared!)).toBe(0);
    expect(exchange.report().streams[DEPTH]!.dropped).toBe(0);
    expect(exchange.report().connections.map(({ dropped }) => dropped)).toEqual(
      connection === 1 ? [4, 0] : [0, 4],
    );
  });

  it('duplicate: messages come twice and count once', async () => {
    const exchange = await start([{ fault: 'duplicate', count: 3, afterMessages: 5 }]);
    const client = await depth(exchange);
    await client.until(() => client.frames.length > 20);
    await exchange.stop();
    await client.closed;
    const ids = client.payloads<DepthPayload>(DEPTH).map(({ u }) => u);
    expect(ids.slice(5, 11)).toEqual([ids[5], ids[5], ids[7], ids[7], ids[9], ids[9]]);
    expect(exchange.report()).toMatchObject({
      streams: { [DEPTH]: { frames: ids.length - 3 } },
      connections: [{ duplicated: 3 }],
    });
  });

  it('malformed: the frame is cut in its middle', async () => {
    const exchange = await start([{ fault: 'malformed', count: 2, afterMessages: 5 }]);
    const client = await depth(exchange);
    await client.until(() => client.frames.length > 20);
    const broken = client.frames
      .map((frame, index) => (isJson(frame) ? -1 : index))
      .filter((index) => index >= 0);
    expect(broken).toEqual([5, 6]);
    expect(exchange.report().streams[DEPTH]).toMatchObject({ damaged: 2 });
  });

  it('invalidUtf8: a checking client closes, another one finds bytes that are no text', async () => {
    const exchange = await start([]);
    const lenient = await depth(exchange, { skipUTF8Validation: true });
    const strict = await depth(exchange);
    exchange.inject({ fault: 'invalidUtf8', count: 1, afterMessages: 5 });
    await strict.closed;
    expect(strict.errors).toEqual(['WS_ERR_INVALID_UTF8']);
    await lenient.until(() => lenient.frames.some((frame) => frame.includes(0xff)));
    expect(lenient.frames.filter((frame) => frame.includes(0xff))).toHaveLength(1);
  });

  it('oversized: a frame of the size that was asked for, 10 MiB without', async () => {
    const exchange = await start([]);
    const patient = await depth(exchange, { maxPayload: 20 * 1024 * 1024 });
    const cautious = await depth(exchange, { maxPayload: 4 * 1024 * 1024 });
    exchange.inject({ fault: 'oversized', bytes: 300_000, afterMessages: 2 });
    exchange.inject({ fault: 'oversized', afterMessages: 6 });
    await cautious.closed;
    expect(cautious.errors).toEqual(['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH']);
    await patient.until(() => patient.frames.some(({ length }) => length > 1_000_000));
    expect(patient.frames.map(({ length }) => length).filter((length) => length > 100_000)).toEqual([
      300_000,
      10 * 1024 * 1024,
    ]);
  });
});

describe('faults of REST', () => {
  const path = '/fapi/v1/depth?symbol=BTCUSDT&limit=5';

  it.each([
    [{ fault: 'rest429', count: 2, retryAfter: '7s' }, 429, 'application/json', /^\{"code":-1003,/],
    [{ fault: 'rest403html', count: 2 }, 403, 'text/html', /<TITLE>ERROR/],
    [{ fault: 'rest451', count: 2 }, 451, 'application/json', /restricted location/],
    [{ fault: 'rest5xx', count: 2 }, 503, 'application/json', /"code":-1001/],
    [{ fault: 'rest5xx', status: 500, count: 2 }, 500, 'application/json', /"code":-1001/],
    [{ fault: 'restGarbage', count: 2 }, 200, 'application/json', /\[\["4\.0000$/],
  ] as const)('%j', async (fault, status, contentType, body) => {
    const exchange = await start([{ ...fault, path: 'depth' }]);
    expect((await get(exchange, '/fapi/v1/time')).status).toBe(200);
    for (let n = 0; n < 2; n++) {
      const answer = await get(exchange, path);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toContain(contentType);
      expect(answer.text).toMatch(body);
      if (fault.fault === 'rest429') expect(answer.headers.get('retry-after')).toBe('7');
    }
    expect((await get<DepthAnswer>(exchange, path)).json.bids).toHaveLength(5);
  });

  it('rest418: everything is refused until the time that the text names', async () => {
    const exchange = await start([{ fault: 'rest418', banMs: 200 }]);
    const { status, json } = await get<ErrorAnswer>(exchange, path);
    expect(status).toBe(418);
    const until = Number(/banned until (\d+)\./.exec(json.msg)![1]);
    expect(until - Date.now()).toBeLessThanOrEqual(200);
    let answer = await get(exchange, '/fapi/v1/ping');
    while (answer.status === 418) answer = await get(exchange, '/fapi/v1/ping');
    expect(Date.now()).toBeGreaterThanOrEqual(until - 5);
  });

  it('restSlow: the right answer, late', async () => {
    const exchange = await start([{ fault: 'restSlow', delay: '120ms', symbol: 'BTCUSDT' }]);
    const before = performance.now();
    expect((await get<DepthAnswer>(exchange, path)).json.bids).toHaveLength(5);
    expect(performance.now() - before).toBeGreaterThan(110);
  });

  it('stops at once while a slow answer is on its way', async () => {
    const exchange = await start([{ fault: 'restSlow', delay: '1h' }]);
    const answer = get(exchange, path).catch((error: unknown) => error);
    while (exchange.report().faults['restSlow'] === undefined) await Promise.resolve();
    await exchange.stop();
    await answer;
  });
});

describe('a fault script', () => {
  it('is read from YAML and from JSON, as a list or under a name', () => {
    const yaml =
      '- { fault: cut, at: 5s, connection: 2 }\n- { fault: silence, duration: 500ms, stream: btcusdt@aggTrade }\n';
    const cut = { fault: 'cut', at: 5000, connection: 2 };
    const silence = { fault: 'silence', duration: 500, stream: 'btcusdt@aggTrade' };
    expect(parseFaultScript(yaml)).toEqual([cut, silence]);
    expect(parseFaultScript('{"faults":[{"fault":"close","afterMessages":9}]}')).toEqual([
      { fault: 'close', afterMessages: 9, code: 1001, reason: '' },
    ]);
  });

  it('is refused with every mistake and its place', () => {
    const script =
      '- { fault: cut, at: soon }\n- { fault: explode }\n- { fault: drop, count: 0, colour: red }\n- { fault: cut, at: 1s, afterMessages: 3 }\n- { fault: silence }\n';
    const issues = issuesOf(script);
    expect(issues).toEqual([
      expect.stringContaining('[0].at: expected a duration'),
      expect.stringContaining('[1].fault: '),
      expect.stringContaining('[2].count: '),
      expect.stringContaining('"colour"'),
      expect.stringContaining('[3]: expected one of "at" and "afterMessages"'),
      expect.stringContaining('[4].duration: expected a duration'),
    ]);
  });

  it.each([
    ['text'],
    ['{ "faults": 3 }'],
    ['{ "fault": "cut" }'],
    ['- {'],
    [''],
    [`- ${'x'.repeat(300_000)}`],
  ])('is refused when it is no list of faults: %.20s', (script) => {
    expect(issuesOf(script).length).toBeGreaterThan(0);
  });

  it('is refused by the exchange that is given it', async () => {
    const wrong = { fault: 'silence' } as unknown as Fault;
    await expect(start([wrong])).rejects.toMatchObject({ code: 'FAULTS_INVALID' });
    const exchange = await start([]);
    expect(() => exchange.inject(wrong)).toThrow(
      expect.objectContaining({ code: 'FAULTS_INVALID' }) as Error,
    );
  });
});

function issuesOf(script: string): readonly string[] {
  try {
    parseFaultScript(script);
  } catch (error) {
    expect(error).toMatchObject({ code: 'FAULTS_INVALID' });
    return (error as { issues: readonly string[] }).issues;
  }
  throw new Error('the script was accepted');
}

function isJson(frame: Buffer): boolean {
  try {
    JSON.parse(frame.toString());
    return true;
  } catch {
    return false;
  }
}
