import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byVolume, expectedRate, readActivities } from '../../src/control/universe/activity.ts';
import { SymbolDesk } from '../../src/control/universe/symbol-desk.ts';
import { SymbolMemory } from '../../src/control/universe/symbol-memory.ts';
import { leveledLog } from '../../src/logging/child-log.ts';
import { EVERYTHING, exchangeInfo, listed, universeOf } from './exchange-lists.ts';

describe('the universe', () => {
  it('tells what came and what went, each with its reason, and nothing when nothing did', async () => {
    const { universe, exchange } = universeOf({ quotes: ['USDT'] });
    exchange.symbols = { ...listed('A', 'B', 'C', 'D', 'E'), X: { quoteAsset: 'USDC' } };
    expect(await universe.choose([])).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(await universe.look()).toBeUndefined();
    exchange.symbols = {
      ...listed('A', 'C', 'N'),
      B: { status: 'SETTLING' },
      D: { quoteAsset: 'BTC' },
      E: {},
    };
    expect(await universe.look()).toEqual({
      symbols: ['A', 'C', 'N', 'E'],
      added: ['N'],
      removed: new Map([
        ['B', 'status SETTLING'],
        ['D', 'quote BTC'],
      ]),
      ended: new Set(['B']),
    });
    expect(await universe.look()).toBeUndefined();
    expect(exchange.kept.at(-1)).toEqual(['A', 'C', 'N', 'E']);
  });

  it('changes nothing for a listing that it does not believe, and goes on from the one before', async () => {
    const { universe, exchange, lines } = universeOf({});
    exchange.symbols = listed('A', 'B', 'C', 'D');
    await universe.choose([]);
    exchange.symbols = listed('A');
    expect(await universe.look()).toBeUndefined();
    exchange.symbols = {};
    expect(await universe.look()).toBeUndefined();
    exchange.isDown = true;
    expect(await universe.look()).toBeUndefined();
    expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'warn ListingDisbelieved',
      'warn ListingDisbelieved',
      'warn ListingUnknown',
    ]);
    exchange.isDown = false;
    exchange.symbols = listed('A', 'B', 'C');
    expect((await universe.look())?.removed).toEqual(new Map([['D', 'not listed']]));
  });

  it('records what was chosen last when the exchange does not answer at the start, and follows it later', async () => {
    const { universe, exchange, lines } = universeOf({}, ['A', 'B']);
    exchange.isDown = true;
    expect(await universe.choose([])).toEqual(['A', 'B']);
    expect(exchange.nowMs).toBeLessThanOrEqual(5000);
    expect(lines.at(-1)).toMatch(/ListingUnknown.*2 symbols/);
    exchange.isDown = false;
    exchange.symbols = listed('B', 'C');
    expect(await universe.look()).toMatchObject({ symbols: ['B', 'C'], added: ['C'], ended: new Set(['A']) });
  });

  it('asks for a minute when nothing is remembered, and then gives up', async () => {
    const { universe, exchange } = universeOf({});
    exchange.isDown = true;
    expect(await universe.choose([])).toEqual([]);
    expect({ isKnown: universe.isListingKnown, asked: exchange.asked }).toEqual({
      isKnown: false,
      asked: 30,
    });
    expect(exchange.nowMs).toBeLessThanOrEqual(60_000);
  });

  it('decides the largest once an hour, and in between only lets go of what ended', async () => {
    const { universe, exchange } = universeOf({ topByVolume: 2, include: ['Z'] });
    exchange.symbols = listed('A', 'B', 'C', 'D', 'E', 'Z');
    exchange.volumes = { A: 50, B: 40, C: 30, D: 20, E: 10, Z: 1 };
    expect(await universe.choose([])).toEqual(['A', 'B', 'Z']);
    exchange.volumes = { E: 90, D: 80, C: 70, B: 5, A: 4 };
    expect(await universe.look()).toBeUndefined();
    exchange.symbols = { ...exchange.symbols, B: { status: 'CLOSE' } };
    expect((await universe.look())?.symbols).toEqual(['A', 'Z']);
    exchange.nowMs += 3_600_000;
    expect(await universe.look()).toMatchObject({
      symbols: ['D', 'E', 'Z'],
      removed: new Map([['A', 'not among the largest 2']]),
      ended: new Set(),
    });
  });

  it('leaves the places with whom they are when nobody tells the figures', async () => {
    const { universe, exchange } = universeOf({ topByVolume: 2 }, ['B', 'C']);
    exchange.symbols = listed('A', 'B', 'C');
    exchange.volumes = {};
    const { universe: other, exchange: down } = universeOf({ topByVolume: 1 });
    down.symbols = listed('A', 'B');
    down.volumes = { B: 7 };
    expect(await other.choose([])).toEqual(['B']);
    expect(await universe.choose([])).toEqual(['B', 'C']);
  });

  it('warns once of what is included and does not trade, and of what cannot be a name', async () => {
    const { universe, exchange, lines } = universeOf({ include: ['GONE', 'OLD', 'A'] });
    exchange.symbols = { ...listed('A', '../x'), OLD: { status: 'SETTLING' } };
    await universe.choose([]);
    await universe.look();
    expect(lines.filter((line) => line.includes('SymbolNotTrading'))).toHaveLength(2);
    expect(lines.filter((line) => line.includes('SymbolRefused'))).toEqual([
      'warn SymbolRefused {"symbol":"../x","reaction":"not recorded"}',
    ]);
  });
});

