import type { Product, Route } from '../product.ts';

/** What a handshake asks for. */
export interface StreamAddress {
  readonly route: Route;
  /** Whether frames come in the envelope that names their stream. */
  readonly combined: boolean;
  readonly streams: readonly string[];
  /** What the client calls itself, `?client=…`. The exchange has no such parameter and ignores what it does not know. */
  readonly client: string | undefined;
}

/** A handshake that is refused, with the HTTP status that says why. */
export interface RefusedAddress {
  readonly status: 400 | 404 | 414;
}

/** Longest request line: 16,338 characters passed and 16,886 did not, measured by others on 2026-08-08. */
export const REQUEST_LINE_BYTES_MAX = 16 * 1024;
/** Streams of one connection: developers.binance.com, "Connect", seen 2026-11. */
export const STREAMS_MAX = 1024;

/** Characters of a client's name that are kept. */
export const CLIENT_NAME_MAX = 200;

export function isRequestLineTooLong(method: string, url: string): boolean {
  return Buffer.byteLength(`${method} ${url} HTTP/1.1`) > REQUEST_LINE_BYTES_MAX;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Reads `/public/stream?streams=a/b`, `/market/ws/a/b`, `/ws`, …: the address forms of the exchange. */
export function parseStreamAddress(product: Product, url: string): StreamAddress | RefusedAddress {
  if (isRequestLineTooLong('GET', url)) return { status: 414 };
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const match = /^(?:\/(public|market))?\/(ws|stream)(\/.*)?$/.exec(path);
  if (match === null) return { status: 404 };
  const [, prefix, form, rest = ''] = match;
  if (prefix !== undefined && !product.routed) return { status: 404 };
  const combined = form === 'stream';
  const parameters = mark < 0 ? '' : url.slice(mark + 1);
  const query = /(?:^|&)streams=([^&]*)/.exec(parameters)?.[1] ?? '';
  const names = decoded(combined ? query : rest);
  if (names === undefined) return { status: 400 };
  const client = /(?:^|&)client=([^&]*)/.exec(parameters)?.[1];
  const streams = [...new Set(names.split('/').filter((name) => name !== ''))];
  if (streams.length > STREAMS_MAX) return { status: 400 };
  return {
    route: (prefix as Route | undefined) ?? 'unrouted',
    combined,
    streams,
    client: client === undefined ? undefined : decoded(client)?.slice(0, CLIENT_NAME_MAX),
  };
}
