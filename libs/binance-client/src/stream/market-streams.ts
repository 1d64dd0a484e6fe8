import type { Market, StreamKey } from '@org/market-data';
import { systemClock } from '../clock.ts';
import type { Clock, ClockTimer } from '../clock.ts';
import { checkedEndpoint } from '../endpoint.ts';
import { BinanceClientError } from '../errors.ts';
import { knownMarket, numericOptions } from '../numeric-options.ts';
import { PRODUCTS, streamAddress, streamRoute } from '../products.ts';
import type { StreamRoute } from '../products.ts';
import { AttemptLimiter, ATTEMPTS_MAX, ATTEMPTS_WINDOW_MS } from './attempt-limiter.ts';
import type { ConnectionAttempts } from './attempt-limiter.ts';
import { ConnectionDriver } from './connection-driver.ts';
import type { DriverShared } from './connection-driver.ts';
import type { ConnectionPolicy } from './connection-types.ts';
import { MessageReader } from './message-reader.ts';
import { planConnections, STREAMS_PER_CONNECTION_LIMIT } from './plan-connections.ts';
import { SilenceCheck } from './silence-check.ts';
import type { MarketStreamsHandlers, StreamCounters, StreamState, StreamStatus } from './stream-events.ts';
import { streamRef, StreamRecord } from './stream-record.ts';

/** Milliseconds, one number for all streams or one for each; 0 never raises an alarm. */
export type SilenceLimit = number | ((stream: StreamKey) => number);

export interface MarketStreamsOptions {
  readonly market: Market;
  /** Base address without a route, for example `wss://fstream.binance.com`. `ws:` is for loopback only. */
  readonly wsUrl: string;
  readonly streams: readonly StreamKey[];
  /** Longest silence of a stream that has delivered; default 30 s. Rare streams (forceOrder) need 0 or a large one. */
  readonly silenceTimeoutMs?: SilenceLimit;
  /** Longest wait for the first frame; default 30 s, or 0 for a stream whose `silenceTimeoutMs` is 0. */
  readonly firstFrameTimeoutMs?: SilenceLimit;
  /** Age at which a connection is replaced, less up to 5 % by chance; default 23 h 30 min (the exchange cuts at 24 h). */
  readonly lifetimeMs?: number;
  /** Longest overlap of a connection and its successor; default 30 s. */
  readonly overlapMs?: number;
  /** How long both still deliver after the successor shows every live stream; default 1 s. */
  readonly lingerMs?: number;
  /** Defaults: 500 ms, 30 s, 0 (never gives up), 10 s (of data, after which the first attempt is made at once). */
  readonly reconnect?: Partial<
    Pick<ConnectionPolicy, 'initialDelayMs' | 'maxDelayMs' | 'maxRetries' | 'steadyAfterMs'>
  >;
  /** Default 200, at most 1024. */
  readonly streamsPerConnectionMax?: number;
  /** Shared by all who connect from this address; default 300 in 5 minutes for this object alone. */
  readonly attempts?: ConnectionAttempts;
  readonly clock?: Clock;
  /** In [0, 1); default `Math.random`. */
  readonly random?: () => number;
  /** Where connection ids come from; by default one counter for the process. */
  readonly connectionIds?: { next: number };
  readonly handlers: MarketStreamsHandlers;
}

const DEFAULT_SILENCE_MS = 30_000;
const DEFAULT_STREAMS_PER_CONNECTION = 200;
const DEFAULT_POLICY: ConnectionPolicy = {
  initialDelayMs: 500,
  maxDelayMs: 30_000,
  maxRetries: 0,
  steadyAfterMs: 10_000,
  lifetimeMs: (23 * 60 + 30) * 60_000,
  overlapMs: 30_000,
  lingerMs: 1_000,
};

/** A delay of nothing would be a storm of attempts, a lifetime of nothing an endless rotation. */
const LEAST_POLICY: ConnectionPolicy = {
  initialDelayMs: 1,
  maxDelayMs: 1,
  maxRetries: 0,
  steadyAfterMs: 0,
  lifetimeMs: 1,
  overlapMs: 0,
  lingerMs: 0,
};

const CHECK_INTERVAL_MAX_MS = 1_000;
const CHECK_INTERVAL_MIN_MS = 10;
const CHECKS_PER_LIMIT = 5;

const PROCESS_IDS = { next: 1 };

