import { parseStreamKey } from '@org/market-data';
import type {
  BookReport,
  ChildReport,
  JournalReport,
  LatencyReport,
  PartitionWriterReport,
  ProcessFigures,
  QueueReport,
  StreamReport,
  WriterReport,
} from '../control/messages.ts';
import { FORWARDER, isFollower } from '../control/task.ts';
import { addArchive, NO_ARCHIVE } from './add-archive.ts';
import type { DiskStatus } from '../disk/disk-keeper.ts';
import { isRareStream } from '../control/rare-streams.ts';
import {
  addTally as add,
  CarriedStreams,
  carriesStreams,
  NOTHING,
  type Tally,
  tallyOf,
} from './carried-streams.ts';
import {
  clusterConcerns,
  clusterObstacles,
  type ClusterPlace,
  type ClusterStatus,
  clusterStatus,
} from './cluster-status.ts';
import type {
  ChildState,
  Expectation,
  ProcessStatus,
  RecorderState,
  RecorderStatus,
  StreamStatus,
} from './recorder-status.ts';
import { addTotals, NO_TOTALS, type RecorderTotals } from './recorder-totals.ts';
import { SinkBoard, sinkConcerns, sinkQueue, type SinkStatus } from './sink-board.ts';
import { addFigures, type Figures, figuresOf, NO_FIGURES } from './figures.ts';

const NO_LATENCY: LatencyReport = { p50: 0, p99: 0, p999: 0 };

/** A child reports every second, one with very many streams every few; one that does not is frozen, and what it said last proves nothing any more. */
const REPORT_AGE_MAX_MS = 5000;

/** The writer is taken for stuck when batches wait this long. */
const QUEUE_AGE_MAX_MS = 3000;

/**
 * Gathers what the children report into one picture. A child that is restarted counts from zero, so what its earlier
 * lives counted is kept here. Workers tell only the streams of which there is news.
 */
export class StatusBoard {
  readonly #startedAtMs: number;
  readonly #place: ClusterPlace | undefined;
  #expected: Expectation;
  readonly #latest = new Map<string, { readonly report: ChildReport; readonly atMs: number }>();
  readonly #carried = new CarriedStreams((stream, tally) => this.#remember(stream, tally));
  /** Symbols whose book has been in sync. */
  readonly #hadBook = new Set<string>();
  readonly #earlier = new Map<string, Tally>();
  readonly #sinks = new SinkBoard();
  #endedArchive = NO_ARCHIVE;
  /** The latest look at it. */
  disk: DiskStatus | undefined;
  #endedFigures: Figures = NO_FIGURES;
  #endedTotals = NO_TOTALS;

  /** `place`: what this machine is among others, if it is. */
  constructor(startedAtMs: number, expected: Expectation, place?: ClusterPlace) {
    this.#startedAtMs = startedAtMs;
    this.#place = place;
    this.#expected = expected;
  }

  get expected(): Expectation {
    return this.#expected;
  }

  /** Another configuration. */
  expect(expected: Expectation): void {
    this.#expected = expected;
  }

  /** Whether each of these workers brings every stream that can be waited for. */
  deliver(workers: readonly string[]): boolean {
    return workers.every((id) => {
      const carried = this.#carried.of(id);
      return carried?.every(({ stream, events }) => events > 0 || isRare(stream)) ?? false;
    });
  }

  report(id: string, report: ChildReport, nowMs: number): void {
    this.#latest.set(id, { report, atMs: nowMs });
    if (report.role === 'sink') this.#sinks.report(id, report, nowMs);
    if (carriesStreams(report)) this.#carried.report(id, report);
    if (report.role !== 'order-book') return;
    for (const { symbol, state } of report.books) if (state === 'live') this.#hadBook.add(symbol);
  }

