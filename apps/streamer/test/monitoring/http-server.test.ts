import { request } from 'node:http';
import { connect } from 'node:net';
import { isOwnHost } from '../../src/monitoring/http-guard.ts';
import { HTTP_LIMITS, startMonitoring } from '../../src/monitoring/http-server.ts';
import type { MonitoringSources } from '../../src/monitoring/routes.ts';
import { toldSources } from './told-status.ts';

async function whileServing(
  sources: Partial<MonitoringSources>,
  test: (url: string) => Promise<void>,
  limits = HTTP_LIMITS,
): Promise<void> {
  const server = await startMonitoring({ host: '127.0.0.1', port: 0 }, toldSources(sources), limits);
  try {
    await test(server.url);
  } finally {
    await server.close();
  }
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Like fetch, but with any `Host`. */
function ask(
  url: string,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}

/** What comes back for bytes that no client of HTTP would send. */
function say(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

const json = ({ body }: Answer): unknown => JSON.parse(body);

describe('the monitoring server', () => {
  it('answers GET and HEAD, and every other method with 405 and what it allows', async () => {
    await whileServing({}, async (url) => {
      expect(await ask(url, '/healthz')).toMatchObject({ status: 200, body: '{"status":"ok"}' });
      expect(await ask(url, '/healthz', 'HEAD')).toMatchObject({ status: 200, body: '' });
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
        const answer = await ask(url, '/status', method);
        expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
        expect(json(answer)).toEqual({ error: expect.stringMatching(/method not allowed/) });
      }
    });
  });

  it('refuses a Host that is not its own, so that no foreign name can be pointed at it', async () => {
    await whileServing({}, async (url) => {
      for (const host of ['evil.example', 'evil.example:8710', '127.0.0.1.evil.example', '10.0.0.1'])
        expect(await ask(url, '/status', 'GET', { host })).toMatchObject({ status: 421 });
      expect(await say(url, 'GET /status HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(await say(url, 'GET /status HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
      for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:8710', '[::1]:8710'])
        expect(await ask(url, '/status', 'GET', { host })).toMatchObject({ status: 200 });
    });
  });

  it.each([
    ['monitor.lan:8710', 'monitor.lan', true],
    ['other.lan', 'monitor.lan', false],
    ['192.168.1.4:8710', '0.0.0.0', true],
    ['[fe80::1]:8710', '::', true],
    ['recorder:8710', '0.0.0.0', true],
    ['evil.example', '0.0.0.0', false],
    ['recorder', '127.0.0.1', false],
    ['a b', '0.0.0.0', false],
    ['user@localhost', '127.0.0.1', false],
  ])('takes the Host %s on %s: %s', (header, configured, isOwn) => {
    expect(isOwnHost(header, configured)).toBe(isOwn);
  });

  it('says nothing that a browser may keep, run or frame', async () => {
    await whileServing({ status: () => Promise.reject(new Error('secret')) }, async (url) => {
      for (const path of ['/', '/healthz', '/status', '/books/BTCUSDT', '/metrics', '/nothing']) {
        const { headers, body } = await ask(url, path);
        expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
        expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'/);
        expect(body).not.toContain('secret');
      }
      const failed = await ask(url, '/status');
      expect(failed.status).toBe(500);
      expect(json(failed)).toEqual({ error: 'internal error' });
    });
  });

  it('finds a book by its symbol in any script, and takes nothing else for one', async () => {
    const asked: [string, number][] = [];
    const book: MonitoringSources['book'] = (symbol, depth) => {
      asked.push([symbol, depth]);
      if (symbol === 'BTCUSDT') return Promise.resolve({ symbol, unavailable: 'the book is stale' });
      return Promise.resolve({ symbol, lastUpdateId: 1, eventTimeMs: 2, bids: [], asks: [] });
    };
    await whileServing({ book }, async (url) => {
      expect(await ask(url, `/books/${encodeURIComponent('币安人生usdt')}?depth=5`)).toMatchObject({
        status: 200,
      });
      expect(json(await ask(url, '/books/BTCUSDT'))).toEqual({
        symbol: 'BTCUSDT',
        error: 'the book is stale',
      });
      for (const path of ['%2e%2e%2fetc', '%E0%A4%A', '%00', 'ETHUSDT', 'A'.repeat(70)])
        expect((await ask(url, `/books/${path}`)).status).toBe(404);
      for (const depth of ['0', '-1', '1.5', '1001', 'x', '1e9'])
        expect((await ask(url, `/books/BTCUSDT?depth=${depth}`)).status).toBe(400);
      expect(asked).toEqual([['币安人生USDT', 5], ['BTCUSDT', 20]]); // prettier-ignore
    });
  });

  it('shows the best of every book, and why there is none', async () => {
    const tops: MonitoringSources['tops'] = () =>
      Promise.resolve([
        { symbol: 'A', lastUpdateId: 3, eventTimeMs: 4, bids: [['1.0', '2']], asks: [] },
        { symbol: 'B', unavailable: 'the book is not in sync: buffering' },
      ]);
    await whileServing({ tops }, async (url) => {
      expect(json(await ask(url, '/books'))).toEqual({
        books: [
          { symbol: 'A', lastUpdateId: 3, eventTimeMs: 4, bid: ['1.0', '2'], ask: null },
          { symbol: 'B', error: 'the book is not in sync: buffering' },
        ],
      });
    });
    await whileServing({ tops: () => Promise.resolve(undefined) }, async (url) =>
      expect((await ask(url, '/books')).status).toBe(503),
    );
  });

  it('refuses what is too long, and what is no HTTP, in JSON', async () => {
    await whileServing({}, async (url) => {
      expect((await ask(url, `/${'a'.repeat(1100)}`)).status).toBe(414);
      const huge = await ask(url, `/${'a'.repeat(HTTP_LIMITS.headerBytesMax)}`);
      expect(huge.status).toBe(431);
      expect(json(huge)).toEqual({ error: 'request header fields too large' });
      const nonsense = await say(url, 'HELLO\r\n\r\n');
      expect(nonsense).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(nonsense).toMatch(/\{"error":"bad request"\}$/);
    });
  });

  it('cuts off who sends no request, in time', async () => {
    const unfinished = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n';
    const limits = { ...HTTP_LIMITS, headersTimeoutMs: 100, requestTimeoutMs: 200, checkIntervalMs: 50 };
    await whileServing(
      {},
      async (url) => expect(await say(url, unfinished)).toMatch(/^HTTP\/1\.1 408 /),
      limits,
    );
  });

  it('takes no more connections than its limit, and serves again when some have gone', async () => {
    await whileServing({}, async (url) => {
      const { hostname, port } = new URL(url);
      const open = Array.from({ length: HTTP_LIMITS.connectionsMax }, () => connect(Number(port), hostname));
      await Promise.all(open.map((socket) => new Promise((opened) => socket.once('connect', opened))));
      await expect(ask(url, '/healthz')).rejects.toThrow();
      for (const socket of open) socket.destroy();
      let status = 0;
      const deadlineMs = performance.now() + 10_000;
      while (status !== 200 && performance.now() < deadlineMs)
        ({ status } = await ask(url, '/healthz').catch(() => ({ status: 0 })));
      expect(status).toBe(200);
    });
  });
});
