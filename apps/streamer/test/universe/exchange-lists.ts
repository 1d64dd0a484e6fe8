import type { UniverseConfig } from '@org/config';
import type { ExchangeInfo, Ticker24hr } from '@org/binance-client';
import { leveledLog } from '../../src/logging/child-log.ts';
import { Universe } from '../../src/control/universe/universe.ts';

export interface Listed {
  readonly status?: string;
  readonly contractType?: string;
  readonly quoteAsset?: string;
}

export const EVERYTHING: UniverseConfig = {
  quotes: [],
  contracts: [],
  topByVolume: 0,
  include: [],
  exclude: [],
  refreshIntervalMs: 60_000,
};

/** What `exchangeInfo` says of these symbols; a perpetual in USDT that trades where nothing else is said. */
export function exchangeInfo(symbols: Readonly<Record<string, Listed>>): ExchangeInfo {
  return {
    serverTime: 1,
    rateLimits: [],
    symbols: Object.entries(symbols).map(([symbol, listed]) => ({
      symbol,
      status: 'TRADING',
      contractType: 'PERPETUAL',
      baseAsset: 'X',
      quoteAsset: 'USDT',
      filters: [],
      ...listed,
    })),
  };
}

/** Names of symbols, each as it is by default. */
export function listed(...symbols: string[]): Record<string, Listed> {
  return Object.fromEntries(symbols.map((symbol) => [symbol, {}]));
}

/** A universe whose exchange says what the test sets, and the time that it sees. */
export function universeOf(rules: Partial<UniverseConfig>, remembered: readonly string[] = []) {
  const lines: string[] = [];
  const exchange = {
    symbols: {} as Record<string, Listed>,
    volumes: {} as Record<string, number>,
    isDown: false,
    nowMs: 0,
    asked: 0,
    kept: [] as (readonly string[])[],
  };
  const refusal = () => Promise.reject(new Error('no answer'));
  const tickers = (): Ticker24hr[] =>
    Object.entries(exchange.volumes).map(([symbol, volume]) => ({
      symbol,
      volume: '1',
      quoteVolume: String(volume),
      count: 1,
    }));
  const universe = new Universe({
    rules: { ...EVERYTHING, ...rules },
    rest: {
      exchangeInfo: () => {
        exchange.asked++;
        return exchange.isDown ? refusal() : Promise.resolve(exchangeInfo(exchange.symbols));
      },
      tickers24hr: () => (exchange.isDown ? refusal() : Promise.resolve(tickers())),
    },
    memory: { recall: () => remembered, keep: (symbols) => exchange.kept.push(symbols) },
    clock: {
      nowMs: () => exchange.nowMs,
      setTimeout: (run, delayMs) => {
        exchange.nowMs += delayMs;
        queueMicrotask(run);
        return 0;
      },
    },
    signal: new AbortController().signal,
    log: leveledLog((level, event, fields) => lines.push(`${level} ${event} ${JSON.stringify(fields)}`)),
  });
  return { universe, exchange, lines };
}
