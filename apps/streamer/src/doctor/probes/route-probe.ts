import {
  type Clock,
  type ConnectionAttempts,
  MarketStreams,
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
  const { network, streams, clock, attempts, signal } = question;
  const startedAtMs = clock.nowMs();
  const firstFrames = new Map<string, number>();
  const names = streams.map(({ stream }) => stream);
  const states = new Map<StreamRoute, RouteState>(
    routesOf(network, names).map((route) => [
      route,
      { isOpened: false, isAcknowledged: false, closedBecause: undefined, failures: 0 },
    ]),
  );
  const expected = streams.filter(({ stream }) => !isRareStream(stream)).map(formatStreamKey);
  await new Promise<void>((resolve) => {
    const listening = new MarketStreams({
      ...network,
      streams,
      silenceTimeoutMs: 0,
      reconnect: { initialDelayMs: 1000 },
      clock,
      ...(attempts === undefined ? {} : { attempts }),
      handlers: {
        frame: ({ key }) => {
          if (!firstFrames.has(key)) firstFrames.set(key, clock.nowMs() - startedAtMs);
          if (expected.every((name) => firstFrames.has(name))) end();
        },
        opened: ({ route }) => (states.get(route)!.isOpened = true),
        acknowledged: ({ streams: refs }) => {
          for (const { stream } of refs)
            states.get(streamRoute(network.market, stream))!.isAcknowledged = true;
        },
        closed: ({ route, code, reason }) => {
          const state = states.get(route)!;
          if (hasEnded) return;
          state.closedBecause = reason === '' ? `close code ${code}` : reason;
          state.failures++;
          if ([...states.values()].every(isOutOfReach)) end();
        },
      },
    });
    let hasEnded = false;
    const end = (): void => {
      if (hasEnded) return;
      hasEnded = true;
      void listening.stop().then(resolve);
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    listening.start();
  });
  const listenedMs = clock.nowMs() - startedAtMs;
  return [...states].map(([route, { isOpened, isAcknowledged, closedBecause }]) => ({
    route,
    address: streamAddress(network.wsUrl, route),
    isOpened,
    isAcknowledged,
    closedBecause,
    streams: streams
      .filter(({ stream }) => streamRoute(network.market, stream) === route)
      .map((key) => ({ key: formatStreamKey(key), firstFrameMs: firstFrames.get(formatStreamKey(key)) })),
    listenedMs,
  }));
}
