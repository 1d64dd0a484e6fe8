import type { Buffer } from 'node:buffer';

const NOTICE_BYTES_MAX = 512;
const EVENT = 'serverShutdown';

/**
 * Whether the message announces that its server will close the connection: `{"e":"serverShutdown","E":…}`, alone or as
 * `data` of an envelope. Documented for spot and the WebSocket API (developers.binance.com, spot change log, seen
 * 2026-11); taken wherever it comes.
 */
export function isShutdownNotice(bytes: Buffer): boolean {
  if (bytes.length > NOTICE_BYTES_MAX || !bytes.includes(EVENT)) return false;
  try {
    const message = JSON.parse(bytes.toString('utf8')) as Notice | null;
    return message?.e === EVENT || message?.data?.e === EVENT;
  } catch {
    return false;
  }
}

interface Notice {
  readonly e?: unknown;
  readonly data?: { readonly e?: unknown } | null;
}
