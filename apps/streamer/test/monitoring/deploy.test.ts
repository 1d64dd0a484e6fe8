import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { ClusterRole } from '@org/config';
import { renderMetrics } from '../../src/monitoring/metrics/render-metrics.ts';
import { StatusBoard } from '../../src/monitoring/status-board.ts';
import {
  filledDisk,
  forwarderReport,
  partitionWriterReport,
  workerReport,
  writerReport,
} from './child-reports.ts';
import { ALERTS, alertMetrics, dashboardQueries, metricsIn } from './deployed.ts';
import { metricNames } from './exposition.ts';
import { itWith, promtool } from './tools.ts';

const maybe = itWith(promtool, 'promtool');

function metrics(role: ClusterRole = 'all'): Promise<string> {
  const expected = { symbolsOf: new Map(), streams: ['BTCUSDT@aggTrade', '币安人生USDT@kline_1m'] };
  const config = { role, name: 'recorder', servers: [], partitions: 16 };
  const board = new StatusBoard(0, expected, { config, node: 'n' });
  if (role !== 'all') {
    board.report('forwarder', forwarderReport(), 0);
    board.report('partition-writer', partitionWriterReport(), 0);
  }
  board.report('worker-1', workerReport(7), 0);
  board.report('writer', writerReport(), 0);
  board.disk = filledDisk();
  return renderMetrics({
    version: '1', market: 'usdm', nowMs: 1, startedAtMs: 0, status: { ...board.status(1, [], false), obstacles: [] },
    logs: { written: 1, suppressed: 0, lost: 0 }, totals: board.totals(), figures: board.figures(), processFigures: () => undefined, journal: board.journal(),
    budget: { limitPerMinute: 1, usedWeight: 0, waiting: 0, inFlight: 0, hold: undefined },
  }); // prettier-ignore
}

describe('what is deployed beside the recorder', () => {
  it('names only metrics that the recorder exports', async () => {
    const exported = new Set([...metricNames(await metrics()), ...metricNames(await metrics('writer'))]);
    const named = [...metricsIn(dashboardQueries()), ...alertMetrics()];
    expect(named.filter((name) => !exported.has(name))).toEqual([]);
    expect(alertMetrics().length).toBeGreaterThan(10);
    expect(dashboardQueries().length).toBeGreaterThan(25);
  });

  maybe('is exported in a form that promtool accepts', async () => {
    const said = execFileSync(promtool!, ['check', 'metrics'], {
      input: await metrics('writer'),
      encoding: 'utf8',
    });
    expect(said).toBe('');
  });

  maybe('has alert rules that promtool accepts', () => {
    expect(execFileSync(promtool!, ['check', 'rules', ALERTS], { encoding: 'utf8' })).toMatch(
      /SUCCESS: \d+ rules found/,
    );
    return Promise.resolve();
  });

  maybe('has alerts that fire when something is wrong, and not when nothing is', () => {
    const cases = resolve('apps/streamer/test/monitoring/alerts.promtest.yml');
    expect(execFileSync(promtool!, ['test', 'rules', cases], { encoding: 'utf8' })).toMatch(/SUCCESS/);
    return Promise.resolve();
  });
});