/**
 * Market streams over as many connections as their routes and number need. Each connection reconnects by itself, is
 * replaced without a hole before the exchange cuts it, and each stream is watched on its own: see
 * {@link MarketStreamsHandlers}. Throws {@link BinanceClientError} for an address that is refused.
 */
export class MarketStreams {
  readonly #options: MarketStreamsOptions;
  readonly #wsUrl: string;
  readonly #perConnectionMax: number;
  readonly #clock: Clock;
  readonly #shared: DriverShared;
  readonly #silence: SilenceCheck;
  readonly #drivers: ConnectionDriver[] = [];
  readonly #owners = new Map<string, { readonly driver: ConnectionDriver; readonly record: StreamRecord }>();
  #checkTimer: ClockTimer | undefined;
  /** Connections that lost their last stream and are still closing. */
  readonly #leaving = new Set<Promise<void>>();
  #isStarted = false;
  #skippedCheck = false;
  #stopping: Promise<void> | undefined;

  constructor(options: MarketStreamsOptions) {
    knownMarket(PRODUCTS, options.market);
    this.#options = options;
    this.#wsUrl = checkedEndpoint(options.wsUrl, 'ws');
    this.#perConnectionMax = checkedPerConnection(options.streamsPerConnectionMax);
    this.#clock = options.clock ?? systemClock;
    const counters = noCounts();
    const { handlers } = options;
    this.#shared = {
      policy: policyOf(options),
      clock: this.#clock,
      random: options.random ?? Math.random,
      ids: options.connectionIds ?? PROCESS_IDS,
      attempts: options.attempts ?? ownAttempts(this.#clock),
      handlers,
      counters,
      reader: new MessageReader(handlers, counters, this.#clock),
    };
    this.#silence = new SilenceCheck(handlers, counters);
    this.subscribe(options.streams);
  }

  start(): void {
    if (this.#isStarted || this.#stopping !== undefined) return;
    this.#isStarted = true;
    for (const driver of this.#drivers) driver.start();
    this.#scheduleCheck();
  }

  /** Closes every connection; resolves when the last is closed, after about 2 s at most. Nothing starts again. */
  stop(): Promise<void> {
    this.#clock.clearTimeout(this.#checkTimer);
    this.#stopping ??= Promise.all([...this.#drivers.map((driver) => driver.stop()), ...this.#leaving]).then(
      () => undefined,
    );
    return this.#stopping;
  }

  /** Adds streams; those that are there already stay as they are. */
  subscribe(keys: readonly StreamKey[]): void {
    if (this.#stopping !== undefined) return;
    const nowMs = this.#clock.nowMs();
    const refs = new Map(keys.map((key) => [streamRef(key).key, streamRef(key)]));
    const records = [...refs.values()]
      .filter(({ key }) => !this.#owners.has(key))
      .map((ref) => new StreamRecord(ref, limitsOf(this.#options, ref), nowMs));
    const routes = records.map(({ ref }) => streamRoute(this.#options.market, ref.stream));
    const loads = this.#drivers.map(({ route, records: { size } }) => ({ route, streams: size }));
    const plan = planConnections(loads, routes, this.#perConnectionMax);
    const added = new Map<number, StreamRecord[]>();
    plan.forEach((index, at) => added.set(index, [...(added.get(index) ?? []), records[at]!]));
    for (const [index, group] of added) {
      this.#assign(this.#drivers[index] ?? this.#addDriver(routes[plan.indexOf(index)]), group);
    }
  }

  /** Removes streams. A connection without streams is closed. */
  unsubscribe(keys: readonly StreamKey[]): void {
    const removed = new Map<ConnectionDriver, StreamRecord[]>();
    for (const key of keys) {
      const name = streamRef(key).key;
      const owner = this.#owners.get(name);
      if (owner === undefined) continue;
      this.#owners.delete(name);
      removed.set(owner.driver, [...(removed.get(owner.driver) ?? []), owner.record]);
    }
    for (const [driver, records] of removed) {
      driver.unsubscribe(records);
      if (driver.records.size === 0) this.#dropDriver(driver);
    }
  }

  status(): StreamStatus[] {
    return Array.from(this.#owners, ([key, { driver, record }]) => ({
      key,
      connectionId: driver.current?.id ?? 0,
      state: stateOf(driver, record),
      events: record.events,
      lastEventAtMs: record.dataAtMs,
      alarm: record.alarm,
    }));
  }

  counters(): Readonly<StreamCounters> {
    return { ...this.#shared.counters };
  }

  #addDriver(route: StreamRoute): ConnectionDriver {
    const driver = new ConnectionDriver(this.#shared, route, streamAddress(this.#wsUrl, route));
    this.#drivers.push(driver);
    return driver;
  }

  #assign(driver: ConnectionDriver, records: readonly StreamRecord[]): void {
    for (const record of records) this.#owners.set(record.ref.key, { driver, record });
    driver.subscribe(records);
    if (this.#isStarted) driver.start();
  }

  #dropDriver(driver: ConnectionDriver): void {
    this.#drivers.splice(this.#drivers.indexOf(driver), 1);
    const left = driver.stop().then(() => void this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  #scheduleCheck(): void {
    const intervalMs = this.#checkIntervalMs();
    const dueAtMs = this.#clock.nowMs() + intervalMs;
    this.#checkTimer = this.#clock.setTimeout(() => {
      const nowMs = this.#clock.nowMs();
      // A process that was held up looks at its sockets first: what it has not read yet is no silence.
      this.#skippedCheck = nowMs - dueAtMs > intervalMs && !this.#skippedCheck;
      if (!this.#skippedCheck) for (const driver of [...this.#drivers]) this.#silence.run(driver, nowMs);
      if (this.#stopping === undefined) this.#scheduleCheck();
    }, intervalMs);
  }

  #checkIntervalMs(): number {
    let leastMs = CHECK_INTERVAL_MAX_MS * CHECKS_PER_LIMIT;
    for (const { record } of this.#owners.values()) {
      const { silenceMs, firstFrameMs } = record.limits;
      leastMs = Math.min(leastMs, silenceMs || Infinity, firstFrameMs || Infinity);
    }
    return Math.max(CHECK_INTERVAL_MIN_MS, leastMs / CHECKS_PER_LIMIT);
  }
}

function limitsOf(
  options: MarketStreamsOptions,
  ref: StreamKey,
): { silenceMs: number; firstFrameMs: number } {
  const limit = (of: SilenceLimit) => {
    const limitMs = typeof of === 'number' ? of : of(ref);
    if (limitMs >= 0) return limitMs;
    throw new BinanceClientError(
      'REQUEST_INVALID',
      `silence limit of ${ref.stream}: expected 0 or more, was ${limitMs}`,
    );
  };
  const silenceMs = limit(options.silenceTimeoutMs ?? DEFAULT_SILENCE_MS);
  const firstFrameMs = limit(options.firstFrameTimeoutMs ?? (silenceMs === 0 ? 0 : DEFAULT_SILENCE_MS));
  return { silenceMs, firstFrameMs };
}

function policyOf({ reconnect, lifetimeMs, overlapMs, lingerMs }: MarketStreamsOptions): ConnectionPolicy {
  return numericOptions(DEFAULT_POLICY, { ...reconnect, lifetimeMs, overlapMs, lingerMs }, LEAST_POLICY);
}

function ownAttempts(clock: Clock): ConnectionAttempts {
  const limiter = new AttemptLimiter(ATTEMPTS_MAX, ATTEMPTS_WINDOW_MS);
  return { take: () => limiter.take(clock.nowMs()) };
}

function checkedPerConnection(streams = DEFAULT_STREAMS_PER_CONNECTION): number {
  if (Number.isInteger(streams) && streams >= 1 && streams <= STREAMS_PER_CONNECTION_LIMIT) return streams;
  const expected = `an integer from 1 to ${STREAMS_PER_CONNECTION_LIMIT}`;
  throw new BinanceClientError(
    'REQUEST_INVALID',
    `streamsPerConnectionMax: expected ${expected}, was ${streams}`,
  );
}

function stateOf(driver: ConnectionDriver, record: StreamRecord): StreamState {
  const { name } = driver.state;
  if (name === 'stopping') return 'stopped';
  if (name !== 'live' && name !== 'subscribing') return name;
  if (record.alarm !== undefined) return 'silent';
  return driver.current?.watch.of(record)?.dataAtMs === undefined ? 'subscribing' : 'live';
}

function noCounts(): StreamCounters {
  return {
    frames: 0, bytes: 0, connectionsOpened: 0, connectionsClosed: 0, rotations: 0, shutdownsAnnounced: 0, alarms: 0,
    acknowledged: 0, refused: 0, binary: 0, invalidUtf8: 0, notJson: 0, unroutable: 0, late: 0,
  }; // prettier-ignore
}