  /** Whether the child has reported at this time or later. */
  hasReported(id: string, sinceMs: number): boolean {
    return (this.#latest.get(id)?.atMs ?? -Infinity) >= sinceMs;
  }

  /** The latest of a stream of a worker. */
  carriedBy(worker: string, stream: string): StreamReport | undefined {
    return this.#carried.find(worker, stream);
  }

  /** Events of each symbol that a worker carries, since it began to. */
  eventsBySymbol(worker: string): ReadonlyMap<string, number> {
    const events = new Map<string, number>();
    for (const report of this.#carried.of(worker) ?? []) {
      const symbol = report.stream.slice(0, report.stream.indexOf('@'));
      events.set(symbol, (events.get(symbol) ?? 0) + report.events);
    }
    return events;
  }

  /** A child ended; its last report becomes history. */
  ended(id: string): void {
    const report = this.#latest.get(id)?.report;
    this.#latest.delete(id);
    this.#sinks.ended(id);
    if (report === undefined) return;
    this.#endedTotals = addTotals(this.#endedTotals, report);
    if (isStoring(report)) this.#endedArchive = addArchive(this.#endedArchive, report.archive);
    this.#endedFigures = addFigures(this.#endedFigures, figuresOf(report));
    if (!carriesStreams(report))
      for (const [stream, tally] of this.#tallies(id, report)) this.#remember(stream, tally);
    this.#carried.ended(id);
  }

  streams(nowMs: number): StreamStatus[] {
    const lines = new Map<string, StreamReport[]>();
    for (const line of this.#workerStreams()) {
      const others = lines.get(line.stream);
      if (others === undefined) lines.set(line.stream, [line]);
      else others.push(line);
    }
    const totals = new Map(this.#earlier);
    for (const [id, { report }] of this.#latest)
      for (const [stream, tally] of this.#tallies(id, report))
        totals.set(stream, add(totals.get(stream), tally));
    return this.#expected.streams.map((stream) => ({
      stream,
      ...lineStatus(lines.get(stream) ?? [], nowMs),
      ...(totals.get(stream) ?? NOTHING),
    }));
  }

  #remember(stream: string, tally: Tally): void {
    this.#earlier.set(stream, add(this.#earlier.get(stream), tally));
  }

  /** What a child counts of each stream. The merge alone knows gaps, the workers the events. */
  #tallies(id: string, report: ChildReport): (readonly [string, Tally])[] {
    if (carriesStreams(report))
      return (this.#carried.of(id) ?? []).map((line) => [line.stream, tallyOf(line)]);
    if (report.role === 'writer' || report.role === 'partition-writer')
      return Object.entries(report.gaps).map(([stream, gaps]) => [stream, { ...NOTHING, gaps }]);
    return [];
  }

  totals(): RecorderTotals {
    return this.#reports().reduce(addTotals, this.#endedTotals);
  }

  /** What else was counted since the start, over all lives of all children. */
  figures(): Figures {
    return this.#reports().reduce((sum, report) => addFigures(sum, figuresOf(report)), this.#endedFigures);
  }

  /** What the present life of a child costs; undefined before it has reported. */
  processFigures(id: string): ProcessFigures | undefined {
    return this.#latest.get(id)?.report.figures;
  }

  /** The main queue; undefined while no writer has reported. */
  journal(): JournalReport | undefined {
    return this.#writer()?.journal;
  }

  sinks(nowMs: number, children: readonly ChildState[]): SinkStatus[] {
    return this.#sinks.status(children, this.#writer()?.sinks ?? [], nowMs);
  }

  /** What is wrong and keeps nobody from recording: sinks that are not as they should be. */
  concerns(nowMs: number, children: readonly ChildState[]): string[] {
    return [...sinkConcerns(this.sinks(nowMs, children)), ...clusterConcerns(this.cluster(nowMs))];
  }

  cluster(nowMs: number): ClusterStatus | null {
    const reports = this.#reports();
    return clusterStatus(this.#place, {
      forwarder: reports.find((report) => report.role === 'forwarder'),
      writer: reports.find((report) => report.role === 'partition-writer'),
      follower: reports.find((report) => report.role === 'partition-follower'),
      backlog: this.#writer()?.sinks?.find(({ name }) => name === FORWARDER),
      nowMs,
    });
  }

  /** Whether each stream that one of `before` has brought since `sinceMs` is brought by one of `after` as well. */
  cover(after: readonly string[], before: readonly string[], sinceMs: number): boolean {
    const brought = new Set(
      this.#streamsOf(after).flatMap(({ stream, events }) => (events > 0 ? stream : [])),
    );
    const expected = new Set(this.#expected.streams);
    return this.#streamsOf(before).every(
      ({ stream, lastEventAtMs }) =>
        (lastEventAtMs ?? 0) < sinceMs || !expected.has(stream) || brought.has(stream),
    );
  }

