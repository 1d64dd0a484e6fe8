import type { StreamRoute } from '../products.ts';

/** Documented limit for one connection (developers.binance.com, USD-M "Connect", seen 2026-05-28). */
export const STREAMS_PER_CONNECTION_LIMIT = 1024;

/** A connection that there is, or that must be opened. */
export interface ConnectionLoad {
  readonly route: StreamRoute;
  readonly streams: number;
}

/**
 * Which connection each stream goes to: the first of its route with room, else a new one. The result has an index for
 * each of `routes`; an index from `existing.length` on stands for a new connection.
 */
export function planConnections(
  existing: readonly ConnectionLoad[],
  routes: readonly StreamRoute[],
  streamsPerConnectionMax: number,
): number[] {
  const loads = existing.map(({ route, streams }) => ({ route, streams }));
  return routes.map((route) => {
    let index = loads.findIndex((load) => load.route === route && load.streams < streamsPerConnectionMax);
    if (index < 0) index = loads.push({ route, streams: 0 }) - 1;
    loads[index]!.streams++;
    return index;
  });
}
