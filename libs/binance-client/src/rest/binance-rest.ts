import { setMaxListeners } from 'node:events';
import type { Buffer } from 'node:buffer';
import { FrameError, FrameFields, scanDepthSnapshot, SLOT } from '@org/binance-wire';
import type { Market } from '@org/market-data';
import { z } from 'zod';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { checkedEndpoint } from '../endpoint.ts';
import { knownMarket, numericOptions } from '../numeric-options.ts';
import { BinanceClientError, isBinanceClientError, reactionTo } from '../errors.ts';
import { PRODUCTS, weightOf } from '../products.ts';
import type { Product, WeightTable } from '../products.ts';
import { backoffDelayMs } from '../stream/backoff.ts';
import type { BackoffPolicy } from '../stream/backoff.ts';
import { delay } from './delay.ts';
import { HttpTransport } from './http-transport.ts';
import { judgeAnswer, malformed } from './judge-answer.ts';
import type { HttpAnswer } from './judge-answer.ts';
import { linkSignals } from './link-signals.ts';
import { createRequestBudget } from './request-budget.ts';
import type { RequestBudget, RequestOutcome } from './request-budget.ts';
import {
  aggTradesSchema,
  exchangeInfoSchema,
  klinesSchema,
  serverTimeSchema,
  statedWeightLimit,
  tickers24hrSchema,
} from './rest-schemas.ts';
import type { AggTradeRow, ExchangeInfo, KlineRow, ServerTime, Ticker24hr } from './rest-schemas.ts';

/** How often, and how, a request is repeated whose {@link reactionTo} is `retry` or `hold`. */
export interface RetryPolicy extends BackoffPolicy {
  /** Requests in all, the first included. */
  readonly attempts: number;
}

export interface BinanceRestOptions {
  readonly market: Market;
  /** Base address; default that of the market. `http:` is for loopback only. */
  readonly restUrl?: string;
  /** Shared by all who ask from this address; by default one of its own, with the market's limit. */
  readonly budget?: RequestBudget;
  /** Until the whole answer is there; default 10 s. Waiting for weight does not count. */
  readonly timeoutMs?: number;
  /** Default 3 attempts, 500 ms, 10 s. */
  readonly retry?: Partial<RetryPolicy>;
  readonly clock?: Clock;
  /** In [0, 1); default `Math.random`. */
  readonly random?: () => number;
}

export interface RequestOptions {
  /** Smaller goes first; default 0. */
  readonly priority?: number;
  readonly signal?: AbortSignal;
}

export interface DepthOptions extends RequestOptions {
  /** Levels a side; default 1000. USD-M and COIN-M take 5, 10, 20, 50, 100, 500, 1000. */
  readonly limit?: number;
}

export interface DepthAnswer {
  /** As received, to be stored. */
  readonly body: Buffer;
  /** -1 where a new listing has no book yet. */
  readonly lastUpdateId: number;
}

export interface AggTradesQuery extends RequestOptions {
  readonly symbol: string;
  /** Not together with times. */
  readonly fromId?: number;
  /** Both inclusive, less than an hour apart. The exchange keeps 48 h. */
  readonly startTimeMs?: number;
  readonly endTimeMs?: number;
  /** Default 1000, the largest. */
  readonly limit?: number;
}

export interface KlinesQuery extends RequestOptions {
  readonly symbol: string;
  readonly interval: string;
  readonly startTimeMs?: number;
  readonly endTimeMs?: number;
  /** Default 500. */
  readonly limit?: number;
}

export interface RowsAnswer<Row> {
  /** A JSON array as received, to be stored. */
  readonly body: Buffer;
  readonly rows: readonly Row[];
}

interface Call<T> {
  readonly path: string;
  readonly query: Readonly<Record<string, string | number | undefined>>;
  readonly weight: number;
  readonly options: RequestOptions;
  /** Reads the body; throws when it is not what was asked for. */
  read(body: Buffer): T;
}

