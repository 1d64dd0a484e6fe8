import type {
  ChildReport,
  PartitionFollowerReport,
  StreamReport,
  WorkerReport,
} from '../control/messages.ts';

/** What is counted of a stream. */
export interface Tally {
  readonly events: number;
  readonly gaps: number;
  readonly duplicates: number;
}

export const NOTHING: Tally = { events: 0, gaps: 0, duplicates: 0 };

export function addTally(left: Tally = NOTHING, right: Tally): Tally {
  return {
    events: left.events + right.events,
    gaps: left.gaps + right.gaps,
    duplicates: left.duplicates + right.duplicates,
  };
}

export function tallyOf({ events, duplicates }: StreamReport): Tally {
  return { events, gaps: 0, duplicates };
}

/** Whether a child tells how each stream does that it brings: workers, and who follows those of other machines. */
export function carriesStreams(report: ChildReport): report is WorkerReport | PartitionFollowerReport {
  return report.role === 'worker' || report.role === 'partition-follower';
}

/** The latest of every stream that each worker carries, put together from reports that name only what is new. */
export class CarriedStreams {
  readonly #workers = new Map<string, Map<string, StreamReport>>();
  readonly #counted: (stream: string, tally: Tally) => void;

  /** `counted`: a worker counts a stream no more, or anew; this is what it had counted. */
  constructor(counted: (stream: string, tally: Tally) => void) {
    this.#counted = counted;
  }

  get workers(): readonly string[] {
    return [...this.#workers.keys()];
  }

  /** Undefined before the first report. */
  of(worker: string): readonly StreamReport[] | undefined {
    const carried = this.#workers.get(worker);
    return carried === undefined ? undefined : [...carried.values()];
  }

  find(worker: string, stream: string): StreamReport | undefined {
    return this.#workers.get(worker)?.get(stream);
  }

  report(worker: string, { streams, left = [] }: Pick<WorkerReport, 'streams' | 'left'>): void {
    const carried = this.#workers.get(worker) ?? new Map<string, StreamReport>();
    this.#workers.set(worker, carried);
    for (const report of streams) {
      const before = carried.get(report.stream);
      if (before !== undefined && report.events < before.events)
        this.#counted(report.stream, tallyOf(before));
      carried.set(report.stream, report);
    }
    for (const stream of left) {
      const last = carried.get(stream);
      if (last !== undefined) this.#counted(stream, tallyOf(last));
      carried.delete(stream);
    }
  }

  /** The worker is gone. */
  ended(worker: string): void {
    for (const report of this.#workers.get(worker)?.values() ?? [])
      this.#counted(report.stream, tallyOf(report));
    this.#workers.delete(worker);
  }
}
