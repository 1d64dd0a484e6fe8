import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Clock } from '../clock.ts';
import type { FaultDesk } from '../faults/fault-desk.ts';
import type { Listings } from '../listing/listings.ts';
import type { MarketSource } from '../market-source.ts';
import type { Product } from '../product.ts';
import { isRequestLineTooLong } from '../socket/stream-address.ts';
import type { BanList } from './ban-list.ts';
import type { ControlPort } from './control-port.ts';
import { addControlPort } from './control-port.ts';
import { exchangeInfo } from './exchange-info.ts';
import type { RequestWeight } from './request-weight.ts';
import type { RefusedCall, RestCall, StatusOf } from './rest-call.ts';
import { parseRestCall } from './rest-call.ts';
import type { RestError } from './rest-error.ts';
import { banned, REST_ERRORS, tooManyRequests } from './rest-error.ts';
import { faultAnswer } from './rest-fault-answer.ts';
import type { RestLedger } from './rest-ledger.ts';
import { ticker24h } from './ticker.ts';

export interface RestParts {
  readonly product: Product;
  readonly source: MarketSource;
  readonly listings: Listings;
  readonly faults: FaultDesk;
  readonly weight: RequestWeight;
  readonly bans: BanList;
  readonly weightLimit: number;
  readonly ledger: RestLedger;
  readonly clock: Clock;
  /** Undefined: the exchange takes no commands. */
  readonly control: ControlPort | undefined;
}

const USED_WEIGHT_HEADER = 'x-mbx-used-weight-1m';

/** The REST half of the exchange. A ban comes before everything else, a fault before the answer. */
export function restApp(parts: RestParts): Hono {
  const { clock, bans, weight } = parts;
  const app = new Hono();
  const callOf = (context: Context): RestCall | RefusedCall | undefined =>
    readCall(parts.product, context, (symbol) => parts.listings.find(symbol)?.status);
  if (parts.control !== undefined) addControlPort(app, parts.control);
  app.use(async (context, next) => {
    const answered = parts.ledger.arrived(context.req.path, callOf(context)?.weight ?? 0, clock.nowMs());
    await next();
    answered(context.res.status);
  });
  app.use((context, next) => {
    const untilMs = bans.meet(clock.nowMs());
    if (untilMs === undefined) return next();
    context.header(USED_WEIGHT_HEADER, String(weight.used(clock.nowMs())));
    return Promise.resolve(refuse(context, banned(untilMs)));
  });
  app.use(async (context, next) => {
    const { pathname, search } = new URL(context.req.url);
    if (isRequestLineTooLong(context.req.method, pathname + search)) return context.body(null, 414);
    return next();
  });
  app.use(async (context, next) => (await faulty(parts, context)) ?? next());
  app.get(`${parts.product.restPrefix}/:name{.+}`, (context) => {
    const call = callOf(context);
    if (call === undefined) return refuse(context, REST_ERRORS.unknownPath);
    const verdict = weight.charge(call.weight, clock.nowMs());
    context.header(USED_WEIGHT_HEADER, String(weight.used(clock.nowMs())));
    if (verdict.status === 429) return refuse(context, tooManyRequests(parts.weightLimit));
    if (verdict.status === 418) return refuse(context, banned(verdict.bannedUntilMs));
    return 'refusal' in call ? refuse(context, call.refusal) : answer(parts, context, call);
  });
  app.notFound((context) => refuse(context, REST_ERRORS.unknownPath));
  return app;
}

/** What is asked for; undefined for a path of another product or of none. */
function readCall(
  product: Product,
  context: Context,
  statusOf: StatusOf,
): RestCall | RefusedCall | undefined {
  const { path } = context.req;
  if (!path.startsWith(`${product.restPrefix}/`)) return undefined;
  const name = path.slice(product.restPrefix.length + 1);
  return parseRestCall(product, name, (parameter) => context.req.query(parameter), statusOf);
}

function respond(context: Context, status: number, body: string | Buffer, contentType: string): Response {
  context.header('content-type', contentType);
  return context.body(typeof body === 'string' ? body : new Uint8Array(body), status as 200);
}

function refuse(context: Context, refusal: RestError): Response {
  return respond(context, refusal.status, JSON.stringify(refusal.body), 'application/json');
}

async function faulty(parts: RestParts, context: Context): Promise<Response | undefined> {
  const met = parts.faults.rest(context.req.path, context.req.query('symbol'));
  if (met === undefined) return undefined;
  if (met.fault === 'restSlow') {
    await parts.faults.delay(met.delay);
    return undefined;
  }
  const answer = faultAnswer(met, parts.weightLimit);
  if (answer === undefined) return undefined;
  for (const [name, value] of Object.entries(answer.headers ?? {})) context.header(name, value);
  context.header(USED_WEIGHT_HEADER, String(parts.weight.used(parts.clock.nowMs())));
  return respond(context, answer.status, answer.body, answer.contentType);
}

async function answer(parts: RestParts, context: Context, call: RestCall): Promise<Response> {
  const serverTime = Math.floor(parts.clock.nowMs());
  switch (call.name) {
    case 'ping':
      return respond(context, 200, '{}', 'application/json');
    case 'time':
      return respond(context, 200, JSON.stringify({ serverTime }), 'application/json');
    case 'exchangeInfo': {
      const info = exchangeInfo(parts.product, parts.listings.all(), {
        weightLimit: parts.weightLimit,
        serverTime,
      });
      return respond(context, 200, JSON.stringify(info), 'application/json');
    }
    case 'ticker/24hr':
      return respond(context, 200, JSON.stringify(tickers(parts, call.symbol)), 'application/json');
    case 'depth': {
      const body = await parts.source.depth(call.symbol, call.limit);
      return body === undefined
        ? refuse(context, REST_ERRORS.unavailable)
        : respond(context, 200, body, 'application/json');
    }
    case 'aggTrades':
      return respond(
        context,
        200,
        JSON.stringify(parts.source.history.aggTrades(call.symbol, call)),
        'application/json',
      );
    case 'klines': {
      const rows = parts.source.history.klines(call.symbol, call.interval, call);
      return respond(context, 200, JSON.stringify(rows), 'application/json');
    }
  }
}

/** One entry, or all of them; what does not trade has none. */
function tickers({ listings, source, clock }: RestParts, only: string | undefined): object {
  const trading = listings.all().filter(({ status }) => status === 'TRADING');
  const entries = trading.map(({ rules }, index) => ({ rules, rank: index + 1 }));
  const asked = only === undefined ? entries : entries.filter(({ rules }) => rules.symbol === only);
  const told = asked.map(({ rules, rank }) =>
    ticker24h({
      rules,
      rank,
      lastPriceUnits: source.lastPriceUnits(rules.symbol),
      lastTrade: source.history.lastAggTrade(rules.symbol),
      nowMs: clock.nowMs(),
    }),
  );
  return only === undefined ? told : told[0]!;
}
