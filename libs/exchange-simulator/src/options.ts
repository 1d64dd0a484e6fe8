import type { Market } from '@org/market-data';
import type { Clock } from './clock.ts';
import type { Fault } from './faults/fault.ts';
import type { Tempo } from './generated/symbol-market.ts';
import type { Burst } from './load/load-profile.ts';
import type { RequestWeightRules } from './rest/request-weight.ts';
import type { ConnectionRules } from './socket/connection.ts';

/** A market that sends at a given rate, for measuring its clients. */
export interface LoadOptions {
  /** Of all symbols and kinds together; what nobody is subscribed to counts, and is not sent. */
  readonly messagesPerSecond: number;
  /** Times of another rate, counted from the first depth subscription, with which the load begins. */
  readonly bursts?: readonly Burst[];
  /** Folder of captures whose books and depth events are used; without it they are made up. */
  readonly dataDir?: string;
  /** What is due together is sent together. Default 5. */
  readonly tickMs?: number;
}

/** How an exchange is set up. Either `replayDir` is needed, or `symbols` or `symbolCount` or both. */
export interface ExchangeOptions {
  /** Folder of captures (`<symbol lower case>_<YYYYMMDD>.gz`) that are played as one timeline. */
  readonly replayDir?: string;
  /** Symbols of a generated market, USDⓈ-M only. */
  readonly symbols?: readonly string[];
  /** So many further symbols, `SIM0001USDT` and on; 2000 symbols at most in all. */
  readonly symbolCount?: number;
  /** Default `usdm`. */
  readonly market?: Market;
  /** Port on 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number;
  /** Recorded, or made-up, seconds in a second of the wall clock. Default 1. */
  readonly speed?: number;
  /** Replay: how long no further subscription may arrive before the clock starts, ms of the wall clock. Default 1000. */
  readonly settleMs?: number;
  /** Replay: which subscription sets the clock going. Default `depth`; `any` is for clients without a book. */
  readonly startOn?: 'depth' | 'any';
  /** Of a generated market and of different depth cuts. Default 1. */
  readonly seed?: number;
  /** Generated market: market time at the start, ms since the epoch. Default: now. */
  readonly startTimeMs?: number;
  /** Default: a market that lives. With it `tempo` may name levels and changes (default 45), and nothing else. */
  readonly load?: LoadOptions;
  /** Generated market: its rates and the size of its books. */
  readonly tempo?: Partial<Tempo>;
  /**
   * `different`: each connection gets depth events of its own cut, one to three merged into one, held back for at most
   * 250 ms of the market. Default `same`: everybody gets the events as the market made them.
   */
  readonly depthCuts?: 'same' | 'different';
  /** Faults that are planned from the start. */
  readonly faults?: readonly Fault[];
  /** File that gets every sent message: `<sent ns> <stream> <combined envelope>` a line. Truncated first. */
  readonly journalPath?: string;
  /** Limits of the exchange's own account of request weight; `false` counts and never refuses. */
  readonly requestWeight?: false | Partial<RequestWeightRules>;
  readonly connection?: Partial<ConnectionRules>;
  /** Whether other processes may inject faults and read the report over HTTP; see the README. Default false. */
  readonly control?: boolean;
  /** https and wss instead of http and ws, with a certificate of its own. Default false. */
  readonly tls?: boolean;
  /** Time and timers; default: those of the machine. */
  readonly clock?: Clock;
}

export const DEFAULT_CONNECTION_RULES: ConnectionRules = {
  pingIntervalMs: 3 * 60_000,
  pongTimeoutMs: 10 * 60_000,
  lifetimeMs: 24 * 3_600_000,
  clientMessagesPerSecond: 10,
  unsentBytesMax: 64 * 1024 * 1024,
  errorShape: 'nested',
};

export const DEFAULT_SETTLE_MS = 1000;

export const DEFAULT_REFUSALS_BEFORE_BAN = 20;

export const DEFAULT_BAN_MS = 2 * 60_000;
