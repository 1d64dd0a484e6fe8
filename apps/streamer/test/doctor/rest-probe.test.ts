import { BinanceClientError, createRequestBudget } from '@org/binance-client';
import { type AskedRest, probeClock, probeListing } from '../../src/doctor/probes/rest-probe.ts';
import { TurnedClock } from '../logging/turned-clock.ts';

const signal = new AbortController().signal;

/** An exchange whose clock is 700 ms behind; the connection takes 80 ms to open, an answer 20 ms. */
function restOf(clock: TurnedClock, overrides: Partial<AskedRest> = {}): AskedRest & { asked: number } {
  const rest = {
    asked: 0,
    budget: createRequestBudget({ limitPerMinute: 2400 }),
    time: () => {
      clock.advance(rest.asked === 0 ? 90 : 10);
      const serverTime = clock.wallUs() / 1000 - 700;
      clock.advance(10);
      rest.asked++;
      return Promise.resolve({ serverTime });
    },
    exchangeInfo: () => {
      clock.advance(30);
      return Promise.resolve({ serverTime: 0, rateLimits: [], symbols: [] });
    },
    ...overrides,
  };
  return rest;
}

const failing = (code: 'REQUEST_ABORTED' | 'BANNED') => () =>
  Promise.reject(new BinanceClientError(code, `failed with ${code}`));

describe('the question for the time', () => {
  it('leaves out the answer that had to wait for the connection', async () => {
    const clock = new TurnedClock();
    const answer = await probeClock(restOf(clock), clock, signal);
    expect(answer).toEqual({ found: expect.any(Array) });
    const { found } = answer as { found: { sentAtMs: number; serverMs: number; receivedAtMs: number }[] };
    expect(found.map(({ sentAtMs, receivedAtMs }) => receivedAtMs - sentAtMs)).toEqual([20, 20, 20, 20, 20]);
    expect(found.map(({ sentAtMs, serverMs }) => sentAtMs + 10 - serverMs)).toEqual([
      700, 700, 700, 700, 700,
    ]);
  });

  it('takes what it got before the time was up, be it one answer', async () => {
    const clock = new TurnedClock();
    const rest = restOf(clock);
    const { time } = rest;
    const twice = { ...rest, time: () => (rest.asked < 1 ? time() : failing('REQUEST_ABORTED')()) };
    expect(await probeClock(twice, clock, signal)).toMatchObject({ found: [{}] });
    const never = restOf(clock, { time: failing('REQUEST_ABORTED') });
    expect(await probeClock(never, clock, signal)).toMatchObject({ problem: 'no answer in time' });
  });
});

describe('the question for the listing', () => {
  it('tells how long the answer took, or which error came', async () => {
    const clock = new TurnedClock();
    expect(await probeListing(restOf(clock), clock, signal)).toMatchObject({ tookMs: 30 });
    const banned = restOf(clock, { exchangeInfo: failing('BANNED') });
    expect(await probeListing(banned, clock, signal)).toEqual({
      problem: 'failed with BANNED',
      code: 'BANNED',
    });
  });

  it('is not asked while the exchange has forbidden it', async () => {
    const clock = new TurnedClock();
    const rest = restOf(clock);
    const permit = await rest.budget.acquire({ weight: 1, priority: 0 });
    permit.settle({ ok: false, hold: { reason: 'banned', forMs: 60_000 } });
    expect(await probeListing(rest, clock, signal)).toMatchObject({ code: 'BANNED' });
    expect(await probeClock(rest, clock, signal)).toMatchObject({ code: 'BANNED' });
    expect(rest.asked).toBe(0);
  });
});
