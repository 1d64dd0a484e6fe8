import type { QueueReport, SinkBacklogReport, SinkReport, SinkState } from '../control/messages.ts';

/** A sink in a process of its own, as `GET /status` tells it. */
export interface SinkStatus {
  readonly name: string;
  /** `down`: its process is not there, or says nothing. */
  readonly state: SinkState | 'down';
  readonly stateForMs: number;
  /** What was wrong with its store last, while that is not over. */
  readonly problem: string | null;
  /** What it has still to take from the journal, and how long ago it took something, if there is something to take. */
  readonly backlogBytes: number;
  readonly backlogAgeMs: number;
  /** Whether the journal keeps what it has not committed, and how often it could not: gaps in that store. */
  readonly isHeld: boolean;
  readonly drops: number;
  /** Since the recorder began, over all lives of its process. */
  readonly rows: number;
  readonly rejected: number;
  readonly commits: number;
  readonly errors: number;
}

/** What the supervisor says of it. */
interface SinkChild {
  readonly id: string;
  readonly role: string;
  readonly state: string;
}

type Tally = Pick<SinkStatus, 'rows' | 'rejected' | 'commits' | 'errors'>;
const NOTHING: Tally = { rows: 0, rejected: 0, commits: 0, errors: 0 };
const NO_BACKLOG: Omit<SinkBacklogReport, 'name'> = {
  bytes: 0,
  oldestAgeMs: 0,
  isConnected: false,
  isHeld: true,
  drops: 0,
  refusal: undefined,
};

/** One that says nothing for so long is frozen. */
const REPORT_AGE_MAX_MS = 5000;
/** How long a store may take to be opened, and to take something, before anybody is told. */
const OPENING_MS_MAX = 10_000;
const BACKLOG_AGE_MAX_MS = 30_000;

/** Puts together what the sinks say and what the writer says of them. */
export class SinkBoard {
  readonly #latest = new Map<string, { readonly report: SinkReport; readonly atMs: number }>();
  readonly #earlier = new Map<string, Tally>();

  report(id: string, report: SinkReport, nowMs: number): void {
    this.#latest.set(id, { report, atMs: nowMs });
  }

  /** Its process ended; what it counted is kept. */
  ended(id: string): void {
    const report = this.#latest.get(id)?.report;
    this.#latest.delete(id);
    if (report !== undefined) this.#earlier.set(id, add(this.#earlier.get(id), report));
  }

  status(
    children: readonly SinkChild[],
    backlogs: readonly SinkBacklogReport[],
    nowMs: number,
  ): SinkStatus[] {
    return children
      .filter(({ role }) => role === 'sink')
      .map(({ id, state }) => this.#sink(id, state === 'ready', backlogs, nowMs));
  }

  #sink(id: string, isUp: boolean, backlogs: readonly SinkBacklogReport[], nowMs: number): SinkStatus {
    const latest = this.#latest.get(id);
    const report = latest?.report;
    const isHeard = isUp && (latest === undefined || nowMs - latest.atMs <= REPORT_AGE_MAX_MS);
    const name = report?.name ?? id.replace(/^sink-/, '');
    const backlog = backlogs.find((each) => each.name === name) ?? NO_BACKLOG;
    return {
      name,
      state: isHeard ? (report?.state ?? 'opening') : 'down',
      stateForMs: report?.stateForMs ?? 0,
      problem: backlog.refusal ?? report?.problem ?? null,
      backlogBytes: backlog.bytes,
      backlogAgeMs: backlog.oldestAgeMs,
      isHeld: backlog.isHeld,
      drops: backlog.drops,
      ...add(this.#earlier.get(id), report ?? NOTHING),
    };
  }
}

/** Why sinks are not as they should be. Recording and its files are not concerned: it is ready all the same. */
export function sinkConcerns(sinks: readonly SinkStatus[]): string[] {
  return sinks.flatMap((sink) => {
    const concern = concernOf(sink);
    if (concern === undefined) return [];
    const kept = sink.isHeld
      ? `${sink.backlogBytes} bytes are kept for it`
      : 'nothing is kept for it any more';
    return [`sink ${sink.name}: ${concern}; recording goes on, ${kept}`];
  });
}

function concernOf({ state, stateForMs, problem, backlogAgeMs, isHeld }: SinkStatus): string | undefined {
  if (state === 'down') return `its process is down${problem === null ? '' : ` (${problem})`}`;
  if (state === 'waiting') return problem ?? 'its store does not answer';
  if (state === 'opening' && stateForMs > OPENING_MS_MAX)
    return problem ?? `its store has not opened for ${stateForMs} ms`;
  if (state === 'following' && backlogAgeMs > BACKLOG_AGE_MAX_MS)
    return `it has taken nothing for ${backlogAgeMs} ms`;
  return isHeld ? undefined : 'it was behind by more than is kept, and will have a gap';
}

/** The same as an entry of `queues`. */
export function sinkQueue({ name, backlogBytes, backlogAgeMs }: SinkStatus): QueueReport {
  const none = { spooledBytes: 0, refusedBatches: 0, spoolFailures: 0 };
  return { name, bytes: backlogBytes, oldestAgeMs: backlogAgeMs, ...none };
}

function add(before: Tally = NOTHING, { rows, rejected, commits, errors }: Tally): Tally {
  return {
    rows: before.rows + rows,
    rejected: before.rejected + rejected,
    commits: before.commits + commits,
    errors: before.errors + errors,
  };
}
