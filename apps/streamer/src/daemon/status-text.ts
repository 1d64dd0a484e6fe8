import { clusterLines } from './cluster-text.ts';
import { bytesText, countText, plural, timeText } from './figures.ts';
import type { ProcessView, StatusView, StreamView } from './status-view.ts';
import { textTable } from './text-table.ts';

export type Tone = 'good' | 'bad' | 'warning' | 'quiet';

export interface StatusTextOptions {
  readonly nowMs: number;
  /** Of now; undefined when it was not measured. */
  readonly eventsPerSecond: number | undefined;
  readonly version: string;
  readonly url: string;
  readonly outputDir: string;
  /** Of the output folder, where the recorder itself says nothing of its disk. */
  readonly freeBytes: number | undefined;
  /** Every process and stream, not only the first and the worst. */
  readonly isAll: boolean;
  /** Colours a text, or does not. */
  readonly paint: (tone: Tone, text: string) => string;
}

const STREAMS_SHOWN = 15;
const PROCESSES_SHOWN = 15;
const BOOKS_NAMED = 8;

const TONES: Readonly<Record<string, Tone>> = {
  healthy: 'good',
  starting: 'warning',
  stopping: 'warning',
  degraded: 'bad',
};

/** The status for people, a line an entry. */
export function statusText(status: StatusView, options: StatusTextOptions): string[] {
  return [
    headline(status, options),
    options.paint('quiet', `${options.url}  ${options.outputDir}`),
    '',
    ...processLines(status, options),
    '',
    ...(has(status, status.streams) ? [...streamLines(status, options), ''] : []),
    ...(has(status, status.books) ? [booksLine(status, options)] : []),
    ...(has(status, status.queues) ? [backlogLine(status)] : []),
    ...sinkLines(status, options),
    ...clusterLines(status, options),
    ...(has(status, status.queues) ? latencyLines(status) : []),
    ...diskLines(status, options),
    ...reloadLines(status, options),
  ];
}

/** A machine that does a part of the work has no lines of what others do. */
function has({ cluster }: StatusView, items: readonly unknown[]): boolean {
  return cluster === undefined || items.length > 0;
}

function headline(status: StatusView, { paint, nowMs, eventsPerSecond, version }: StatusTextOptions): string {
  const { state, startedAtMs } = status;
  return [
    paint(TONES[state] ?? 'warning', state),
    ...(startedAtMs === undefined ? [] : [`up ${timeText(nowMs - startedAtMs)}`]),
    ...(status.cluster?.role === 'writer' ? [] : streamFigures(status, eventsPerSecond)),
    ...(status.cluster?.role === 'writer' ? [plural(status.cluster.rows, 'row')] : []),
    gapsText(status, paint),
    `version ${version}`,
  ].join(', ');
}

function streamFigures({ streams }: StatusView, eventsPerSecond: number | undefined): string[] {
  return [
    plural(new Set(streams.map(({ stream }) => stream.split('@')[0])).size, 'symbol'),
    ...(eventsPerSecond === undefined ? [] : [`${countText(eventsPerSecond)} events/s`]),
    `${countText(total(streams, ({ events }) => events))} events`,
  ];
}

function gapsText({ streams, cluster }: StatusView, paint: StatusTextOptions['paint']): string {
  const gaps = total(streams, (stream) => stream.gaps) + (cluster?.gaps ?? 0);
  return gaps === 0 ? 'no gaps' : paint('warning', plural(gaps, 'gap'));
}

function processLines({ processes }: StatusView, { isAll, paint }: StatusTextOptions): string[] {
  const ranked = isAll ? processes : [...processes].sort((a, b) => trouble(b) - trouble(a));
  const shown = new Set(isAll ? ranked : ranked.slice(0, PROCESSES_SHOWN));
  const lines = processes.filter((child) => shown.has(child));
  const rows = lines.map(({ id, pid, state, restarts, rssBytes, symbols }) => [
    id,
    state,
    String(pid ?? '-'),
    String(restarts),
    rssBytes === undefined ? '-' : bytesText(rssBytes),
    symbols === 0 ? '-' : String(symbols),
  ]);
  const [header, ...body] = textTable(['process', 'state', 'pid', 'restarts', 'memory', 'symbols'], rows, 2);
  return [
    paint('quiet', header!),
    ...body.map((line, index) => (lines[index]!.state === 'ready' ? line : paint('bad', line))),
    ...more(processes.length - lines.length, 'process', paint, 'processes'),
  ];
}

/** Who is not up comes first, then who has been restarted, then those there is one of. */
function trouble({ role, state, restarts }: ProcessView): number {
  return (state === 'ready' ? 0 : 1e9) + restarts * 10 + (role === 'worker' ? 0 : 5e8);
}

