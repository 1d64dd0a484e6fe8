import { createServer, type Server as TcpServer } from 'node:net';
import { InfluxSink, isPassing, type InfluxSinkOptions } from '@org/storage-influx';
import { fakeInflux, type FakeAnswer } from './fake-influx.ts';
import { aggTrade, batchOf } from './influx-server.ts';

const fake = fakeInflux();
let nowMs = 0;

function newSink(options: Partial<InfluxSinkOptions> = {}): InfluxSink {
  return new InfluxSink({ url: fake().url, target: { database: 'test' }, nowMs: () => nowMs, ...options });
}

async function openSink(options: Partial<InfluxSinkOptions> = {}): Promise<InfluxSink> {
  const sink = newSink(options);
  await sink.open();
  return sink;
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'nothing failed',
    (reason: unknown) => reason,
  );

const batch = batchOf(aggTrade(1), aggTrade(2));

describe('a server that cannot now', () => {
  it.each<[string, FakeAnswer, string]>([
    ['answers 429', { status: 429 }, 'SERVER_BUSY'],
    ['answers 500', { status: 500, body: '{"error":"timeout"}' }, 'SERVER_BUSY'],
    ['answers 503', { status: 503, body: '<html>busy</html>' }, 'SERVER_BUSY'],
    ['ends the connection', { isReset: true }, 'SERVER_UNREACHABLE'],
    ['does not answer in time', { isLost: true }, 'REQUEST_TIMED_OUT'],
  ])(
    'passes when it %s: the same call is repeated and stores everything once',
    async (_how, answer, code) => {
      const sink = await openSink({ requestTimeoutMs: 250 });
      fake().onWrite = () => answer;
      const error = await failure(sink.append(batch, 1));
      expect(error).toMatchObject({ name: 'InfluxError', code });
      expect(isPassing(error)).toBe(true);
      expect(sink.stats()).toMatchObject({ records: 0, rows: 0 });
      expect(await failure(sink.commit('state'))).toMatchObject({ code });
      fake().onWrite = () => ({ status: 204 });
      await sink.append(batch, 1);
      expect(await sink.commit('state')).toBe(1);
      expect(sink.stats()).toMatchObject({ records: 2, rows: 2 });
      await sink.close();
    },
  );

  it('passes when nobody listens', async () => {
    const nobody: TcpServer = createServer();
    await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
    const { port } = nobody.address() as { port: number };
    await new Promise((resolve) => nobody.close(resolve));
    const error = await failure(newSink({ url: `http://127.0.0.1:${port}` }).open());
    expect(error).toMatchObject({ code: 'SERVER_UNREACHABLE', isPassing: true });
    expect((error as Error).message).toContain('ECONNREFUSED');
  });

  it('is not asked again before the time that it named', async () => {
    const sink = await openSink();
    fake().onWrite = () => ({ status: 503, headers: { 'retry-after': '7' } });
    expect(await failure(sink.append(batch, 1))).toMatchObject({ code: 'SERVER_BUSY', retryAfterMs: 7000 });
    fake().onWrite = () => ({ status: 204 });
    const asked = fake().requests.length;
    nowMs += 6999;
    expect(await failure(sink.append(batch, 1))).toMatchObject({ code: 'SERVER_BUSY' });
    expect(fake().requests).toHaveLength(asked);
    nowMs += 1;
    await sink.append(batch, 1);
    await sink.close();
  });

  it('is asked after five minutes, whatever time it named', async () => {
    const sink = await openSink();
    for (const retryAfter of ['86400', new Date(nowMs + 86_400_000).toUTCString()]) {
      fake().onWrite = () => ({ status: 429, headers: { 'retry-after': retryAfter } });
      expect(await failure(sink.append(batch, 1))).toMatchObject({ retryAfterMs: 300_000 });
      nowMs += 300_000;
    }
    await sink.close();
  });

  it('has all its requests ended when an append fails', async () => {
    const sink = await openSink({ requestBytesMax: 64 * 1024, requestsMax: 4, requestTimeoutMs: 250 });
    let underWay = 0;
    fake().onWrite = () => (++underWay === 1 ? { status: 500 } : { isLost: true });
    const many = batchOf(...Array.from({ length: 2000 }, (_, index) => aggTrade(index + 1)));
    expect(await failure(sink.append(many, 1))).toMatchObject({ isPassing: true });
    const asked = fake().requests.length;
    expect(asked).toBeLessThan(12);
    fake().onWrite = () => ({ status: 204 });
    await sink.append(many, 1);
    expect(sink.stats().rows).toBe(2000);
    await sink.close();
  });
});

describe('what answers is no InfluxDB', () => {
  it.each(['<html>', '[]', '{}', 'null', '{"results":[]}'])('when a query gives %s', async (body) => {
    fake().onQuery = () => ({ status: 200, body });
    expect(await failure(newSink().open())).toMatchObject({ code: 'ANSWER_UNREADABLE', isPassing: false });
  });
});

describe('a sink', () => {
  it('is opened once, and used while it is open', async () => {
    const sink = newSink();
    await expect(sink.append(batch, 1)).rejects.toThrow('is opened before it is used');
    await sink.open();
    await expect(sink.open()).rejects.toThrow('expected a sink that is not open');
    await sink.close();
    await expect(sink.commit()).rejects.toThrow('not used after it is closed');
  });

  it.each([0, -1, 1.5, Number.NaN])('takes no position %p', async (position) => {
    const sink = await openSink();
    await expect(sink.append(batch, position)).rejects.toThrow(RangeError);
    await sink.close();
  });

  it('takes no position twice, and no bytes that are no batch', async () => {
    const sink = await openSink();
    await sink.append(batch, 5);
    await expect(sink.append(batch, 5)).rejects.toThrow('above 5');
    await expect(sink.append(Buffer.from('x'), 6)).rejects.toThrow('record batch');
    await sink.append(batch, 6);
    await sink.close();
  });

  it.each<[string, Partial<InfluxSinkOptions>]>([
    ['a URL that is none', { url: 'localhost' }],
    ['a URL of another protocol', { url: 'ftp://127.0.0.1' }],
    ['a URL with credentials', { url: 'http://me:secret@127.0.0.1' }],
    ['a URL with a query', { url: 'http://127.0.0.1/?db=x' }],
    ['a database with a quote', { target: { database: 'a"b' } }],
    ['no database', { target: { database: '' } }],
    ['a recorder with a blank', { recorder: 'a b' }],
    ['more levels than a book has', { bookLevels: 1001 }],
    ['half a level', { bookLevels: 0.5 }],
    ['requests that hold nothing', { requestBytesMax: 10 }],
    ['no requests', { requestsMax: 0 }],
    ['no time for an answer', { requestTimeoutMs: 0 }],
  ])('is not made with %s', (_what, options) => {
    expect(() => newSink(options)).toThrow(RangeError);
  });

  it('names no secret in its errors', async () => {
    const sink = newSink({ target: { database: 'test', username: 'me', password: 'secret' } });
    fake().onQuery = () => ({ status: 401, body: '{"error":"authorization failed"}' });
    const error = (await failure(sink.open())) as Error;
    expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(`${error.message} ${JSON.stringify(error)} ${error.stack}`).not.toContain('secret');
    const [request] = fake().requests;
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`);
  });
});
