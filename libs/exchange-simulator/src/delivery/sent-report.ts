import type { ConnectionCounts, ConnectionEnd } from '../socket/connection.ts';
import type { LoadReport } from '../load/load-report.ts';
import type { MarketLag } from '../market-lag.ts';
import type { Route } from '../product.ts';
import type { Ban } from '../rest/ban-list.ts';
import type { MissedRange } from './missed-messages.ts';

/** What was sent of one stream. Each message counts once, however many connections got it. */
export interface StreamReport {
  /** Messages that at least one connection got, intact. */
  readonly frames: number;
  /** Bytes of these, always counted in the combined envelope. */
  readonly bytes: number;
  /** sha256 over these envelopes, one after the other. */
  readonly sha256: string;
  /** Id of the first and of the last: `u` of books, `a` and `t` of trades, open time of bars. */
  readonly firstId: number | undefined;
  readonly lastId: number | undefined;
  /** Messages that somebody was subscribed to and nobody got: dropped or silenced by a fault. */
  readonly dropped: number;
  /** Messages that reached every subscriber only in a damaged form. */
  readonly damaged: number;
}

export interface ConnectionReport extends Readonly<ConnectionCounts> {
  /** 1 for the first that was accepted. */
  readonly number: number;
  readonly route: Route;
  readonly end: ConnectionEnd;
  readonly subscriptions: number;
  /** Names of these, or what was subscribed when it ended. */
  readonly streams: readonly string[];
  /** Ms since the epoch; `closedAtMs` is undefined while it is open. */
  readonly openedAtMs: number;
  readonly closedAtMs: number | undefined;
  readonly clientAddress: string | undefined;
  readonly clientPort: number | undefined;
  /** The first 200 characters of the header, and of `?client=…` in the address. */
  readonly userAgent: string | undefined;
  readonly client: string | undefined;
  /** What faults kept from this connection, dropped or damaged; the first hundred ranges. */
  readonly missed: readonly MissedRange[];
}

export interface RestReport {
  readonly path: string;
  readonly status: number;
  readonly requests: number;
}

/** One request. Weights are those of the documentation, whatever the answer was. */
export interface RestRequestReport {
  /** Arrival, ms since the epoch. */
  readonly atMs: number;
  readonly path: string;
  readonly weight: number;
  /** Undefined until it is answered. */
  readonly status: number | undefined;
}

/** How near a client came to a limit. Refused requests count, as they do on the exchange. */
export interface RestLimitReport {
  readonly name: 'REQUEST_WEIGHT';
  readonly intervalMs: number;
  /** Undefined when nothing is refused. */
  readonly limit: number | undefined;
  /** The most in any span of the interval. */
  readonly highestRolling: number;
  /** The most in an interval that begins at a full one, in UTC: what the exchange adds up. */
  readonly highestFixed: number;
}

export interface RestUsageReport {
  readonly limits: readonly RestLimitReport[];
  /** The newest thousand. */
  readonly bans: readonly Ban[];
  /** The newest ten thousand, by arrival. */
  readonly requests: readonly RestRequestReport[];
}

/**
 * The exchange's own book. A rule-following client holds the same once it has seen every level: a snapshot has at most
 * 1000 a side, and a generated book is deeper unless `tempo.levels` says otherwise.
 */
export interface BookReport {
  readonly symbol: string;
  readonly lastUpdateId: number;
  /** Level counts. */
  readonly bids: number;
  readonly asks: number;
  /** sha256 over the lines `b <price> <quantity>` from the best bid down, then `a …` from the best ask up. */
  readonly checksum: string;
}

/** What a report is to contain. */
export interface ReportOptions {
  /** Default true; without them the list is empty. */
  readonly books?: boolean;
}

/** Everything that an exchange did until now. */
export interface SentReport {
  readonly streams: Readonly<Record<string, StreamReport>>;
  readonly connections: readonly ConnectionReport[];
  /** Connections that were accepted; the list above holds the newest thousand. */
  readonly connectionsAccepted: number;
  /** Handshakes that were refused, by status. */
  readonly handshakesRefused: Readonly<Record<string, number>>;
  readonly rest: readonly RestReport[];
  readonly restUsage: RestUsageReport;
  readonly books: readonly BookReport[];
  /** How late the market was; a load test whose exchange falls behind has measured the exchange. */
  readonly market: MarketLag;
  /** Undefined when the market is none. */
  readonly load: LoadReport | undefined;
  /** How often each kind of fault began. */
  readonly faults: Readonly<Record<string, number>>;
  /** What of a capture could not be played; the first hundred. */
  readonly problems: readonly string[];
}
