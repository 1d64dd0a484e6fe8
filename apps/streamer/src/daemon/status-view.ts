/** A status as the recorder gave it, of this version or another: whatever is not what it should be is left out. */
export interface StatusView {
  readonly state: string;
  readonly startedAtMs: number | undefined;
  readonly processes: readonly ProcessView[];
  readonly streams: readonly StreamView[];
  readonly queues: readonly QueueView[];
  readonly sinks: readonly SinkView[];
  readonly concerns: readonly string[];
  readonly writeLatencyMs: LatencyView | undefined;
  readonly receiptToDurableMs: LatencyView | undefined;
  readonly books: readonly BookView[];
  readonly disk: DiskView | undefined;
  readonly cluster: ClusterView | undefined;
  readonly reloads: ReloadsView | undefined;
}

export interface ProcessView {
  readonly id: string;
  readonly role: string;
  readonly pid: number | undefined;
  readonly state: string;
  readonly restarts: number;
  readonly rssBytes: number | undefined;
  readonly symbols: number;
}

export interface StreamView {
  readonly stream: string;
  readonly lastEventAgeMs: number | undefined;
  readonly events: number;
  readonly gaps: number;
  readonly alarm: string | undefined;
}

export interface QueueView {
  readonly name: string;
  readonly bytes: number;
  readonly oldestAgeMs: number;
}

export interface SinkView {
  readonly name: string;
  readonly state: string;
  readonly backlogBytes: number;
  readonly rows: number;
}

export interface LatencyView {
  readonly p50: number;
  readonly p99: number;
}

export interface BookView {
  readonly symbol: string;
  readonly state: string;
}

export interface DiskView {
  readonly freeBytes: number;
  readonly totalBytes: number | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly fullInSeconds: number | undefined;
  readonly stage: string | undefined;
}

/** What goes between machines; undefined where one does everything. */
export interface ClusterView {
  readonly role: string;
  readonly node: string;
  readonly problem: string | undefined;
  /** Undefined where nothing is forwarded. */
  readonly backlogBytes: number | undefined;
  readonly backlogAgeMs: number;
  /** Undefined where nothing is written. */
  readonly partitions: number | undefined;
  /** Undefined where nothing is followed. */
  readonly followed: number | undefined;
  readonly lagMs: number;
  readonly commits: number;
  readonly rows: number;
  readonly gaps: number;
  /** Partitions in which rows wait for a collector. */
  readonly waiting: number;
}

export interface ReloadsView {
  readonly requested: number;
  readonly finished: number;
  readonly outcome: string | undefined;
  readonly problem: string | undefined;
  readonly needRestart: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Undefined for what is no status at all. Never throws. */
export function viewStatus(body: unknown): StatusView | undefined {
  const fields = fieldsOf(body);
  const state = text(fields['state']);
  if (state === undefined) return undefined;
  const startedAtMs = Date.parse(text(fields['startedAt']) ?? '');
  return {
    state,
    startedAtMs: Number.isNaN(startedAtMs) ? undefined : startedAtMs,
    processes: list(fields['processes']).map(processView),
    streams: list(fields['streams']).map(streamView),
    queues: list(fields['queues']).map(queueView),
    sinks: list(fields['sinks']).map(sinkView),
    concerns: texts(fields['concerns']),
    writeLatencyMs: latencyView(fields['writeLatencyMs']),
    receiptToDurableMs: latencyView(fields['receiptToDurableMs']),
    books: list(fields['books']).map((book) => ({
      symbol: text(book['symbol']) ?? '?',
      state: text(book['state']) ?? '?',
    })),
    disk: diskView(fields['disk']),
    cluster: clusterView(fields['cluster']),
    reloads: reloadsView(fields['reloads']),
  };
}

function processView(fields: Fields): ProcessView {
  return {
    id: text(fields['id']) ?? '?',
    role: text(fields['role']) ?? '?',
    pid: number(fields['pid']),
    state: text(fields['state']) ?? '?',
    restarts: number(fields['restarts']) ?? 0,
    rssBytes: number(fields['rssBytes']),
    symbols: Array.isArray(fields['symbols']) ? fields['symbols'].length : 0,
  };
}

function streamView(fields: Fields): StreamView {
  return {
    stream: text(fields['stream']) ?? '?',
    lastEventAgeMs: number(fields['lastEventAgeMs']),
    events: number(fields['events']) ?? 0,
    gaps: number(fields['gaps']) ?? 0,
    alarm: text(fields['alarm']),
  };
}

function queueView(fields: Fields): QueueView {
  return {
    name: text(fields['name']) ?? '?',
    bytes: number(fields['bytes']) ?? 0,
    oldestAgeMs: number(fields['oldestAgeMs']) ?? 0,
  };
}

function sinkView(fields: Fields): SinkView {
  return {
    name: text(fields['name']) ?? '?',
    state: text(fields['state']) ?? '?',
    backlogBytes: number(fields['backlogBytes']) ?? 0,
    rows: number(fields['rows']) ?? 0,
  };
}

function clusterView(value: unknown): ClusterView | undefined {
  const fields = fieldsOf(value);
  const role = text(fields['role']);
  if (role === undefined) return undefined;
  const [forwarder, writer] = [fieldsOf(fields['forwarder']), fieldsOf(fields['writer'])];
  const follower = fieldsOf(fields['follower']);
  const partitions = Array.isArray(writer['partitions']) ? list(writer['partitions']) : undefined;
  return {
    role,
    node: text(fields['node']) ?? '?',
    problem: text(fields['problem']),
    backlogBytes: number(forwarder['backlogBytes']),
    backlogAgeMs: number(forwarder['backlogAgeMs']) ?? 0,
    partitions: partitions?.length,
    followed: number(follower['partitions']),
    lagMs: Math.max(0, ...[follower, ...(partitions ?? [])].map(({ lagMs }) => number(lagMs) ?? 0)),
    commits: number(writer['commits']) ?? 0,
    rows: number(writer['rows']) ?? 0,
    gaps: number(writer['gaps']) ?? 0,
    waiting: (partitions ?? []).filter(({ isWaiting }) => isWaiting === true).length,
  };
}

function latencyView(value: unknown): LatencyView | undefined {
  const fields = fieldsOf(value);
  const [p50, p99] = [number(fields['p50']), number(fields['p99'])];
  return p50 === undefined || p99 === undefined ? undefined : { p50, p99 };
}

function diskView(value: unknown): DiskView | undefined {
  const fields = fieldsOf(value);
  const freeBytes = number(fields['freeBytes']);
  if (freeBytes === undefined) return undefined;
  return {
    freeBytes,
    totalBytes: number(fields['totalBytes']),
    bytesPerSecond: number(fields['bytesPerSecond']),
    fullInSeconds: number(fields['fullInSeconds']),
    stage: text(fields['stage']),
  };
}

function reloadsView(value: unknown): ReloadsView | undefined {
  const fields = fieldsOf(value);
  const [requested, finished] = [number(fields['requested']), number(fields['finished'])];
  if (requested === undefined || finished === undefined) return undefined;
  return {
    requested,
    finished,
    outcome: text(fields['outcome']),
    problem: text(fields['problem']),
    needRestart: texts(fields['needRestart']),
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as unknown[]).flatMap((each) => text(each) ?? []) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? printable(value) : undefined;
}

/** Control characters could move a terminal's cursor or change its title. */
export function printable(value: string): string {
  return value.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