function streamLines({ streams }: StatusView, { isAll, paint }: StatusTextOptions): string[] {
  const shown = isAll ? streams : [...streams].sort(byTrouble).slice(0, STREAMS_SHOWN);
  const rows = shown.map(({ stream, lastEventAgeMs, events, gaps, alarm }) => [
    stream,
    lastEventAgeMs === undefined ? 'none yet' : timeText(lastEventAgeMs),
    countText(events),
    countText(gaps),
    ...(alarm === undefined ? [] : [alarm]),
  ]);
  const [header, ...body] = textTable(
    ['stream', 'last event', 'events', 'gaps'],
    rows.map((row) => row.slice(0, 4)),
    1,
  );
  return [
    paint('quiet', header!),
    ...body.map((line, index) => {
      const { alarm, gaps } = shown[index]!;
      if (alarm !== undefined) return paint('bad', `${line}  ${alarm}`);
      return gaps > 0 ? paint('warning', line) : line;
    }),
    ...more(streams.length - shown.length, 'stream', paint),
  ];
}

/** Alarms, then gaps, then the longest silence. */
function byTrouble(a: StreamView, b: StreamView): number {
  const age = ({ lastEventAgeMs }: StreamView): number => lastEventAgeMs ?? Number.MAX_SAFE_INTEGER;
  const alarm = (stream: StreamView): number => (stream.alarm === undefined ? 0 : 1);
  return alarm(b) - alarm(a) || b.gaps - a.gaps || age(b) - age(a);
}

function more(count: number, noun: string, paint: StatusTextOptions['paint'], nouns?: string): string[] {
  return count === 0 ? [] : [paint('quiet', `  and ${plural(count, noun, nouns)} more: --all`)];
}

function booksLine({ books }: StatusView, { paint, isAll }: StatusTextOptions): string {
  const outOfSync = books.filter(({ state }) => state !== 'live');
  if (books.length === 0) return 'books    none';
  if (outOfSync.length === 0) return `books    ${books.length} in sync`;
  const named = outOfSync
    .slice(0, isAll ? outOfSync.length : BOOKS_NAMED)
    .map(({ symbol, state }) => `${symbol} ${state}`);
  const rest = outOfSync.length - named.length;
  const names = [...named, ...(rest === 0 ? [] : [`${rest} more`])].join(', ');
  return paint('warning', `books    ${outOfSync.length} of ${books.length} out of sync: ${names}`);
}

function backlogLine({ queues }: StatusView): string {
  const oldest = queues.reduce((age, { oldestAgeMs }) => Math.max(age, oldestAgeMs), 0);
  const waiting = total(queues, ({ bytes }) => bytes);
  return `backlog  ${bytesText(waiting)} in ${plural(queues.length, 'queue')}, the oldest for ${timeText(oldest)}`;
}

function sinkLines({ sinks, concerns }: StatusView, { paint }: StatusTextOptions): string[] {
  if (sinks.length === 0) return [];
  const each = sinks.map(
    ({ name, state, backlogBytes, rows }) =>
      `${name} ${state}, ${bytesText(backlogBytes)} behind, ${countText(rows)} rows`,
  );
  return [`sinks    ${each.join('; ')}`, ...concerns.map((concern) => paint('bad', `         ${concern}`))];
}

function latencyLines({ writeLatencyMs: write, receiptToDurableMs: durable }: StatusView): string[] {
  if (write === undefined) return [];
  const onDevice =
    durable === undefined
      ? ''
      : `; receipt to device ${durable.p50.toFixed(1)}, ${durable.p99.toFixed(1)} ms`;
  return [`latency  write ${write.p50.toFixed(1)}, ${write.p99.toFixed(1)} ms (median, p99)${onDevice}`];
}

function diskLines({ disk }: StatusView, { freeBytes, paint }: StatusTextOptions): string[] {
  if (disk === undefined) return freeBytes === undefined ? [] : [`disk     ${bytesText(freeBytes)} free`];
  const { totalBytes, bytesPerSecond, fullInSeconds, stage } = disk;
  const size = totalBytes === undefined ? '' : ` of ${bytesText(totalBytes)}`;
  const rate = bytesPerSecond === undefined ? '' : `, filled by ${bytesText(bytesPerSecond * 86_400)} a day`;
  const full =
    fullInSeconds === undefined ? '' : `, full in ${timeText(fullInSeconds * 1000)} at the present rate`;
  const line = `disk     ${bytesText(disk.freeBytes)}${size} free${rate}${full}`;
  return [stage === undefined || stage === 'ok' ? line : paint('bad', `${line} (${stage})`)];
}

function reloadLines({ reloads }: StatusView, { paint }: StatusTextOptions): string[] {
  if (reloads?.outcome === undefined) return [];
  const { outcome, problem, needRestart } = reloads;
  const line = `reload   the last was ${outcome}${problem === undefined ? '' : `: ${problem}`}`;
  return [
    outcome === 'refused' ? paint('bad', line) : line,
    ...(needRestart.length === 0
      ? []
      : [paint('warning', `         need a restart: ${needRestart.join(', ')}`)]),
  ];
}

function total<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}
