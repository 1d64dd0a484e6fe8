import { isIP } from 'node:net';
import type { Context, MiddlewareHandler } from 'hono';

/** Longest request target; nothing that is asked here is half as long. */
const TARGET_LENGTH_MAX = 1024;

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Nothing is fetched from elsewhere, nothing runs but the scripts of this page, nobody frames it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: readonly (readonly [string, string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Content-Security-Policy', CONTENT_SECURITY_POLICY],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cache-Control', 'no-store'],
];

/**
 * Answers only to who asks for something, in its own name, and asks briefly. A name that somebody else's DNS points here
 * (rebinding) would let any web page read what this recorder says, so the `Host` must be one of ours.
 */
export function httpGuard(configuredHost: string): MiddlewareHandler {
  return async (context, next) => {
    for (const [name, value] of HEADERS) context.header(name, value);
    const { method, url } = context.req;
    if (!METHODS.has(method)) {
      context.header('Allow', [...METHODS].join(', '));
      return refusal(context, 405, 'method not allowed: expected GET or HEAD');
    }
    const { pathname, search } = new URL(url);
    if (!isOwnHost(context.req.header('host') ?? '', configuredHost))
      return refusal(context, 421, 'misdirected request: this host name is not served here');
    if (pathname.length + search.length > TARGET_LENGTH_MAX)
      return refusal(context, 414, `URI too long: expected at most ${TARGET_LENGTH_MAX} characters`);
    return next();
  };
}

/**
 * Whether a `Host` header names this server: a loopback name or the configured host. Who listens on every address is
 * asked by many names; addresses and names without a dot are then taken too, for no DNS of others can give them away.
 */
export function isOwnHost(header: string, configuredHost: string): boolean {
  const name = hostName(header);
  if (name === undefined) return false;
  if (LOOPBACK_NAMES.has(name) || (isIP(name) === 4 && name.startsWith('127.'))) return true;
  const configured = configuredHost.toLowerCase();
  if (name === configured) return true;
  return ANY_ADDRESS.has(configured) && (isIP(name) !== 0 || !name.includes('.'));
}

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '::1']);
const ANY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Without port and brackets, in lower case; undefined for what is no host. */
function hostName(header: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function refusal(context: Context, status: 405 | 414 | 421, error: string): Response {
  return context.json({ error }, status);
}