describe('the desk of symbols', () => {
  const desk = (symbols: Record<string, object>, count = 1) => {
    let tickers = 0;
    const subject = new SymbolDesk({
      rest: {
        exchangeInfo: () => Promise.resolve(exchangeInfo(symbols)),
        tickers24hr: () => {
          tickers++;
          return Promise.resolve(Object.keys(symbols).map((symbol) => ({ symbol, volume: '1', count })));
        },
      },
      memory: { recall: () => [], keep: () => undefined },
      clock: { nowMs: () => 0, setTimeout: () => 0 },
      log: leveledLog(() => undefined),
      signal: new AbortController().signal,
    });
    return { subject, asked: () => tickers };
  };
  const config = { streams: ['aggTrade'], perWorker: 'auto' as const };

  it('refuses to record nothing, as a fault of the configuration', async () => {
    const universe = { ...EVERYTHING, quotes: ['USDC'] };
    await expect(
      desk(listed('A')).subject.choose({ ...config, pairs: [], universe }, []),
    ).rejects.toMatchObject({ exitCode: 78 });
  });

  it('asks for the figures of the day only when symbols are dealt by them', async () => {
    const few = desk(listed('A', 'B'));
    expect(
      (await few.subject.choose({ ...config, pairs: [], universe: EVERYTHING }, [])).weightOf,
    ).toBeUndefined();
    expect(few.asked()).toBe(0);
    const names = Array.from({ length: 9 }, (_, index) => `S${index}`);
    const many = desk(listed(...names), 864_000);
    const { weightOf } = await many.subject.choose({ ...config, pairs: names, universe: undefined }, []);
    expect(weightOf?.('S1')).toBeCloseTo(1 + 33 + 10);
    expect(weightOf?.('UNKNOWN')).toBe(1);
    expect(many.asked()).toBe(1);
  });
});

describe('the activity of a day', () => {
  it('ranks by quote volume, by contracts where there is none, and leaves the rest in order', () => {
    const activities = readActivities([
      { symbol: 'A', volume: '999', quoteVolume: '1', count: 1 },
      { symbol: 'B', volume: '5', count: 1 },
      { symbol: 'BAD', volume: 'x', count: 1 },
    ]);
    expect(byVolume(['Y', 'BAD', 'A', 'B', 'X'], activities)).toEqual(['B', 'A', 'Y', 'BAD', 'X']);
    expect(byVolume(['Y', 'X'], undefined)).toEqual(['Y', 'X']);
  });

  it('expects more events of more trades, and of depth never more than it can bring', () => {
    const rate = (trades: number) => expectedRate({ trades, volume: 0 });
    expect(expectedRate(undefined)).toBe(1);
    expect(rate(30_000)).toBeGreaterThan(2);
    expect(rate(3_460_000)).toBeCloseTo(1 + 33 + 3_460_000 / 86_400);
  });
});

describe('the memory of symbols', () => {
  it('gives back what was kept, and nothing for a file that is missing or is something else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'symbols-'));
    try {
      const memory = new SymbolMemory(folder);
      expect(memory.recall()).toEqual([]);
      memory.keep(['BTCUSDT', '币安人生USDT']);
      expect(new SymbolMemory(folder).recall()).toEqual(['BTCUSDT', '币安人生USDT']);
      for (const [text, recalled] of [
        ['{"a":1}', []],
        ['[1,"../x","A"]', ['A']],
        ['[', []],
      ] as const) {
        writeFileSync(join(folder, '.symbols'), text);
        expect(memory.recall()).toEqual(recalled);
      }
      new SymbolMemory(join(folder, 'missing')).keep(['A']);
      expect(existsSync(join(folder, 'missing'))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
