import { Buffer } from 'node:buffer';
import { parseStreamKey, streamKind, type StreamKind } from '@org/market-data';
import { pointDefinition } from './catalogue.ts';
import type { PointDefinition } from './point-definition.ts';

/** Measurement and tags of a line with the blank behind them, by the side that the event names. */
export interface LineHeads {
  readonly plain: Buffer;
  readonly buy: Buffer;
  readonly sell: Buffer;
}

/** What the key of a stream says about its points. */
export interface StreamPoints {
  /** '' when the key names no symbol: nothing of such a stream can be stored. */
  readonly symbol: string;
  /** The stream without its symbol. */
  readonly stream: string;
  /** Undefined for a stream of no known kind. */
  readonly kind: StreamKind | undefined;
  /** Undefined for depth and for a stream of no known kind. */
  readonly definition: PointDefinition | undefined;
  readonly heads: LineHeads;
}

/**
 * Symbols are letters, digits and `_`, names of known streams have nothing in them that line protocol would take for
 * something else: neither needs escapes.
 */
export function streamPoints(streamKey: string): StreamPoints {
  const { symbol, stream } = parseStreamKey(streamKey) ?? { symbol: '', stream: streamKey };
  const kind = streamKind(stream);
  const definition = kind === undefined ? undefined : pointDefinition(kind);
  const head = (side: string): Buffer => {
    const tag = definition?.streamTag?.(stream);
    // Sorted by their names, which spares the server from it: interval, side, stream, symbol.
    return Buffer.from(`${[definition?.kind, side, tag, `symbol=${symbol}`].filter(Boolean).join(',')} `);
  };
  const heads = { plain: head(''), buy: head('side=buy'), sell: head('side=sell') };
  return { symbol, stream, kind, definition, heads };
}
