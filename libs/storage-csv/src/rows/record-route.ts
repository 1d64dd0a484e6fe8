import { parseStreamKey, streamKind, type StreamKind } from '@org/market-data';
import { RECORD_TYPE, type RecordType } from '@org/storage';
import type { FileKind } from '../file-names.ts';
import { streamDefinition } from '../streams/catalogue.ts';
import type { StreamDefinition } from './stream-definition.ts';

/** Where the records of one stream go. */
export interface RecordRoute {
  /** '' when the stream key names no symbol: what comes from there is only kept, beside the symbols' folders. */
  readonly symbol: string;
  /** The stream without its symbol. */
  readonly stream: string;
  /** Undefined for a stream of no known kind. */
  readonly kind: StreamKind | undefined;
  /** How its messages become rows; undefined for depth and for a stream of no known kind. */
  readonly definition: StreamDefinition | undefined;
}

/**
 * Parses a stream key. The symbol becomes a folder, so only one that passes the symbol rule is taken: nothing that
 * comes from outside can leave the output folder.
 */
export function recordRoute(streamKey: string): RecordRoute {
  const key = parseStreamKey(streamKey);
  if (key === undefined) return { symbol: '', stream: streamKey, kind: undefined, definition: undefined };
  const kind = streamKind(key.stream);
  const definition = kind === undefined || kind === 'depth' ? undefined : streamDefinition(kind);
  return { symbol: key.symbol, stream: key.stream, kind, definition };
}

/** The kind of file that a record of this type belongs in; undefined when there is none. */
export function recordFileKind(route: RecordRoute, type: RecordType): FileKind | undefined {
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
