import { GAP_REASONS, parseStreamKey, streamKind } from '@org/market-data';
import { isRareStream } from '../../control/rare-streams.ts';
import type { StreamStatus } from '../recorder-status.ts';
import { type Metric, type MetricsView, plain, type Sample } from './metrics-view.ts';

/**
 * So many streams are told one by one. Every one is three series for as long as Prometheus keeps them, and with the whole
 * exchange there would be thousands: then only the sums by kind are told, and /status knows the rest.
 */
export const STREAMS_ONE_BY_ONE_MAX = 500;

/** What came, what is missing, what was stored. */
export function streamMetrics(view: MetricsView): Metric[] {
  const { status, market } = view;
  const groups = byKind(status.streams);
  const each = (value: (streams: readonly StreamStatus[], kind: string) => number): Sample[] =>
    [...groups].map(([kind, streams]) => ({ labels: { market, kind }, value: value(streams, kind) }));
  const labels = ['market', 'kind'];
  return [
    metric('gauge', 'recorder_streams', 'Streams that are recorded', labels, each((streams) => streams.length)),
    metric('counter', 'recorder_events_total', 'Events received, each once', labels, each((streams) => sum(streams, 'events'))),
    metric('counter', 'recorder_duplicates_total', 'Events that were delivered again, by another connection mostly, and were not stored again', labels, each((streams) => sum(streams, 'duplicates'))),
    metric('counter', 'recorder_gaps_total', 'Breaks of continuity; each is a row in a gaps file', labels, each((streams) => sum(streams, 'gaps'))),
    metric('gauge', 'recorder_stream_alarms', 'Streams with which something is wrong now', labels, each((streams) => streams.filter(({ alarm }) => alarm !== null).length)),
    metric('gauge', 'recorder_stream_age_seconds', 'Age of the last event of the stream that has been silent for the longest; of kinds that are always busy', labels, ages(groups, market)),
    ...storeMetrics(view),
    ...bookMetrics(view),
    ...oneByOne(status.streams),
  ]; // prettier-ignore
}

function storeMetrics({ totals, figures: { counters } }: MetricsView): Metric[] {
  // A cause that is not there yet would appear as a 1 that never increased.
  const counted = {
    ...Object.fromEntries(GAP_REASONS.map((reason) => [reason, 0])),
    ...counters.gapsByReason,
  };
  const reasons = Object.entries(counted).map(([reason, value]) => ({ labels: { reason }, value }));
  return [
    metric('counter', 'recorder_gaps_by_reason_total', 'Breaks of continuity by their cause', ['reason'], reasons),
    metric('counter', 'recorder_gaps_healed_total', 'Breaks of which REST brought every missing row', [], plain(counters.healedGaps[''] ?? 0)),
    metric('counter', 'recorder_stored_rows_total', 'Rows written to files', [], plain(totals.rows)),
    metric('counter', 'recorder_stored_bytes_total', 'Bytes written to files, before compression', [], plain(totals.bytes)),
    metric('counter', 'recorder_book_snapshots_total', 'Tops of books sent to be stored', [], plain(totals.bookSnapshots)),
    metric('counter', 'recorder_rejected_total', 'Messages and records that could not be read; they are logged', [], plain(totals.rejected)),
    metric('counter', 'recorder_reconnects_total', 'Connections to the exchange that were lost', [], plain(totals.reconnects)),
  ]; // prettier-ignore
}

const BOOK_STATES = ['live', 'waiting', 'buffering'];

function bookMetrics({ status: { books } }: MetricsView): Metric[] {
  const counts = new Map(BOOK_STATES.map((state) => [state, 0]));
  for (const { state } of books) counts.set(state, (counts.get(state) ?? 0) + 1);
  const samples = [...counts].map(([state, value]) => ({ labels: { state }, value }));
  const help =
    'Books by state: live is in sync, waiting has a snapshot ahead of its stream, buffering waits for a snapshot';
  return [metric('gauge', 'recorder_books', help, ['state'], samples)];
}

function oneByOne(streams: readonly StreamStatus[]): Metric[] {
  if (streams.length > STREAMS_ONE_BY_ONE_MAX) return [];
  const labels = ['symbol', 'stream'];
  const each = (value: (status: StreamStatus) => number | null): Sample[] =>
    streams.flatMap((status) => {
      const known = value(status);
      return known === null ? [] : { labels: streamLabels(status.stream), value: known };
    });
  const lastEventAge = ({ lastEventAgeMs }: StreamStatus): number | null =>
    lastEventAgeMs === null ? null : lastEventAgeMs / 1000;
  return [
    metric('counter', 'recorder_stream_events_total', 'Events received of one stream', labels, each(({ events }) => events)),
    metric('counter', 'recorder_stream_gaps_total', 'Breaks of one stream', labels, each(({ gaps }) => gaps)),
    metric('gauge', 'recorder_stream_last_event_age_seconds', 'Age of the last event of one stream', labels, each(lastEventAge)),
  ]; // prettier-ignore
}

function streamLabels(key: string): { symbol: string; stream: string } {
  return parseStreamKey(key) ?? { symbol: '', stream: key };
}

function byKind(streams: readonly StreamStatus[]): ReadonlyMap<string, StreamStatus[]> {
  const groups = new Map<string, StreamStatus[]>();
  for (const status of streams) {
    const kind = streamKind(streamLabels(status.stream).stream) ?? 'other';
    const group = groups.get(kind);
    if (group === undefined) groups.set(kind, [status]);
    else group.push(status);
  }
  return groups;
}

function ages(groups: ReadonlyMap<string, readonly StreamStatus[]>, market: string): Sample[] {
  return [...groups].flatMap(([kind, streams]) => {
    const known = streams
      .filter(({ stream }) => !isRareStream(streamLabels(stream).stream))
      .flatMap(({ lastEventAgeMs }) => lastEventAgeMs ?? []);
    if (known.length === 0) return [];
    const oldestMs = known.reduce((oldest, age) => Math.max(oldest, age));
    return { labels: { market, kind }, value: oldestMs / 1000 };
  });
}

function sum(streams: readonly StreamStatus[], name: 'events' | 'gaps' | 'duplicates'): number {
  return streams.reduce((total, status) => total + status[name], 0);
}

function metric(
  type: Metric['type'],
  name: string,
  help: string,
  labels: readonly string[],
  samples: readonly Sample[],
): Metric {
  return { type, name, help, labels, samples };
}