  status(nowMs: number, children: readonly ChildState[], stopping: boolean): RecorderStatus {
    const writer = this.#writer();
    const sinks = this.sinks(nowMs, children);
    return {
      state: this.state(nowMs, children, stopping),
      startedAt: new Date(this.#startedAtMs).toISOString(),
      processes: [primaryStatus(), ...children.map((child) => this.#process(child))],
      streams: this.streams(nowMs),
      queues: [...this.#queues(), ...sinks.map(sinkQueue)],
      sinks,
      writeLatencyMs: writer?.writeLatencyMs ?? NO_LATENCY,
      receiptToDurableMs: writer?.receiptToDurableMs ?? NO_LATENCY,
      books: this.#books(),
      archive: addArchive(this.#endedArchive, this.#reports().find(isStoring)?.archive ?? NO_ARCHIVE),
      disk: this.disk ?? null,
      cluster: this.cluster(nowMs),
    };
  }

  /** Why the recorder is not ready: children that are not up, streams that do not deliver, a writer that is behind. */
  obstacles(nowMs: number, children: readonly ChildState[]): string[] {
    const waiting = children
      .filter(({ role, state }) => !isFollower(role) && state !== 'ready')
      .map(({ id, state }) => `${id} is ${state}`);
    const silent = this.streams(nowMs)
      .filter(
        ({ stream, alarm, lastEventAgeMs }) =>
          alarm !== null || (lastEventAgeMs === null && this.#isAwaited(stream)),
      )
      .map(({ stream, alarm }) => `${stream}: ${alarm ?? 'no event yet'}`);
    const behind = this.#queues()
      .filter(({ oldestAgeMs }) => oldestAgeMs > QUEUE_AGE_MAX_MS)
      .map(({ name, oldestAgeMs }) => `${name}: its oldest batch waits for ${oldestAgeMs} ms`);
    const mute = [...this.#latest]
      .filter(([, { report, atMs }]) => !isFollower(report.role) && nowMs - atMs > REPORT_AGE_MAX_MS)
      .map(([id, { atMs }]) => `${id}: says nothing for ${nowMs - atMs} ms`);
    const full = this.journal()?.isDiskFull === true;
    const apart = clusterObstacles(this.cluster(nowMs));
    return [...waiting, ...apart, ...mute, ...(full ? ['the disk is full'] : []), ...silent, ...behind];
  }

  state(nowMs: number, children: readonly ChildState[], stopping: boolean): RecorderState {
    if (stopping) return 'stopping';
    const isReady = this.obstacles(nowMs, children).length === 0;
    const waiting = this.#books().filter(({ state }) => state === 'buffering');
    // Whoever is ready by then delivers what is recorded, which is not what was asked for.
    if (isReady && (this.disk?.shedStreams.length || this.disk?.stage === 'stop')) return 'degraded';
    if (isReady && waiting.length === 0)
      return this.concerns(nowMs, children).length > 0 ? 'degraded' : 'healthy';
    // The snapshots of hundreds of books take minutes: the weight of requests is limited.
    if (isReady && waiting.every(({ symbol }) => !this.#hadBook.has(symbol))) return 'starting';
    const neverStarted = children.some(({ state, restarts }) => state === 'starting' && restarts === 0);
    const firstFrames = this.streams(nowMs).some(
      ({ stream, events, alarm }) => events === 0 && alarm === null && this.#isAwaited(stream),
    );
    return neverStarted || firstFrames ? 'starting' : 'degraded';
  }

  /** Whether the recorder is not ready before the first event of the stream. */
  #isAwaited(stream: string): boolean {
    const { joined } = this.#expected;
    return !isRare(stream) && joined?.has(stream.slice(0, stream.indexOf('@'))) !== true;
  }

  #process(child: ChildState): ProcessStatus {
    return {
      role: child.role as ProcessStatus['role'],
      id: child.id,
      pid: child.pid,
      state: child.state,
      restarts: child.restarts,
      rssBytes: this.#latest.get(child.id)?.report.rssBytes,
      symbols: this.#expected.symbolsOf.get(child.id) ?? [],
    };
  }

  #reports(): ChildReport[] {
    return [...this.#latest.values()].map(({ report }) => report);
  }

  #writer(): WriterReport | undefined {
    return this.#reports().find((report) => report.role === 'writer');
  }

  #queues(): QueueReport[] {
    return this.#reports().flatMap((report) => report.queues);
  }

  #books(): readonly BookReport[] {
    return this.#reports().flatMap((report) => (report.role === 'order-book' ? report.books : []));
  }

  #streamsOf(workers: readonly string[]): StreamReport[] {
    return workers.flatMap((id) => this.#carried.of(id) ?? []);
  }

  #workerStreams(): StreamReport[] {
    return this.#streamsOf(this.#carried.workers);
  }
}

/** Whether it is of the process that stores files. */
function isStoring(report: ChildReport): report is WriterReport | PartitionWriterReport {
  return report.role === 'writer' || report.role === 'partition-writer';
}

function isRare(streamKey: string): boolean {
  return isRareStream(parseStreamKey(streamKey)?.stream ?? '');
}

/** What all lines of a stream say together: the newest event counts, and every alarm. */
function lineStatus(
  lines: readonly StreamReport[],
  nowMs: number,
): Pick<StreamStatus, 'lastEventAgeMs' | 'alarm'> {
  const times = lines.flatMap(({ lastEventAtMs }) => lastEventAtMs ?? []);
  return {
    lastEventAgeMs: times.length === 0 ? null : Math.max(0, nowMs - Math.max(...times)),
    alarm: lines.find(({ alarm }) => alarm !== undefined)?.alarm ?? null,
  };
}

function primaryStatus(): ProcessStatus {
  return {
    role: 'primary',
    id: 'primary',
    pid: process.pid,
    state: 'ready',
    restarts: 0,
    rssBytes: process.memoryUsage.rss(),
    symbols: [],
  };
}
