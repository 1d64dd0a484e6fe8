import { startExchange } from '@org/exchange-simulator';
import type { Clock, Exchange, ExchangeOptions } from '@org/exchange-simulator';
import { get } from './stream-client.ts';

const START_MS = Date.UTC(2026, 10, 22, 12);
const DEPTH_20 = '/fapi/v1/depth?symbol=BTCUSDT&limit=1000';

let exchange: Exchange;
let nowMs = START_MS;

/** A clock that a test turns; nothing of the market moves. */
const clock: Clock = { nowMs: () => nowMs, after: () => () => undefined };

async function start(options: Partial<ExchangeOptions> = {}): Promise<void> {
  nowMs = START_MS;
  exchange = await startExchange({ symbols: ['BTCUSDT'], tempo: { levels: 100 }, clock, ...options });
}

async function askAt(secondsAfterStart: number, path = DEPTH_20): Promise<number> {
  nowMs = START_MS + secondsAfterStart * 1000;
  return (await get(exchange, path)).status;
}

afterEach(() => exchange.stop());

describe('the use of REST', () => {
  it('is highest in the 60 s, and in the minute of the clock, that had most weight', async () => {
    await start();
    for (const at of [1, 50, 59.999, 60, 100]) await askAt(at);
    // 20 at 1 s, four between 50 s and 100 s: 80 in one window, 60 in the first minute, 40 in the second.
    expect(exchange.report().restUsage.limits).toEqual([
      { name: 'REQUEST_WEIGHT', intervalMs: 60_000, limit: 2400, highestRolling: 80, highestFixed: 60 },
    ]);
    await askAt(119.998);
    expect(exchange.report().restUsage.limits[0]!.highestRolling).toBe(80);
    await askAt(119.998);
    expect(exchange.report().restUsage.limits[0]).toMatchObject({ highestRolling: 100, highestFixed: 80 });
  });

  it('agrees with a plain sum over many random requests', async () => {
    await start({ requestWeight: false });
    const asked: number[] = [];
    for (let at = 0, seed = 1; at < 900; seed = (seed * 48271) % 2147483647) {
      at += seed % 1000 < 20 ? 70 : (seed % 4000) / 1000;
      asked.push(at);
      await askAt(at, '/fapi/v1/ping');
    }
    const most = Math.max(
      ...asked.map(
        (end) =>
          asked.filter((at) => floored(at) <= floored(end) && floored(at) > floored(end) - 60_000).length,
      ),
    );
    const { limits } = exchange.report().restUsage;
    expect(limits[0]).toMatchObject({ limit: undefined, highestRolling: most });
  });

  it('lists the newest requests with time, weight and status', async () => {
    await start({ faults: [{ fault: 'rest5xx', path: 'klines' }] });
    await askAt(1, '/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=1500');
    await askAt(2, '/elsewhere');
    await askAt(3, '/fapi/v1/depth?symbol=NOPE');
    expect(exchange.report().restUsage.requests).toEqual([
      { atMs: START_MS + 1000, path: '/fapi/v1/klines', weight: 10, status: 503 },
      { atMs: START_MS + 2000, path: '/elsewhere', weight: 0, status: 404 },
      { atMs: START_MS + 3000, path: '/fapi/v1/depth', weight: 1, status: 400 },
    ]);
  });
});

describe('a ban', () => {
  it('by a fault refuses every path until it is over, whatever other faults are at work', async () => {
    await start({
      faults: [
        { fault: 'rest5xx', duration: '1h' },
        { fault: 'rest418', banMs: 10_000 },
      ],
    });
    const paths = [DEPTH_20, '/fapi/v1/ping', '/fapi/v1/nothing', '/api/v3/time', '/'];
    for (const path of paths) expect(await askAt(9.999, path)).toBe(418);
    expect(await askAt(10)).toBe(503);
    expect(exchange.report().restUsage.bans).toEqual([
      { cause: 'fault', beganAtMs: START_MS, untilMs: START_MS + 10_000, requests: 5 },
    ]);
  });

  it('for weight is told with its time and the requests during it, each ban for itself', async () => {
    await start({ requestWeight: { limit: 40, refusalsBeforeBan: 1, banMs: 5000 } });
    const statuses: number[] = [];
    for (const at of [1, 2, 3, 4, 5, 8.999, 9]) statuses.push(await askAt(at));
    expect(statuses).toEqual([200, 200, 429, 418, 418, 418, 418]);
    expect(await askAt(60)).toBe(200);
    const ban = { cause: 'weight', untilMs: START_MS + 9000, beganAtMs: START_MS + 4000, requests: 2 };
    const next = { ...ban, beganAtMs: START_MS + 9000, untilMs: START_MS + 14_000, requests: 0 };
    expect(exchange.report().restUsage.bans).toEqual([ban, next]);
  });

  it('takes no scope', async () => {
    await start();
    const narrow = { fault: 'rest418', path: 'depth' } as unknown as { fault: 'rest418' };
    expect(() => exchange.inject(narrow)).toThrow(/path/);
  });
});

/** Requests are told apart to the millisecond. */
function floored(seconds: number): number {
  return Math.floor(START_MS + seconds * 1000);
}
