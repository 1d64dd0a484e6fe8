import fc from 'fast-check';
import type { UniverseConfig } from '@org/config';
import { keepLargest } from '../../src/control/universe/keep-largest.ts';
import { isTrading, readListing, whyDisbelieved } from '../../src/control/universe/listing.ts';
import { selectSymbols, whyLeftOut } from '../../src/control/universe/select-symbols.ts';
import { EVERYTHING, exchangeInfo, type Listed, listed } from './exchange-lists.ts';

const MARKET: Record<string, Listed> = {
  BTCUSDT: {},
  ETHUSDC: { quoteAsset: 'USDC' },
  TSLAUSDT: { contractType: 'TRADIFI_PERPETUAL' },
  OLDUSDT: { status: 'SETTLING' },
  币安人生USDT: {},
};

const select = (rules: Partial<UniverseConfig>, largest?: ReadonlySet<string>, symbols = MARKET) =>
  selectSymbols({ listing: readListing(exchangeInfo(symbols)), rules: { ...EVERYTHING, ...rules }, largest });

const why = (symbol: string, rules: Partial<UniverseConfig>, largest?: ReadonlySet<string>) =>
  whyLeftOut(symbol, {
    listing: readListing(exchangeInfo(MARKET)),
    rules: { ...EVERYTHING, ...rules },
    largest,
  });

describe('the choice of symbols', () => {
  it('takes all that trade when nothing is selected, of any script', () => {
    expect(select({})).toEqual(['BTCUSDT', 'ETHUSDC', 'TSLAUSDT', '币安人生USDT']);
  });

  it('takes what every selector takes', () => {
    expect(select({ quotes: ['USDT'], contracts: ['PERPETUAL'] })).toEqual(['BTCUSDT', '币安人生USDT']);
    expect(select({ quotes: ['USDC', 'BTC'] })).toEqual(['ETHUSDC']);
    expect(select({ exclude: ['BTCUSDT'] })).toEqual(['ETHUSDC', 'TSLAUSDT', '币安人生USDT']);
    expect(select({ topByVolume: 1 }, new Set(['TSLAUSDT']))).toEqual(['TSLAUSDT']);
  });

  it('takes what is included whatever the selectors say, but only while it trades', () => {
    expect(select({ quotes: ['USDC'], include: ['TSLAUSDT', 'OLDUSDT', 'NOUSDT'] })).toEqual([
      'ETHUSDC',
      'TSLAUSDT',
    ]);
  });

  it('says of each symbol why it is left out', () => {
    expect(why('NOUSDT', {})).toBe('not listed');
    expect(why('OLDUSDT', { include: ['OLDUSDT'] })).toBe('status SETTLING');
    expect(why('BTCUSDT', { exclude: ['BTCUSDT'] })).toBe('excluded');
    expect(why('ETHUSDC', { quotes: ['USDT'] })).toBe('quote USDC');
    expect(why('TSLAUSDT', { contracts: ['PERPETUAL'] })).toBe('contract TRADIFI_PERPETUAL');
    expect(why('BTCUSDT', { topByVolume: 3 }, new Set())).toBe('not among the largest 3');
    expect(why('BTCUSDT', {})).toBeUndefined();
  });

  it('reads a listing of COIN-M and of spot, and names what cannot be recorded', () => {
    const listing = readListing({
      symbols: [
        {
          symbol: 'BTCUSD_PERP',
          contractStatus: 'PENDING_TRADING',
          baseAsset: 'BTC',
          quoteAsset: 'usd',
          filters: [],
        },
        { symbol: 'BTCEUR', baseAsset: 'BTC', quoteAsset: 'EUR', filters: [] },
        { symbol: '../ETC', status: 'TRADING', baseAsset: 'X', quoteAsset: 'Y', filters: [] },
        { symbol: 'lower', status: 'TRADING', baseAsset: 'X', quoteAsset: 'Y', filters: [] },
      ],
    });
    expect(listing.refused).toEqual(['../ETC', 'lower']);
    expect([...listing.symbols].map(([symbol, one]) => [symbol, one.quote, isTrading(one)])).toEqual([
      ['BTCUSD_PERP', 'USD', false],
      ['BTCEUR', 'EUR', true],
    ]);
  });
});

describe('the largest by volume', () => {
  const symbolsArb = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 2 }), { maxLength: 40 });

  it('are never more than wanted, and as many as there are otherwise', () => {
    fc.assert(
      fc.property(symbolsArb, fc.integer({ min: 1, max: 30 }), symbolsArb, (ranked, count, before) => {
        const kept = keepLargest(ranked, count, new Set(before));
        expect(kept.size).toBe(Math.min(count, ranked.length));
        for (const symbol of kept) expect(ranked).toContain(symbol);
      }),
    );
  });

  it('stay as they are when they are ranked anew by the same figures', () => {
    fc.assert(
      fc.property(symbolsArb, fc.integer({ min: 1, max: 30 }), symbolsArb, (ranked, count, before) => {
        const kept = keepLargest(ranked, count, new Set(before));
        expect(new Set(keepLargest(ranked, count, kept))).toEqual(new Set(kept));
      }),
    );
  });

  it('stay as they are when ranks tremble within a fifth beyond the edge', () => {
    const ranked = Array.from({ length: 30 }, (_, rank) => `S${rank}`);
    const kept = keepLargest(ranked, 10, new Set());
    // The last of the ten falls by two places, the next two rise.
    const trembled = [...ranked.slice(0, 9), 'S10', 'S11', 'S9', ...ranked.slice(12)];
    expect(keepLargest(trembled, 10, kept)).toEqual(kept);
    // One place further, and it has lost it.
    const fallen = [...ranked.slice(0, 9), 'S10', 'S11', 'S12', 'S9', ...ranked.slice(13)];
    expect([...keepLargest(fallen, 10, kept)].sort()).toEqual([...ranked.slice(0, 9), 'S10'].sort());
  });
});

describe('a listing', () => {
  const listing = (symbols: Record<string, Listed>) => readListing(exchangeInfo(symbols));

  it('is not believed when it names nothing', () => {
    expect(whyDisbelieved(undefined, listing({}))).toBe('it names no symbol');
  });

  it('is believed up to the loss of half of what traded, and not beyond', () => {
    const before = listing(listed('A', 'B', 'C', 'D'));
    expect(whyDisbelieved(before, listing(listed('A', 'B')))).toBeUndefined();
    expect(whyDisbelieved(before, listing({ ...listed('A', 'X', 'Y', 'Z'), B: { status: 'CLOSE' } }))).toBe(
      '3 of 4 trading symbols are gone at once',
    );
    expect(whyDisbelieved(undefined, listing(listed('A')))).toBeUndefined();
  });

  it('loses nothing that was not trading before', () => {
    const before = listing({ A: {}, B: { status: 'SETTLING' }, C: { status: 'SETTLING' } });
    expect(whyDisbelieved(before, listing(listed('A')))).toBeUndefined();
  });
});
