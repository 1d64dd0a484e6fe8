import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { WebSocket } from 'ws';
import { startExchange } from '@org/exchange-simulator';
import type { Exchange } from '@org/exchange-simulator';

let exchange: Exchange;

beforeAll(async () => {
  exchange = await startExchange({ symbols: ['BTCUSDT'], tempo: { levels: 100 }, tls: true });
});

afterAll(() => exchange.stop());

/** Status of a request over TLS to a host that names this machine. */
function status(host: string, ca: string | undefined): Promise<number | string> {
  return new Promise((resolve) => {
    request(
      { host, port: exchange.port, path: '/fapi/v1/ping', ...(ca === undefined ? {} : { ca }) },
      (answer) => resolve(answer.resume().statusCode!),
    )
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code!))
      .end();
  });
}

/** Connects, waits for the first bytes of the stream, and tells what the socket sees of the end after `action`. */
async function endAfter(action: () => void): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: exchange.port, ca: exchange.certificate! });
  const head = [
    'GET /public/stream?streams=btcusdt@depth@0ms HTTP/1.1',
    'Host: x',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  const ended = new Promise<string>((resolve) => {
    socket.once('end', () => resolve('end'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
  });
  action();
  const how = await ended;
  socket.destroy();
  return how;
}

describe('an exchange with TLS', () => {
  it('answers https and wss to whoever trusts its certificate, by address and by name', async () => {
    expect([exchange.restUrl, exchange.wsUrl].map((url) => new URL(url).protocol)).toEqual([
      'https:',
      'wss:',
    ]);
    expect(await status('127.0.0.1', exchange.certificate)).toBe(200);
    expect(await status('localhost', exchange.certificate)).toBe(200);
    const client = new WebSocket(`${exchange.wsUrl}/public/stream?streams=btcusdt@depth@0ms`, {
      ca: exchange.certificate!,
    });
    const [frame] = (await once(client, 'message')) as [Buffer];
    expect(frame.toString()).toContain('"stream":"btcusdt@depth@0ms"');
    client.close();
    await once(client, 'close');
  });

  it('is refused by whoever does not', async () => {
    expect(await status('127.0.0.1', undefined)).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/);
  });

  it('makes a key of its own, and a certificate for nothing but this machine', async () => {
    const other = await startExchange({ symbols: ['BTCUSDT'], tempo: { levels: 100 }, tls: true });
    await other.stop();
    const certificate = new X509Certificate(exchange.certificate!);
    expect(other.certificate).not.toBe(exchange.certificate);
    expect(await status('127.0.0.1', other.certificate)).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subjectAltName).toBe('IP Address:127.0.0.1, DNS:localhost');
  });

  it('can cut and reset its connections', async () => {
    expect(await endAfter(() => exchange.inject({ fault: 'cut' }))).toBe('end');
    expect(await endAfter(() => exchange.inject({ fault: 'reset' }))).toBe('ECONNRESET');
    expect(exchange.report().connections.map(({ end }) => end)).toEqual(['client', 'cut', 'reset']);
  });
});

describe('an exchange without TLS', () => {
  it('has no certificate', async () => {
    const plain = await startExchange({ symbols: ['BTCUSDT'], tempo: { levels: 100 } });
    await plain.stop();
    expect([plain.certificate, new URL(plain.wsUrl).protocol]).toEqual([undefined, 'ws:']);
  });
});