const TIMEOUT_MS = 10_000;
const RETRY: RetryPolicy = { attempts: 3, initialDelayMs: 500, maxDelayMs: 10_000 };
const DEPTH_LIMIT = 1000;
const AGG_TRADES_LIMIT = 1000;
const KLINES_LIMIT = 500;
const USED_WEIGHT_HEADER = 'x-mbx-used-weight-1m';

/**
 * Market data over REST, within one budget of request weight. Every method rejects with {@link BinanceClientError};
 * what follows from its code is {@link reactionTo}.
 */
export class BinanceRest {
  readonly budget: RequestBudget;
  readonly #product: Product;
  readonly #baseUrl: string;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #timeoutMs: number;
  readonly #retry: RetryPolicy;
  readonly #transport: HttpTransport;
  readonly #closing = new AbortController();
  readonly #fields = new FrameFields();

  constructor(options: BinanceRestOptions) {
    this.#product = knownMarket(PRODUCTS, options.market);
    this.#baseUrl =
      checkedEndpoint(options.restUrl ?? this.#product.restUrl, 'http') + this.#product.restPath;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    const { timeoutMs } = numericOptions({ timeoutMs: TIMEOUT_MS }, options, { timeoutMs: 1 });
    this.#timeoutMs = timeoutMs;
    this.#retry = numericOptions(RETRY, options.retry, { attempts: 1, initialDelayMs: 0, maxDelayMs: 0 });
    this.#transport = new HttpTransport(this.#clock);
    // Every request that waits listens to it: hundreds of snapshots at the start are no leak.
    setMaxListeners(0, this.#closing.signal);
    const limitPerMinute = this.#product.weightLimitPerMinute;
    this.budget = options.budget ?? createRequestBudget({ limitPerMinute, clock: this.#clock });
  }

  /** The book of a symbol, down to `limit` levels a side. */
  depth(symbol: string, options: DepthOptions = {}): Promise<DepthAnswer> {
    const { limit = DEPTH_LIMIT } = options;
    return this.#limited(this.#product.depthWeights, limit, (weight) => ({
      path: '/depth',
      query: { symbol, limit },
      weight,
      options,
      read: (body) => ({ body, lastUpdateId: this.#lastUpdateId(body) }),
    }));
  }

  /** Symbols and limits. The weight limit that it states is set in the budget. */
  async exchangeInfo(options: RequestOptions = {}): Promise<ExchangeInfo> {
    const weight = this.#product.exchangeInfoWeight;
    const read = (body: Buffer) => exchangeInfoSchema.parse(parseJson(body));
    const info = await this.#call({ path: '/exchangeInfo', query: {}, weight, options, read });
    const limit = statedWeightLimit(info);
    if (limit !== undefined && limit > 0) this.budget.setLimit(limit);
    return info;
  }

  /** Figures of the last 24 h of every symbol. */
  tickers24hr(options: RequestOptions = {}): Promise<readonly Ticker24hr[]> {
    const weight = this.#product.tickersWeight;
    const read = (body: Buffer) => tickers24hrSchema.parse(parseJson(body));
    return this.#call({ path: '/ticker/24hr', query: {}, weight, options, read });
  }

  time(options: RequestOptions = {}): Promise<ServerTime> {
    const read = (body: Buffer) => serverTimeSchema.parse(parseJson(body));
    return this.#call({ path: '/time', query: {}, weight: 1, options, read });
  }

  /** Aggregate trades in the order of their ids, from an id or within a span of time. */
  aggTrades(query: AggTradesQuery): Promise<RowsAnswer<AggTradeRow>> {
    const { symbol, fromId, startTimeMs: startTime, endTimeMs: endTime, limit = AGG_TRADES_LIMIT } = query;
    return this.#limited([[AGG_TRADES_LIMIT, this.#product.aggTradesWeight]], limit, (weight) => ({
      path: '/aggTrades',
      query: { symbol, fromId, startTime, endTime, limit },
      weight,
      options: query,
      read: (body) => ({ body, rows: aggTradesSchema.parse(parseJson(body)) }),
    }));
  }

