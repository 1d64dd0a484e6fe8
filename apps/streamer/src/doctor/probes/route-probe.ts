import {
  type Clock,
  type ConnectionAttempts,
  MarketStreams,
  type MarketStreamsHandlers,
  type StreamRoute,
  streamAddress,
  streamRoute,
} from '@org/binance-client';
import type { NetworkConfig } from '@org/config';
import { formatStreamKey, type StreamKey } from '@org/market-data';
import { isRareStream } from '../../control/rare-streams.ts';
import type { RouteFacts } from '../checks/check-route.ts';

export interface RouteQuestion {
  readonly network: Pick<NetworkConfig, 'market' | 'wsUrl'>;
  readonly streams: readonly StreamKey[];
  readonly attempts: ConnectionAttempts | undefined;
  readonly clock: Clock;
  /** Ends the listening. */
  readonly signal: AbortSignal;
}

/** An address that could not be reached so often will not be reached in the next seconds either. */
const FAILURES_MAX = 2;

interface RouteState {
  isOpened: boolean;
  isAcknowledged: boolean;
  closedBecause: string | undefined;
  failures: number;
}

function isOutOfReach({ isOpened, failures }: RouteState): boolean {
  return !isOpened && failures >= FAILURES_MAX;
}

/** The routes that these streams deliver on. */
export function routesOf(
  { market }: Pick<NetworkConfig, 'market'>,
  streams: readonly string[],
): readonly StreamRoute[] {
  return [...new Set(streams.map((stream) => streamRoute(market, stream)))];
}

/** Listens until every stream has delivered, until nothing can be reached, or until the signal. */
export async function probeRoutes(question: RouteQuestion): Promise<readonly RouteFacts[]> {
  const { clock, signal } = question;
  const startedAtMs = clock.nowMs();
  const heard = new Heard(question, startedAtMs);
  await new Promise<void>((resolve) => {
    const { network, streams, attempts } = question;
    const listening = new MarketStreams({
      ...network,
      streams,
      silenceTimeoutMs: 0,
      reconnect: { initialDelayMs: 1000 },
      clock,
      ...(attempts === undefined ? {} : { attempts }),
      handlers: heard.handlers(() => end()),
    });
    const end = (): void => {
      heard.close();
      void listening.stop().then(resolve);
    };
    signal.addEventListener('abort', end, { once: true });
    listening.start();
    if (signal.aborted) end();
  });
  return heard.facts(clock.nowMs() - startedAtMs);
}

/** What was heard so far, by route. */
class Heard {
  readonly #question: RouteQuestion;
  readonly #startedAtMs: number;
  readonly #firstFrames = new Map<string, number>();
  readonly #states: Map<StreamRoute, RouteState>;
  /** Streams that should not stay silent, and have until now. */
  readonly #missing: Set<string>;
  #isClosed = false;

  constructor(question: RouteQuestion, startedAtMs: number) {
    const { network, streams } = question;
    this.#question = question;
    this.#startedAtMs = startedAtMs;
    const names = streams.map(({ stream }) => stream);
    this.#states = new Map(routesOf(network, names).map((route) => [route, unreached()]));
    this.#missing = new Set(streams.filter(({ stream }) => !isRareStream(stream)).map(formatStreamKey));
  }

  /** `done`: there is nothing more to wait for. */
  handlers(done: () => void): MarketStreamsHandlers {
    const { network, clock } = this.#question;
    const stateOf = (route: StreamRoute): RouteState => this.#states.get(route)!;
    return {
      frame: ({ key }) => {
        if (this.#firstFrames.has(key)) return;
        this.#firstFrames.set(key, clock.nowMs() - this.#startedAtMs);
        this.#missing.delete(key);
        if (this.#missing.size === 0 && !this.#isClosed) done();
      },
      opened: ({ route }) => (stateOf(route).isOpened = true),
      acknowledged: ({ streams }) => {
        for (const { stream } of streams) stateOf(streamRoute(network.market, stream)).isAcknowledged = true;
      },
      closed: ({ route, code, reason }) => {
        // The end of the listening closes connections too.
        if (this.#isClosed) return;
        const state = stateOf(route);
        state.closedBecause = reason === '' ? `close code ${code}` : reason;
        state.failures++;
        if ([...this.#states.values()].every(isOutOfReach)) done();
      },
    };
  }

  close(): void {
    this.#isClosed = true;
  }

  facts(listenedMs: number): readonly RouteFacts[] {
    const { network, streams } = this.#question;
    return [...this.#states].map(([route, { isOpened, isAcknowledged, closedBecause }]) => ({
      route,
      address: streamAddress(network.wsUrl, route),
      isOpened,
      isAcknowledged,
      closedBecause,
      streams: streams
        .filter(({ stream }) => streamRoute(network.market, stream) === route)
        .map((key) => ({
          key: formatStreamKey(key),
          firstFrameMs: this.#firstFrames.get(formatStreamKey(key)),
        })),
      listenedMs,
    }));
  }
}

function unreached(): RouteState {
  return { isOpened: false, isAcknowledged: false, closedBecause: undefined, failures: 0 };
}
