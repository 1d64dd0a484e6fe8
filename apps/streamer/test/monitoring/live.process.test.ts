import { execFileSync } from 'node:child_process';
import { whileRecording } from '../process/generated-exchange.ts';
import { eventually, type Recorder } from '../process/recorder.ts';
import { openBrowser, openPage, picture, rowOrder, symbolCell } from './browser.ts';
import { alertMetrics, dashboardQueries, metricsIn } from './deployed.ts';
import { eachValue, metricNames, valueOf } from './exposition.ts';
import { chromium, promtool } from './tools.ts';

async function metricsOf(recorder: Recorder): Promise<string> {
  const response = await fetch(`${await recorder.url()}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return response.text();
}

const events = (metrics: string): number =>
  eachValue(metrics)
    .filter(([series]) => series.startsWith('recorder_events_total'))
    .reduce((total, [, value]) => total + value, 0);

interface Top {
  readonly symbol: string;
  readonly bid?: readonly [string, string];
  readonly ask?: readonly [string, string];
}

describe('a recorder at work', () => {
  it('exports what its dashboards and alerts name, and shows on its page what it tells', async () => {
    await whileRecording({ symbols: ['BTCUSDT', '币安人生USDT'] }, async ({ recorder }) => {
      await recorder.statusWhen(
        ({ state, books }) => state === 'healthy' && books.every((book) => book.state === 'live'),
      );
      let metrics = '';
      const durable = (): number => valueOf(metrics, 'recorder_receipt_to_durable_seconds_count') ?? 0;
      await eventually(
        async () => {
          metrics = await metricsOf(recorder);
          return durable() > 0 && (valueOf(metrics, 'recorder_stored_rows_total') ?? 0) > 0;
        },
        () => metrics,
      );
      const exported = metricNames(metrics);
      expect(
        [...metricsIn(dashboardQueries()), ...alertMetrics()].filter((name) => !exported.has(name)),
      ).toEqual([]);
      if (promtool !== undefined)
        expect(execFileSync(promtool, ['check', 'metrics'], { input: metrics, encoding: 'utf8' })).toBe('');
      expect(events(metrics)).toBeGreaterThan(0);
      // Metrics are made of the latest reports, so they are never ahead of the status.
      expect(events(metrics)).toBeLessThanOrEqual(
        (await recorder.status()).streams.reduce((total, each) => total + each.events, 0),
      );
      expect(valueOf(metrics, 'recorder_books{state="live"}')).toBe(2);
      expect(valueOf(metrics, 'recorder_event_to_receipt_seconds_count{kind="depth"}')).toBeGreaterThan(0);
      for (const process of ['primary', 'writer', 'order-book', 'worker-1'])
        expect(valueOf(metrics, `recorder_process_cpu_seconds_total{process="${process}"}`)).toBeGreaterThan(
          0,
        );

      const { books } = (await recorder.get('/books')).body as { readonly books: readonly Top[] };
      expect(books.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', '币安人生USDT']);
      for (const { bid, ask } of books) expect(Number(bid![0])).toBeLessThan(Number(ask![0]));
      if (chromium !== undefined) await looksAtPage(recorder);
    });
  }, 90_000);
});

interface Told {
  readonly observedAt: string;
  readonly streams: readonly { readonly stream: string; readonly events: number }[];
}

/** Events of a symbol a second, between two statuses; NaN when there are not two. */
function rateOf(before: Told | undefined, after: Told | undefined): number {
  if (before === undefined || after === undefined) return NaN;
  const eventsOf = ({ streams }: Told): number =>
    streams
      .filter(({ stream }) => stream.startsWith('BTCUSDT@'))
      .reduce((total, each) => total + each.events, 0);
  return (
    (eventsOf(after) - eventsOf(before)) /
    ((Date.parse(after.observedAt) - Date.parse(before.observedAt)) / 1000)
  );
}

/** The rate on the page is the difference of two statuses that the page was given, over the time between them. */
async function looksAtPage(recorder: Recorder): Promise<void> {
  const browser = await openBrowser();
  try {
    const { page, misdeeds } = await openPage(browser, await recorder.url());
    const told: Told[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith('/status')) void response.json().then((status: Told) => told.push(status));
    });
    let shown = '';
    let rate = NaN;
    await eventually(
      async () => {
        shown = await symbolCell(page, 'BTCUSDT', 'eventsPerSecond').catch(() => '–');
        rate = rateOf(told.at(-2), told.at(-1));
        return shown !== '–' && Math.abs(Number(shown) - rate) <= (rate >= 100 ? 0.51 : 0.051);
      },
      () => `the page shows ${shown}, the status says ${rate}`,
      30_000,
    );
    expect(await rowOrder(page)).toEqual(['BTCUSDT', '币安人生USDT']);
    expect(Number(await symbolCell(page, 'BTCUSDT', 'spread'))).toBeGreaterThan(0);
    await picture(page, 'dashboard-live');
    expect(misdeeds).toEqual({ errors: [], strangers: [] });
  } finally {
    await browser.close();
  }
}
