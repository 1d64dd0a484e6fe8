import { execFileSync } from 'node:child_process';
import { whileRecording } from '../process/generated-exchange.ts';
import { eventually, type Recorder } from '../process/recorder.ts';
import { alertMetrics, dashboardQueries, metricsIn } from './deployed.ts';
import { eachValue, metricNames, valueOf } from './exposition.ts';
import { promtool } from './tools.ts';

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
  it('exports what its dashboards and alerts name, and the best of its books', async () => {
    await whileRecording({ symbols: ['BTCUSDT', '币安人生USDT'] }, async ({ recorder }) => {
      await recorder.statusWhen(
        ({ state, books }) => state === 'healthy' && books.every((book) => book.state === 'live'),
      );
      let metrics = '';
      const durable = (): number => valueOf(metrics, 'recorder_receipt_to_durable_seconds_count') ?? 0;
      await eventually(
        async () => {
          metrics = await metricsOf(recorder);
          const isStoring = durable() > 0 && (valueOf(metrics, 'recorder_stored_rows_total') ?? 0) > 0;
          return isStoring && valueOf(metrics, 'recorder_books{state="live"}') === 2;
        },
        () => metrics,
      );
      const exported = metricNames(metrics);
      expect(
        [...metricsIn(dashboardQueries()), ...alertMetrics()].filter(
          // Those are of machines that do a part of the work.
          (name) => !exported.has(name) && !name.startsWith('recorder_cluster_'),
        ),
      ).toEqual([]);
      if (promtool !== undefined)
        expect(execFileSync(promtool, ['check', 'metrics'], { input: metrics, encoding: 'utf8' })).toBe('');
      expect(events(metrics)).toBeGreaterThan(0);
      // Metrics are made of the latest reports, so they are never ahead of the status.
      expect(events(metrics)).toBeLessThanOrEqual(
        (await recorder.status()).streams.reduce((total, each) => total + each.events, 0),
      );
      expect(valueOf(metrics, 'recorder_event_to_receipt_seconds_count{kind="depth"}')).toBeGreaterThan(0);
      for (const process of ['primary', 'writer', 'order-book', 'worker-1'])
        expect(valueOf(metrics, `recorder_process_cpu_seconds_total{process="${process}"}`)).toBeGreaterThan(
          0,
        );

      const { books } = (await recorder.get('/books')).body as { readonly books: readonly Top[] };
      expect(books.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', '币安人生USDT']);
      for (const { bid, ask } of books) expect(Number(bid![0])).toBeLessThan(Number(ask![0]));
    });
  }, 90_000);
});
