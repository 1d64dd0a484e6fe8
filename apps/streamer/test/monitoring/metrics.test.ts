import type { MetricsView } from '../../src/monitoring/metrics/metrics-view.ts';
import { renderMetrics } from '../../src/monitoring/metrics/render-metrics.ts';
import type { ChildState } from '../../src/monitoring/recorder-status.ts';
import { StatusBoard } from '../../src/monitoring/status-board.ts';
import { durations, filledDisk, workerReport, writerReport } from './child-reports.ts';
import { eachValue, valueOf } from './exposition.ts';

const NOW_MS = 10_000;

const worker: ChildState = { id: 'worker-1', role: 'worker', pid: 2, state: 'ready', restarts: 1 };
const writer: ChildState = { id: 'writer', role: 'writer', pid: 3, state: 'ready', restarts: 0 };

function boardOf(streams: readonly string[] = ['BTCUSDT@aggTrade']): StatusBoard {
  return new StatusBoard(0, { symbolsOf: new Map(), streams });
}

function viewOf(board: StatusBoard, more: Partial<MetricsView> = {}): MetricsView {
  const status = { ...board.status(NOW_MS, [worker, writer], false), obstacles: [] };
  return {
    version: '1.2.3',
    market: 'usdm',
    nowMs: NOW_MS,
    startedAtMs: 0,
    status,
    logs: { written: 70, suppressed: 8, lost: 9 },
    totals: board.totals(),
    figures: board.figures(),
    processFigures: (id) => board.processFigures(id),
    journal: board.journal(),
    budget: { limitPerMinute: 2400, usedWeight: 61, waiting: 0, inFlight: 0, hold: { reason: 'banned', remainingMs: 1500 } },
    ...more,
  };
} // prettier-ignore

const text = (board: StatusBoard, more?: Partial<MetricsView>): Promise<string> =>
  renderMetrics(viewOf(board, more));

