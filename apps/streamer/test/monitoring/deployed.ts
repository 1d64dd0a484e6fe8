import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const ALERTS = resolve('deploy/prometheus/alerts.yml');
const DASHBOARD = resolve('deploy/grafana/recorder.json');

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** The queries of the Grafana dashboard. */
export function dashboardQueries(): string[] {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { readonly panels: readonly Panel[] };
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}

/** Names of the recorder's metrics in queries. */
export function metricsIn(queries: readonly string[]): string[] {
  return [...new Set(queries.flatMap((query) => query.match(/\brecorder_[a-z_]+/g) ?? []))].sort();
}

/** Names of metrics that the alert rules name. */
export function alertMetrics(): string[] {
  return metricsIn(
    [...readFileSync(ALERTS, 'utf8').matchAll(/^ +expr: (?:>-\n)?((?:.*\n)+?) +(?:for|labels):/gm)].map(
      ([, expr]) => expr!,
    ),
  );
}