  klines(query: KlinesQuery): Promise<RowsAnswer<KlineRow>> {
    const { symbol, interval, startTimeMs: startTime, endTimeMs: endTime, limit = KLINES_LIMIT } = query;
    return this.#limited(this.#product.klineWeights, limit, (weight) => ({
      path: '/klines',
      query: { symbol, interval, startTime, endTime, limit },
      weight,
      options: query,
      read: (body) => ({ body, rows: klinesSchema.parse(parseJson(body)) }),
    }));
  }

  /** Ends every request with `REQUEST_ABORTED` and closes the connections. */
  close(): void {
    this.#closing.abort();
    this.#transport.close();
  }

  #limited<T>(table: WeightTable, limit: number, call: (weight: number) => Call<T>): Promise<T> {
    const weight = weightOf(table, limit);
    if (weight !== undefined) return this.#call(call(weight));
    const message = `limit: expected an integer from 1 to ${table.at(-1)?.[0]}, was ${limit}`;
    return Promise.reject(new BinanceClientError('REQUEST_INVALID', message));
  }

  async #call<T>(call: Call<T>): Promise<T> {
    const link = linkSignals([call.options.signal, this.#closing.signal]);
    try {
      return await this.#repeat(call, link.signal);
    } finally {
      link.unlink();
    }
  }

  /** Asks until there is an answer, an error that will not pass, or no attempt left. */
  async #repeat<T>(call: Call<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(call, signal);
      } catch (error) {
        if (!isBinanceClientError(error) || attempt >= this.#retry.attempts) throw error;
        const reaction = reactionTo(error);
        if (reaction !== 'retry' && reaction !== 'hold') throw error;
        // A hold needs no wait here: the budget does not grant the next attempt before it ends.
        if (reaction === 'retry') await delay(this.#clock, this.#retryWaitMs(error, attempt), signal);
      }
    }
  }

  #retryWaitMs(error: BinanceClientError, attempt: number): number {
    return Math.max(backoffDelayMs(this.#retry, attempt, this.#random()), error.retryAfterMs ?? 0);
  }

  async #attempt<T>(call: Call<T>, signal: AbortSignal): Promise<T> {
    const permit = await this.budget.acquire({
      weight: call.weight,
      priority: call.options.priority ?? 0,
      signal,
    });
    let outcome: RequestOutcome = { ok: false };
    try {
      const url = this.#baseUrl + call.path;
      const answer = await this.#transport.get({
        url,
        query: queryText(call.query),
        timeoutMs: this.#timeoutMs,
        signal,
      });
      const error = judgeAnswer(answer, this.#clock.wallUs() / 1000);
      outcome = outcomeOf(answer, error);
      if (error !== undefined) throw error;
      return readBody(answer, call);
    } finally {
      permit.settle(outcome);
    }
  }

  #lastUpdateId(body: Buffer): number {
    scanDepthSnapshot(body, this.#fields);
    return this.#fields.integer(SLOT.lastUpdateId);
  }
}

/** Symbols may hold letters of any script: the query is percent-encoded UTF-8. */
function queryText(query: Call<unknown>['query']): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  return params.toString();
}

function parseJson(body: Buffer): unknown {
  return JSON.parse(body.toString('utf8'));
}

function readBody<T>(answer: HttpAnswer, call: Call<T>): T {
  try {
    return call.read(answer.body);
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed(answer, 'JSON', error);
    if (error instanceof FrameError) throw malformed(answer, `a depth snapshot (${error.message})`, error);
    if (error instanceof z.ZodError)
      throw malformed(answer, z.prettifyError(error).replaceAll(/\s+/g, ' '), error);
    throw error;
  }
}

function outcomeOf({ headers }: HttpAnswer, error: BinanceClientError | undefined): RequestOutcome {
  const used = Number(headers[USED_WEIGHT_HEADER]);
  const usedWeight = Number.isFinite(used) ? used : undefined;
  if (error?.code !== 'RATE_LIMITED' && error?.code !== 'BANNED')
    return { ok: error === undefined, usedWeight };
  const reason = error.code === 'BANNED' ? 'banned' : 'rate-limited';
  return { ok: false, usedWeight, hold: { reason, forMs: error.retryAfterMs } };
}