describe('the metrics', () => {
  it('tell what the children report, in seconds and bytes', async () => {
    const board = boardOf();
    board.report('worker-1', workerReport(7), NOW_MS);
    board.report('writer', writerReport(), NOW_MS);
    const metrics = await text(board);
    const values: Record<string, number> = {
      'recorder_build_info{version="1.2.3",market="usdm"}': 1,
      'recorder_uptime_seconds': 10,
      'recorder_ready': 1,
      'recorder_events_total{market="usdm",kind="aggtrade"}': 7,
      'recorder_duplicates_total{kind="aggtrade"}': 2,
      'recorder_gaps_total{kind="aggtrade"}': 1,
      'recorder_gaps_by_reason_total{reason="reconnect"}': 1,
      'recorder_gaps_by_reason_total{reason="silence"}': 0,
      'recorder_gaps_healed_total': 1,
      'recorder_stream_age_seconds{kind="aggtrade"}': 1,
      'recorder_stream_events_total{symbol="BTCUSDT",stream="aggTrade"}': 7,
      'recorder_stored_rows_total': 12,
      'recorder_stored_bytes_total': 1200,
      'recorder_reconnects_total': 2,
      'recorder_rejected_total': 1,
      'recorder_queue_bytes{process="worker-1"}': 100,
      'recorder_queue_spooled_bytes{process="worker-1"}': 10,
      'recorder_queue_oldest_age_seconds{process="worker-1"}': 0.25,
      'recorder_sink_lag_bytes{sink="csv"}': 700,
      'recorder_sink_lag_seconds{sink="csv"}': 0.04,
      'recorder_refused_batches_total{role="worker"}': 3,
      'recorder_duplicate_batches_total': 1,
      'recorder_journal_bytes': 4096,
      'recorder_disk_full': 0,
      'recorder_rest_weight_used': 61,
      'recorder_rest_weight_limit': 2400,
      'recorder_rest_hold_seconds{reason="banned"}': 1.5,
      'recorder_rest_hold_seconds{reason="rate-limited"}': 0,
      'recorder_process_restarts_total{process="worker-1",role="worker"}': 1,
      'recorder_process_resident_memory_bytes{process="writer"}': 6e7,
      'recorder_process_cpu_seconds_total{process="worker-1"}': 1.5,
    }; // prettier-ignore
    for (const [series, value] of Object.entries(values))
      expect([series, valueOf(metrics, series)]).toEqual([series, value]);
  });

  it('count durations exactly: every bucket holds those below it, the sum is in seconds', async () => {
    const board = boardOf();
    board.report('worker-1', workerReport(7), NOW_MS);
    const metrics = await text(board);
    const name = 'recorder_event_to_receipt_seconds';
    const bucket = (le: string): number | undefined =>
      valueOf(metrics, `${name}_bucket{kind="aggtrade",le="${le}"}`);
    expect([bucket('0.01'), bucket('0.1'), bucket('+Inf')]).toEqual([4, 4, 5]);
    expect(valueOf(metrics, `${name}_count{kind="aggtrade"}`)).toBe(5);
    expect(valueOf(metrics, `${name}_sum{kind="aggtrade"}`)).toBeCloseTo(0.1, 9);
  });

  it('never go back when a child ends and another life of it counts from zero', async () => {
    const board = boardOf();
    board.report('worker-1', workerReport(7), NOW_MS);
    board.report('writer', writerReport(), NOW_MS);
    for (const id of ['worker-1', 'writer']) board.ended(id);
    const between = await text(board);
    expect(valueOf(between, 'recorder_events_total{kind="aggtrade"}')).toBe(7);
    expect(valueOf(between, 'recorder_refused_batches_total{role="worker"}')).toBe(3);
    expect(valueOf(between, 'recorder_journal_commit_seconds_count')).toBe(6);
    // Nobody knows these now, and a 0 would be a lie.
    expect(valueOf(between, 'recorder_journal_bytes')).toBeUndefined();
    expect(valueOf(between, 'recorder_process_cpu_seconds_total{process="writer"}')).toBeUndefined();
    board.report('worker-1', workerReport(1), NOW_MS);
    board.report('writer', writerReport(), NOW_MS);
    const after = await text(board);
    const growing = (metrics: string): Map<string, number> =>
      new Map(
        eachValue(metrics).filter(
          ([series]) => /_total|_bucket|_count|_sum/.test(series) && !series.includes('_process_'),
        ),
      );
    const later = growing(after);
    for (const [series, value] of growing(between)) expect(later.get(series)).toBeGreaterThanOrEqual(value);
    expect(valueOf(after, 'recorder_gaps_by_reason_total{reason="reconnect"}')).toBe(2);
    expect(valueOf(after, 'recorder_journal_commit_seconds_count')).toBe(12);
  });

  it('tell 500 streams one by one, and of more only the sums', async () => {
    const keys = (count: number): string[] =>
      Array.from({ length: count }, (_, index) => `S${index}USDT@aggTrade`);
    const few = await text(boardOf(keys(500)));
    expect(
      eachValue(few).filter(([series]) => series.startsWith('recorder_stream_events_total')),
    ).toHaveLength(500);
    const many = await text(boardOf(keys(501)));
    expect(many).not.toMatch(/symbol="/);
    expect(valueOf(many, 'recorder_streams{kind="aggtrade"}')).toBe(501);
  });

  it('leave out the request weight where it cannot be read', async () => {
    expect(await text(boardOf(), { budget: undefined })).not.toMatch(/^recorder_rest/m);
  });

  it('take reports without figures, and symbols of any script', async () => {
    const board = boardOf(['币安人生USDT@aggTrade']);
    const { figures: _, ...bare } = workerReport(1);
    board.report('worker-1', bare, NOW_MS);
    expect(await text(board)).toMatch(
      /recorder_stream_events_total\{symbol="币安人生USDT",stream="aggTrade"\} 0/,
    );
    expect(durations(1, 2, 3).sumMs).toBe(120);
  });

  it('tell of the room for recordings, of closed files and of the log', async () => {
    const board = boardOf();
    board.disk = filledDisk();
    const archive = { waiting: 4, packed: 5, failed: 1, bytesIn: 600, bytesOut: 70, current: null };
    board.report('writer', writerReport({ archive }), NOW_MS);
    board.ended('writer');
    board.report('writer', writerReport({ archive }), NOW_MS);
    const metrics = await text(board);
    const values: Record<string, number> = {
      recorder_disk_free_bytes: 100,
      recorder_disk_size_bytes: 1000,
      recorder_disk_fill_bytes_per_second: 5,
      recorder_disk_full_in_seconds: 20,
      'recorder_disk_stage{stage="shed"}': 1,
      'recorder_disk_stage{stage="ok"}': 0,
      recorder_disk_shed_streams: 1,
      recorder_retention_removed_bytes_total: 50,
      recorder_retention_failures_total: 1,
      recorder_archive_waiting_files: 4,
      recorder_archive_failed_files: 1,
      recorder_archive_packed_files_total: 10,
      recorder_archive_read_bytes_total: 1200,
      recorder_archive_written_bytes_total: 140,
      'recorder_openings_total{result="written"}': 6,
      'recorder_openings_total{result="missing"}': 2,
      'recorder_log_lines_total{result="lost"}': 9,
    };
    expect(
      Object.fromEntries(Object.keys(values).map((series) => [series, valueOf(metrics, series)])),
    ).toEqual(values);
  });

  it('say nothing of a disk that does not answer, and that one is never full that does not fill', async () => {
    const board = boardOf();
    expect(await text(board)).not.toContain('recorder_disk_free_bytes');
    board.disk = { ...filledDisk(), fullInSeconds: null };
    const metrics = await text(board);
    expect(metrics).toContain('recorder_disk_full_in_seconds +Inf');
    expect(valueOf(metrics, 'recorder_disk_free_bytes')).toBe(100);
  });
});
