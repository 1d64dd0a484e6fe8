import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { Broadcast } from './delivery/broadcast.ts';
import { SentLog } from './delivery/sent-log.ts';
import type { BookReport, ReportOptions, RestUsageReport, SentReport } from './delivery/sent-report.ts';
import { StreamLedger } from './delivery/stream-ledger.ts';
import { SimulatorError } from './errors.ts';
import type { Fault } from './faults/fault.ts';
import { FaultDesk } from './faults/fault-desk.ts';
import { checkFault } from './faults/fault-script.ts';
import { Listings } from './listing/listings.ts';
import type { ListingChange } from './listing/listings.ts';
import type { BookState, MarketSource } from './market-source.ts';
import { openMarket } from './open-market.ts';
import type { ExchangeOptions } from './options.ts';
import { DEFAULT_BAN_MS, DEFAULT_CONNECTION_RULES, DEFAULT_REFUSALS_BEFORE_BAN } from './options.ts';
import type { Product } from './product.ts';
import { PRODUCTS, routeCarries } from './product.ts';
import { BanList } from './rest/ban-list.ts';
import type { ControlPort } from './rest/control-port.ts';
import { RequestWeight } from './rest/request-weight.ts';
import type { RequestWeightRules } from './rest/request-weight.ts';
import { restApp } from './rest/rest-app.ts';
import { RestLedger } from './rest/rest-ledger.ts';
import { StreamServer } from './socket/stream-server.ts';
import type { KeyAndCertificate } from './tls/certificate.ts';

/** A running exchange. */
export interface Exchange {
  readonly port: number;
  /** For example `http://127.0.0.1:41234`, with TLS `https:`; paths start with `/fapi/v1` and the like. */
  readonly restUrl: string;
  /** For example `ws://127.0.0.1:41234`, with TLS `wss:`; paths start with `/public`, `/market`, `/ws` or `/stream`. */
  readonly wsUrl: string;
  /** What a client has to trust, as PEM; undefined without TLS. */
  readonly certificate: string | undefined;
  /**
   * What was sent and asked until now; also after {@link stop}. Books of hundreds of symbols take a second: who asks
   * while a load is running leaves them out.
   */
  report(options?: ReportOptions): SentReport;
  /** Plans a fault, at once unless it says otherwise. Throws {@link SimulatorError} `FAULTS_INVALID`. */
  inject(fault: Fault): void;
  /**
   * Lists, delists and removes symbols while the exchange runs: all of it or nothing. Who is subscribed to the streams of
   * a new symbol gets them. Throws {@link SimulatorError} `SYMBOLS_INVALID`.
   */
  changeListings(change: ListingChange): void;
  /** Resolves when a replay has sent its last message; the sockets stay open. For a generated market: when it is stopped. */
  readonly finished: Promise<void>;
  /** Closes every connection and frees the port. Calling it again waits for the same end. */
  stop(): Promise<void>;
}

/** How long a client has to answer the closing handshake. */
const STOP_GRACE_MS = 500;
/** Request lines may be longer than the exchange takes them, so that the answer can be 414 and not Node's own. */
const HEADER_BYTES_MAX = 256 * 1024;

/**
 * Starts a Binance-compatible exchange on one port of 127.0.0.1: REST and WebSocket, market from captures or made up.
 *
 * Throws {@link SimulatorError}: `OPTIONS_INVALID`, `FAULTS_INVALID`, `CAPTURE_EMPTY`, `LISTEN_FAILED`; and
 * `CaptureError` of `@org/storage` where a capture cannot be read.
 *
 * @example
 * const exchange = await startExchange({ symbols: ['BTCUSDT'] });
 * console.log(exchange.restUrl, exchange.wsUrl);
 * await exchange.stop();
 */
export async function startExchange(options: ExchangeOptions): Promise<Exchange> {
  const clock = options.clock ?? systemClock();
  const product = PRODUCTS[options.market ?? 'usdm'];
  const faults = (options.faults ?? []).map((fault, index) => checkFault(fault, `[${index}]`));
  const source = await openMarket(options, product, clock);
  const parts = assemble(options, product, source, clock);
  const identity = options.tls === true ? await newIdentity(clock) : undefined;
  const server = openServer(options, product, parts, clock, identity);
  try {
    const port = await listen(server, options.port ?? 0);
    for (const fault of faults) parts.desk.inject(fault);
    source.start(parts.broadcast);
    return running(parts, server, port, identity?.cert, refusedAbove(options, product));
  } catch (error) {
    await source.stop();
    parts.sentLog?.close();
    throw error;
  }
}

/** What a running exchange consists of, but for the server in front of it. */
interface Parts {
  readonly source: MarketSource;
  readonly listings: Listings;
  readonly ledger: StreamLedger;
  readonly restLedger: RestLedger;
  readonly bans: BanList;
  readonly sentLog: SentLog | undefined;
  readonly desk: FaultDesk;
  readonly broadcast: Broadcast;
  readonly streams: StreamServer;
}

