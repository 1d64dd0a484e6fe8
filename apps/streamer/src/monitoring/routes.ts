import { parseSymbol, SymbolError } from '@org/market-data';
import { Hono } from 'hono';
import type { BookAnswer } from '../control/messages.ts';
import { httpGuard } from './http-guard.ts';
import { METRICS_CONTENT_TYPE } from './metrics/render-metrics.ts';
import type { LiveStatus } from './monitoring-desk.ts';
import { pageFile } from './page-files.ts';

export interface MonitoringSources {
  status(): Promise<LiveStatus>;
  obstacles(): readonly string[];
  hasSymbol(symbol: string): boolean;
  book(symbol: string, depth: number): Promise<BookAnswer>;
  /** The best level of every book; undefined when nobody answers. */
  tops(): Promise<readonly BookAnswer[] | undefined>;
  /** In the Prometheus text format. */
  metrics(): Promise<string>;
}

const BOOK_DEPTH_DEFAULT = 20;
const BOOK_DEPTH_MAX = 1000;

/** `host`: what the server listens on; it decides which `Host` headers are answered. */
export function monitoringRoutes(sources: MonitoringSources, host: string): Hono {
  const routes = new Hono();
  routes.use(httpGuard(host));
  routes.get('/healthz', (context) => context.json({ status: 'ok' }));
  routes.get('/readyz', (context) => {
    const obstacles = sources.obstacles();
    return context.json({ ready: obstacles.length === 0, obstacles }, obstacles.length === 0 ? 200 : 503);
  });
  routes.get('/status', async (context) => context.json(await sources.status()));
  routes.get('/metrics', async (context) =>
    context.body(await sources.metrics(), 200, { 'Content-Type': METRICS_CONTENT_TYPE }),
  );
  bookRoutes(routes, sources);
  routes.get('*', async (context, next) => {
    const file = await pageFile(context.req.path);
    if (file === undefined) return next();
    return context.body(file.bytes, 200, { 'Content-Type': file.contentType });
  });
  routes.notFound((context) => context.json({ error: 'not found' }, 404));
  // What went wrong inside is for the log of the recorder, not for whoever asks.
  routes.onError((_, context) => context.json({ error: 'internal error' }, 500));
  return routes;
}

function bookRoutes(routes: Hono, sources: MonitoringSources): void {
  routes.get('/books', async (context) => {
    const tops = await sources.tops();
    if (tops === undefined) return context.json({ error: 'the order-book manager does not answer' }, 503);
    return context.json({ books: tops.map(topOf) });
  });
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
}

/** One line of `GET /books`; a side without levels has no best. */
function topOf(answer: BookAnswer): object {
  const { symbol } = answer;
  if ('unavailable' in answer) return { symbol, error: answer.unavailable };
  const { lastUpdateId, eventTimeMs, bids, asks } = answer;
  return { symbol, lastUpdateId, eventTimeMs, bid: bids[0] ?? null, ask: asks[0] ?? null };
}

function symbolOf(text: string): string | undefined {
  try {
    return parseSymbol(text);
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}
