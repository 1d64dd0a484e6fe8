import { parseStreamKey, streamKind, type StreamKind } from '@org/market-data';
import { RECORD_TYPE, type RecordType } from '../record.ts';
import { streamDefinition } from '../streams/catalogue.ts';
import type { StreamDefinition } from './stream-definition.ts';

/** What rows are of: a stream, or one of the kinds that the recorder itself writes. */
export type RowKind = StreamKind | 'orderbook' | 'gaps' | 'rejected';

/** Where the records of one stream go. */
export interface RecordRoute {
  /** '' when the stream key names no symbol: what comes from there is only kept, apart from the symbols. */
  readonly symbol: string;
  /** The stream without its symbol. */
  readonly stream: string;
  /** Undefined for a stream of no known kind. */
  readonly kind: StreamKind | undefined;
  /** How its messages become rows; undefined for depth and for a stream of no known kind. */
  readonly definition: StreamDefinition | undefined;
}

/**
 * Parses a stream key. The symbol may become a folder, so only one that passes the symbol rule is taken: nothing that
 * comes from outside can leave a store.
 */
export function recordRoute(streamKey: string): RecordRoute {
  const key = parseStreamKey(streamKey);
  if (key === undefined) return { symbol: '', stream: streamKey, kind: undefined, definition: undefined };
  const kind = streamKind(key.stream);
  const definition = kind === undefined || kind === 'depth' ? undefined : streamDefinition(kind);
  return { symbol: key.symbol, stream: key.stream, kind, definition };
}

/** What a record of this type becomes rows of; undefined when there is nothing. */
export function recordRowKind(route: RecordRoute, type: RecordType): RowKind | undefined {
  if (route.symbol === '') return undefined;
  switch (type) {
    case RECORD_TYPE.gap:
      return 'gaps';
    case RECORD_TYPE.bookSnapshot:
      return 'orderbook';
    case RECORD_TYPE.depthSnapshot:
      return 'depth';
    case RECORD_TYPE.frame:
    case RECORD_TYPE.restRows:
      return route.kind;
    default:
      return undefined;
  }
}
