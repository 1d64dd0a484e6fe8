import type { MarketStreamsHandlers, StreamRef } from '@org/binance-client';
import type { Log } from '../logging/child-log.ts';
import type { SymbolRecorder } from './symbol-recorder.ts';

/** A connection that was replaced had handed over before; one that was stopped is nobody's loss. */
const HOW_ENDED = {
  closed: 'lossy',
  silent: 'lossy',
  rotated: 'handed-over',
  abandoned: 'handed-over',
  stopped: 'stopped',
} as const;

/** What the streams of a worker tell goes to the recorders of their symbols. `reconnected`: a connection was lost. */
export function streamHandlers(
  recorders: ReadonlyMap<string, SymbolRecorder>,
  log: Log,
  reconnected: () => void,
): MarketStreamsHandlers {
  const carried = new Map<number, Map<string, StreamRef>>();
  return {
    frame: (ref, bytes, receivedAtUs, connectionId) =>
      recorders.get(ref.symbol)?.frame(ref, bytes, receivedAtUs, connectionId),
    opened: ({ streams, ...event }) => {
      carried.set(event.connectionId, new Map(streams.map((ref) => [ref.key, ref])));
      log.info('ConnectionOpened', { ...event, streams: streams.length });
    },
    acknowledged: ({ streams, connectionId }) => {
      for (const ref of streams) {
        // Streams that were added later were not there when the connection was opened.
        carried.get(connectionId)?.set(ref.key, ref);
        const { symbol, stream } = ref;
        const depth = stream.startsWith('depth') ? recorders.get(symbol)?.depth : undefined;
        if (depth?.state === 'buffering') depth.subscribed();
      }
    },
    closed: ({ streams, ...event }) => {
      carried.delete(event.connectionId);
      const how = HOW_ENDED[event.cause];
      for (const { symbol, key } of streams) recorders.get(symbol)?.ended(key, event.connectionId, how);
      if (how !== 'lossy') return;
      reconnected();
      log.warn('ConnectionClosed', { ...event, streams: streams.map(({ key }) => key) });
    },
    refused: ({ streams, ...event }) =>
      log.error('SubscriptionRefused', { ...event, streams: streams.map(({ key }) => key) }),
    alarm: ({ stream, silentMs, ...event }) => {
      recorders.get(stream.symbol)?.alarm(stream.key, event.type);
      log.error('StreamSilent', {
        stream: stream.key,
        name: stream.name,
        silentMs: Math.round(silentMs),
        ...event,
      });
    },
    cleared: ({ stream }) => {
      recorders.get(stream.symbol)?.alarm(stream.key, undefined);
      log.info('StreamDelivers', { stream: stream.key });
    },
    malformed: ({ bytes, ...event }) => {
      // Whose event it was nobody can tell, so each stream of the connection has to prove that it was not its own.
      for (const { symbol, key } of carried.get(event.connectionId)?.values() ?? [])
        recorders.get(symbol)?.doubt(key, 'malformed');
      log.warn('MessageRejected', { ...event, bytes: bytes.length });
    },
    unroutable: ({ bytes, ...event }) => log.warn('MessageRejected', { ...event, bytes: bytes.length }),
    rotated: (event) => log.info('ConnectionRotated', { ...event }),
    shutdownAnnounced: (event) => log.info('ShutdownAnnounced', { ...event }),
    gaveUp: ({ route, attempts, streams }) => {
      for (const { symbol, key } of streams) recorders.get(symbol)?.alarm(key, 'given-up');
      log.error('ConnectionGivenUp', { route, attempts, streams: streams.map(({ key }) => key) });
    },
  };
}
