import type { MonitoringSources } from '../../src/monitoring/routes.ts';
import type { LiveStatus } from '../../src/monitoring/monitoring-desk.ts';

/** A status as a recorder of these symbols would give it; `more` replaces parts of it. */
export function toldStatus(symbols: readonly string[], more: Partial<LiveStatus> = {}): LiveStatus {
  return {
    state: 'healthy',
    version: '0.1.0',
    startedAt: '2026-11-22T10:00:00.000Z',
    observedAt: '2026-11-22T12:00:00.000Z',
    stateSince: '2026-11-22T10:00:05.000Z',
    obstacles: [],
    concerns: [],
    processes: [
      { role: 'primary', id: 'primary', pid: 1, state: 'ready', restarts: 0, rssBytes: 9e7, symbols: [] },
    ],
    streams: symbols.map((symbol) => ({
      stream: `${symbol}@aggTrade`, lastEventAgeMs: 40, events: 0, gaps: 0, duplicates: 0, alarm: null,
    })), // prettier-ignore
    queues: [
      { name: 'csv', bytes: 1024, spooledBytes: 0, oldestAgeMs: 12, refusedBatches: 0, spoolFailures: 0 },
    ],
    sinks: [],
    writeLatencyMs: { p50: 1, p99: 2, p999: 3 },
    receiptToDurableMs: { p50: 4, p99: 5, p999: 6 },
    receiptToDurable: { boundsMs: [10, 100], counts: [5, 1, 0], sumMs: 90 },
    books: symbols.map((symbol) => ({ symbol, state: 'live', lastUpdateId: 7 })),
    archive: { waiting: 0, packed: 0, failed: 0, bytesIn: 0, bytesOut: 0, current: null },
    disk: null,
    cluster: null,
    reloads: { requested: 0, finished: 0, lastAt: null, outcome: null, problem: null, needRestart: [] },
    logs: { written: 0, suppressed: 0, lost: 0 },
    ...more,
  };
}

/** Sources that tell what they are given. */
export function toldSources(more: Partial<MonitoringSources> = {}): MonitoringSources {
  return {
    status: () => Promise.resolve(toldStatus(['BTCUSDT'])),
    obstacles: () => [],
    hasSymbol: (symbol) => symbol === 'BTCUSDT' || symbol === '币安人生USDT',
    book: (symbol) => Promise.resolve({ symbol, lastUpdateId: 1, eventTimeMs: 2, bids: [], asks: [] }),
    tops: () => Promise.resolve([]),
    metrics: () => Promise.resolve('up 1\n'),
    ...more,
  };
}
