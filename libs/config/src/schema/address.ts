import { isIP } from 'node:net';
import { z } from 'zod';

/** Four numbers that start with 127: the URL parser has already normalised every other way to write an IPv4 address. */
const LOOPBACK_IPV4 = /^127\.\d+\.\d+\.\d+$/;

/** The last part of a path that the client appends itself; pasting a whole stream or API address is a common slip. */
const APPENDED_ROUTE = /\/(ws|stream|public|market|private|fapi|dapi|api)(\/v\d+)?$/;

/** Addresses longer than this are no base addresses. */
const URL_CHARACTERS_MAX = 2048;

/** Whether traffic to this host stays on this machine, so that it needs no TLS. `hostname` as a URL has it. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || LOOPBACK_IPV4.test(hostname);
}

function addressExpected(secure: string, plain: string): string {
  return `${secure === 'https' ? 'an' : 'a'} ${secure}:// address, or ${plain}:// on loopback`;
}

/** What is wrong with a base address, as the words after "expected"; undefined when nothing is. */
function addressFault(text: string, secure: string, plain: string): string | undefined {
  const expected = addressExpected(secure, plain);
  if (text.length > URL_CHARACTERS_MAX || /[\s\\]/.test(text) || !URL.canParse(text)) return expected;
  const url = new URL(text);
  if (url.protocol !== `${secure}:` && url.protocol !== `${plain}:`) return expected;
  if (url.protocol === `${plain}:` && !isLoopback(url.hostname)) {
    return `${secure}:// for a host that is not loopback (127.0.0.0/8, ::1 or localhost)`;
  }
  if (url.username !== '' || url.password !== '') return 'an address without user and password';
  if (/[?#]/.test(text)) return 'an address without query and fragment';
  if (APPENDED_ROUTE.test(url.pathname.replace(/\/+$/, '')))
    return 'an address without the route that the recorder adds';
  return undefined;
}

/** The base address of a service: TLS unless it is on loopback, no credentials, no query, no slash at the end. */
export function addressField(description: string, fallback: string, secure: 'https' | 'wss') {
  const plain = secure === 'https' ? 'http' : 'ws';
  const expected = addressExpected(secure, plain);
  return z
    .string({ error: expected })
    .transform((text, context) => {
      const message = addressFault(text, secure, plain);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
      return text.replace(/\/+$/, '');
    })
    .optional()
    .meta({ description, expected, fallback });
}

const HOST_NAME = /^(?=.{1,253}$)[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i;

/** An address or a name to listen on. */
export function hostField(description: string, fallback: string) {
  const expected = 'an IP address or a host name';
  return z
    .string({ error: expected })
    .refine((text) => isIP(text) !== 0 || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text)), {
      error: expected,
    })
    .meta({ description, expected })
    .default(fallback);
}
