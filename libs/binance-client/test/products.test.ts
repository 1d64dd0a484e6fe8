import fc from 'fast-check';
import {
  planConnections,
  PRODUCTS,
  scanFrame,
  streamAddress,
  streamRoute,
  systemClock,
  weightOf,
} from '@org/binance-client';
import type { StreamRoute } from '@org/binance-client';
import { STREAM_NAMES } from '@org/market-data';

describe('the route of a stream', () => {
  it('is public for depth, book ticker and trade on USD-M, and market for the rest', () => {
    const onPublic = STREAM_NAMES.filter((name) => streamRoute('usdm', name) === 'public');
    expect(onPublic).toEqual(STREAM_NAMES.filter((name) => /^(depth|bookTicker$|trade$)/.test(name)));
    expect(streamRoute('usdm', 'rpiDepth@500ms')).toBe('public');
    expect(streamRoute('usdm', 'tradingSession')).toBe('market');
  });

  it('is none on COIN-M and spot', () => {
    for (const name of STREAM_NAMES)
      expect([streamRoute('coinm', name), streamRoute('spot', name)]).toEqual([undefined, undefined]);
  });

  it('is part of an address that is always for combined streams', () => {
    expect(streamAddress(PRODUCTS.usdm.wsUrl, 'public')).toBe('wss://fstream.binance.com/public/stream');
    expect(streamAddress(PRODUCTS.spot.wsUrl, undefined)).toBe('wss://stream.binance.com:9443/stream');
  });
});

describe('the weight of a request', () => {
  it.each([[1, 2], [50, 2], [51, 5], [100, 5], [500, 10], [1000, 20], [1001, undefined], [0, undefined], [1.5, undefined]])(
    'for %d levels of USD-M depth is %p',
    (limit, weight) => expect(weightOf(PRODUCTS.usdm.depthWeights, limit)).toBe(weight),
  ); // prettier-ignore

  it.each([[99, 1], [100, 2], [499, 2], [500, 5], [1000, 5], [1001, 10], [1500, 10]])('for %d bars of USD-M is %d', (limit, weight) =>
    expect(weightOf(PRODUCTS.usdm.klineWeights, limit)).toBe(weight),
  ); // prettier-ignore
});

describe('a plan of connections', () => {
  it('fills what there is, opens no more than needed, and never mixes routes', () => {
    const routes = fc.array(fc.constantFrom<StreamRoute>('public', 'market', undefined), { maxLength: 60 });
    const loads = fc.array(
      fc.record({ route: fc.constantFrom<StreamRoute>('public', 'market'), streams: fc.nat(6) }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(loads, routes, fc.integer({ min: 1, max: 7 }), (existing, wanted, max) => {
        const plan = planConnections(existing, wanted, max);
        expect(plan).toHaveLength(wanted.length);
        const routeOf = new Map<number, StreamRoute>(existing.map(({ route }, index) => [index, route]));
        const sizeOf = new Map<number, number>(existing.map(({ streams }, index) => [index, streams]));
        plan.forEach((index, at) => {
          if (!routeOf.has(index)) routeOf.set(index, wanted[at]);
          expect(routeOf.get(index)).toBe(wanted[at]);
          sizeOf.set(index, (sizeOf.get(index) ?? 0) + 1);
          expect(sizeOf.get(index)).toBeLessThanOrEqual(max);
        });
        for (const route of ['public', 'market', undefined] as const) {
          const isOf = ([index]: [number, number]) => routeOf.get(index) === route;
          const withRoom = [...sizeOf].filter(
            (entry) => isOf(entry) && entry[0] >= existing.length && entry[1] < max,
          );
          expect(withRoom.length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('the system clock', () => {
  it('agrees with the machine to 3 ms and is finer than a millisecond', () => {
    const micros = Array.from({ length: 200 }, () => systemClock.wallUs());
    expect(Math.abs(micros.at(-1)! / 1000 - Date.now())).toBeLessThan(3);
    expect(micros.every((us) => Number.isSafeInteger(us))).toBe(true);
    expect(micros.some((us) => us % 1000 !== 0)).toBe(true);
  });

  it('follows when the machine is set anew, back and forth', () => {
    const real = Date.now;
    try {
      for (const stepMs of [3_600_000, -3_600_000, 0]) {
        Date.now = () => real() + stepMs;
        expect(Math.abs(systemClock.wallUs() / 1000 - Date.now())).toBeLessThan(3);
      }
    } finally {
      Date.now = real;
    }
  });
});

describe('the entry of the library', () => {
  it('hands on the wire scanner', () => expect(typeof scanFrame).toBe('function'));
});
