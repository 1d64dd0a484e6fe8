import { BinanceClientError } from './errors.ts';

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The base address without a slash at its end. Market data that is not encrypted can be changed on its way, so `http:`
 * and `ws:` are for this machine only.
 *
 * Throws {@link BinanceClientError} `ENDPOINT_REFUSED`.
 */
export function checkedEndpoint(text: string, scheme: 'http' | 'ws'): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refused(text, 'an address');
  const plain = url.protocol === `${scheme}:` && LOOPBACK_HOST.test(url.hostname);
  if (!plain && url.protocol !== `${scheme}s:`)
    throw refused(text, `${scheme}s: (${scheme}: for loopback only)`);
  if (url.username !== '' || url.search !== '' || url.hash !== '')
    throw refused(url.host, 'no user, query or fragment');
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function refused(text: string, expected: string): BinanceClientError {
  return new BinanceClientError(
    'ENDPOINT_REFUSED',
    `endpoint ${JSON.stringify(text.slice(0, 200))}: expected ${expected}`,
  );
}
