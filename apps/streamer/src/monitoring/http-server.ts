import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { parseSymbol, SymbolError } from '@org/market-data';
import { Hono } from 'hono';
import type { BookAnswer } from '../control/messages.ts';
import type { RecorderStatus } from './status-board.ts';
import { INDEX_PAGE } from './index-page.ts';

export interface MonitoringSources {
  status(): Promise<RecorderStatus>;
  obstacles(): readonly string[];
  hasSymbol(symbol: string): boolean;
  book(symbol: string, depth: number): Promise<BookAnswer>;
}

const BOOK_DEPTH_DEFAULT = 20;
const BOOK_DEPTH_MAX = 1000;

export function monitoringRoutes(sources: MonitoringSources): Hono {
  const routes = new Hono();
  routes.get('/', (context) => context.html(INDEX_PAGE));
  routes.get('/healthz', (context) => context.json({ status: 'ok' }));
  routes.get('/readyz', (context) => {
    const obstacles = sources.obstacles();
    return context.json({ ready: obstacles.length === 0, obstacles }, obstacles.length === 0 ? 200 : 503);
  });
  routes.get('/status', async (context) => context.json(await sources.status()));
  routes.get('/books/:symbol', async (context) => {
    const depth = Number(context.req.query('depth') ?? BOOK_DEPTH_DEFAULT);
    if (!Number.isInteger(depth) || depth < 1 || depth > BOOK_DEPTH_MAX) {
      return context.json({ error: `depth: expected an integer from 1 to ${BOOK_DEPTH_MAX}` }, 400);
    }
    const symbol = symbolOf(context.req.param('symbol'));
    if (symbol === undefined || !sources.hasSymbol(symbol))
      return context.json({ error: 'no such symbol is recorded' }, 404);
    const answer = await sources.book(symbol, depth);
    if ('unavailable' in answer) return context.json({ symbol, error: answer.unavailable }, 503);
    return context.json(answer);
  });
  routes.notFound((context) => context.json({ error: 'not found' }, 404));
  return routes;
}

function symbolOf(text: string): string | undefined {
  try {
    return parseSymbol(text);
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

export interface MonitoringServer {
  /** Where it listens, for example `http://127.0.0.1:8710`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Listens, or rejects with the system's error (`EADDRINUSE`) when it cannot. */
export function startMonitoring(
  address: { host: string; port: number },
  sources: MonitoringSources,
): Promise<MonitoringServer> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: monitoringRoutes(sources).fetch, hostname: address.host, port: address.port },
      (bound: AddressInfo) =>
        resolve({ url: `http://${hostInUrl(address.host)}:${bound.port}`, close: () => close(server) }),
    ) as Server;
    server.once('error', reject);
  });
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
