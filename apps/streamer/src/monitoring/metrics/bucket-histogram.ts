import { Histogram, type Registry } from 'prom-client';
import type { DurationCounts } from '../../control/messages.ts';

type HistogramValues = Awaited<ReturnType<Histogram['get']>>;

export interface BucketHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Tells the series apart; undefined when there is one. */
  readonly label: string | undefined;
  readonly series: Readonly<Record<string, DurationCounts>>;
  readonly registry: Registry;
}

/** A histogram whose counts were made elsewhere: in the processes that met the durations. In seconds. */
export class BucketHistogram extends Histogram {
  readonly #options: BucketHistogramOptions;

  constructor(options: BucketHistogramOptions) {
    const { name, help, label, registry } = options;
    super({ name, help, labelNames: label === undefined ? [] : [label], registers: [registry] });
    this.#options = options;
  }

  override get(): Promise<HistogramValues> {
    const { name, help, label, series } = this.#options;
    const values = Object.entries(series).flatMap(([value, durations]) =>
      seriesValues(name, label === undefined ? {} : { [label]: value }, durations),
    );
    return Promise.resolve({
      name,
      help,
      type: 'histogram',
      values,
      aggregator: 'sum',
    } as unknown as HistogramValues);
  }

  /** What the registry asks for where there is one, instead of `get`. */
  getForPromString(): Promise<HistogramValues> {
    return this.get();
  }
}

interface HistogramValue {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Buckets count everything up to their bound, those below included. */
function seriesValues(
  name: string,
  labels: Readonly<Record<string, string>>,
  { boundsMs, counts, sumMs }: DurationCounts,
): HistogramValue[] {
  let total = 0;
  const buckets = counts.map((count, index): HistogramValue => {
    total += count;
    const boundMs = boundsMs[index];
    const le = boundMs === undefined ? '+Inf' : String(boundMs / 1000);
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sumMs / 1000 },
    { metricName: `${name}_count`, labels, value: total },
  ];
}