function assemble(options: ExchangeOptions, product: Product, source: MarketSource, clock: Clock): Parts {
  const ledger = new StreamLedger();
  const listings = new Listings(source, clock);
  const restLedger = new RestLedger();
  const sentLog = options.journalPath === undefined ? undefined : new SentLog(options.journalPath);
  const bans = new BanList();
  const desk: FaultDesk = new FaultDesk(
    clock,
    () => streams.connections,
    (banMs) => bans.begin('fault', clock.nowMs(), banMs),
  );
  const { seed = 1, speed = 1 } = options;
  const depthCuts = options.depthCuts === 'different' ? { seed, speed } : undefined;
  const broadcast = new Broadcast({ faults: desk, ledger, sentLog, clock, depthCuts });
  const streams: StreamServer = new StreamServer(
    product,
    { ...DEFAULT_CONNECTION_RULES, ...options.connection },
    clock,
    {
      opened: (connection) => desk.opened(connection),
      subscribed: (connection, names) => {
        for (const name of names.filter((stream) => routeCarries(product, connection.route, stream))) {
          broadcast.listen(connection, name);
          source.subscribed(name);
        }
      },
      unsubscribed: (connection, names) => broadcast.unlisten(connection, names),
      ending: (connection) => broadcast.ending(connection),
      closed: (connection) => broadcast.closed(connection),
    },
  );
  return { source, listings, ledger, restLedger, bans, sentLog, desk, broadcast, streams };
}

/** Loaded on demand: without TLS nobody waits for the code that makes certificates, 50 ms. */
async function newIdentity(clock: Clock): Promise<KeyAndCertificate> {
  const { makeCertificate } = await import('./tls/certificate.ts');
  return makeCertificate(clock.nowMs());
}

/** The server on which both halves answer, REST and streams. */
function openServer(
  options: ExchangeOptions,
  product: Product,
  parts: Parts,
  clock: Clock,
  identity: KeyAndCertificate | undefined,
): Server {
  const { bans, desk, listings, source } = parts;
  const rules = weightRules(options, product);
  const control: ControlPort = {
    inject: (fault) => desk.inject(fault),
    changeListings: (change) => listings.change(change),
    report: (wanted) => sentReport(parts, refusedAbove(options, product), wanted),
  };
  const app = restApp({
    product,
    source,
    listings,
    faults: desk,
    weight: new RequestWeight(options.requestWeight === false ? undefined : rules, bans),
    bans,
    weightLimit: rules.limit,
    ledger: parts.restLedger,
    clock,
    control: options.control === true ? control : undefined,
  });
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    createServer: identity === undefined ? createServer : createTlsServer,
    serverOptions: { maxHeaderSize: HEADER_BYTES_MAX, ...identity },
  }) as Server;
  parts.streams.attach(server);
  return server;
}

function weightRules(options: ExchangeOptions, product: Product): RequestWeightRules {
  return {
    limit: product.requestWeightLimit,
    refusalsBeforeBan: DEFAULT_REFUSALS_BEFORE_BAN,
    banMs: DEFAULT_BAN_MS,
    ...(options.requestWeight === false ? {} : options.requestWeight),
  };
}

/** Undefined when nothing is refused for weight. */
function refusedAbove(options: ExchangeOptions, product: Product): number | undefined {
  return options.requestWeight === false ? undefined : weightRules(options, product).limit;
}

function running(
  parts: Parts,
  server: Server,
  port: number,
  certificate: string | undefined,
  weightLimit: number | undefined,
): Exchange {
  const secure = certificate === undefined ? '' : 's';
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    parts.desk.stop();
    await parts.source.stop();
    parts.broadcast.flush();
    await parts.streams.close(STOP_GRACE_MS);
    parts.broadcast.stop();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    parts.sentLog?.close();
  };
  return {
    port,
    restUrl: `http${secure}://127.0.0.1:${port}`,
    wsUrl: `ws${secure}://127.0.0.1:${port}`,
    certificate,
    finished: parts.source.finished,
    inject: (fault) => parts.desk.inject(checkFault(fault)),
    changeListings: (change) => parts.listings.change(change),
    stop: () => (stopped ??= stop()),
    report: (wanted) => sentReport(parts, weightLimit, wanted),
  };
}

function sentReport(
  parts: Parts,
  weightLimit: number | undefined,
  { books = true }: ReportOptions = {},
): SentReport {
  return {
    streams: parts.ledger.report(),
    connections: parts.streams.reports(),
    connectionsAccepted: parts.streams.accepted,
    handshakesRefused: parts.streams.refused,
    rest: parts.restLedger.report(),
    restUsage: restUsage(parts, weightLimit),
    books: books ? parts.source.books().map(bookReport) : [],
    faults: parts.desk.fired(),
    market: parts.source.lag(),
    load: parts.source.load?.(),
    problems: parts.source.problems(),
  };
}

function restUsage({ restLedger, bans }: Parts, weightLimit: number | undefined): RestUsageReport {
  const { peak } = restLedger;
  return {
    limits: [
      {
        name: 'REQUEST_WEIGHT',
        intervalMs: 60_000,
        limit: weightLimit,
        highestRolling: peak.rolling,
        highestFixed: peak.fixed,
      },
    ],
    bans: bans.report(),
    requests: restLedger.log(),
  };
}

function bookReport({ symbol, lastUpdateId, bids, asks }: BookState): BookReport {
  const hash = createHash('sha256');
  hash.update(bids.map(([price, quantity]) => `b ${price} ${quantity}\n`).join(''));
  hash.update(asks.map(([price, quantity]) => `a ${price} ${quantity}\n`).join(''));
  return { symbol, lastUpdateId, bids: bids.length, asks: asks.length, checksum: hash.digest('hex') };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new SimulatorError('LISTEN_FAILED', `port ${port} of 127.0.0.1: cannot be taken`, { cause }));
    });
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
