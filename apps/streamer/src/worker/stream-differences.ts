import type { StreamReport } from '../control/messages.ts';

/** What was told of a stream, as far as it can change. */
type Told = Pick<StreamReport, 'events' | 'duplicates' | 'alarm'>;

/** Which streams a report has to name: those of which there is something new since the report before. */
export class StreamDifferences {
  readonly #told = new Map<string, Told>();

  /** `all`: every stream of now. Those that are gone are told in `left`, together with their last figures. */
  take(
    all: readonly StreamReport[],
    gone: readonly StreamReport[],
  ): { readonly streams: readonly StreamReport[]; readonly left: readonly string[] } {
    const present = new Set(all.map(({ stream }) => stream));
    const left = gone.flatMap(({ stream }) => (present.has(stream) ? [] : stream));
    const lastFigures = gone.filter(({ stream }) => !present.has(stream));
    const streams = [...lastFigures, ...all.filter((report) => this.#isNews(report))];
    for (const report of streams) this.#told.set(report.stream, report);
    for (const stream of left) this.#told.delete(stream);
    return { streams, left };
  }

  #isNews({ stream, events, duplicates, alarm }: StreamReport): boolean {
    const told = this.#told.get(stream);
    return (
      told === undefined || told.events !== events || told.duplicates !== duplicates || told.alarm !== alarm
    );
  }
}
