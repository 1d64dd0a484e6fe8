import type uPlot from 'uplot';
import { element, setText } from './elements.ts';
import { formatBytes, formatDuration, NOTHING } from './format.ts';
import { p99Between, type RecorderStatus } from './recorder-status.ts';

/** Ten minutes at an observation every two seconds. */
const POINTS_MAX = 300;
/** How wide a chart is: the least of these that holds what there is, so that it is seldom stretched. */
const SPANS_SECONDS = [60, 180, 600];
/** Observations that are further apart have nothing between them. */
const HOLE_SECONDS = 10;
const HEIGHT_PX = 88;

type Value = number | null;

/** Round numbers of their unit. */
const BYTE_STEPS = Array.from({ length: 40 }, (_, power) => 2 ** power);
const MILLISECOND_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000];

/** One small chart of one value over time. */
class Chart {
  readonly #id: string;
  readonly #format: (value: number) => string;
  readonly #times: number[] = [];
  readonly #values: Value[] = [];
  readonly #steps: number[];
  #plot: uPlot | undefined;

  /** `steps`: what lines of the grid may be apart. */
  constructor(id: string, format: (value: number) => string, steps: number[]) {
    this.#id = id;
    this.#format = format;
    this.#steps = steps;
  }

  add(atMs: number, value: number | undefined): void {
    const at = atMs / 1000;
    const last = this.#times.at(-1) ?? at - 1;
    // A clock that was set back begins anew; a page that was not looked at has a hole there, not a line.
    if (at <= last) this.#times.length = this.#values.length = 0;
    else if (at - last > HOLE_SECONDS) this.#push(last + 1, null);
    this.#push(at, value ?? null);
    this.#draw();
    setText(element(`${this.#id}-now`), value === undefined ? NOTHING : this.#format(value));
  }

  /** In the colours of the page as it is now. */
  redraw(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    if (this.#times.length > 0) this.#draw();
  }

  resize(): void {
    this.#plot?.setSize({ width: element(this.#id).clientWidth, height: HEIGHT_PX });
  }

  #push(at: number, value: Value): void {
    this.#times.push(at);
    this.#values.push(value);
    if (this.#times.length <= POINTS_MAX) return;
    this.#times.shift();
    this.#values.shift();
  }

  #draw(): void {
    const data: uPlot.AlignedData = [this.#times, this.#values];
    if (this.#plot === undefined) this.#plot = this.#create(data);
    else this.#plot.setData(data);
  }

  #create(data: uPlot.AlignedData): uPlot {
    const place = element(this.#id);
    const colour = (name: string): string => getComputedStyle(place).getPropertyValue(name).trim();
    const [quiet, line, accent] = [colour('--quiet'), colour('--line'), colour('--accent')];
    const axis = {
      stroke: quiet,
      font: '11px system-ui, sans-serif',
      grid: { stroke: line, width: 1 },
      ticks: { show: false },
    };
    const options: uPlot.Options = {
      width: place.clientWidth,
      height: HEIGHT_PX,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 24, 0, 0],
      // The line grows in from the right.
      scales: { x: { range: (_, min, max) => [max - spanSeconds(max - min), max] }, y: { range: (_, __, max) => [0, Math.max(1, (max ?? 0) * 1.1)] } },
      axes: [
        { ...axis, size: 18, space: 80, incrs: [20, 60, 120, 300], values: '{HH}:{mm}:{ss}' },
        { ...axis, size: 58, space: 28, incrs: this.#steps, values: (_, splits) => splits.map(this.#format) },
      ],
      series: [{}, { stroke: accent, width: 1.5, points: { show: false }, spanGaps: false }],
    }; // prettier-ignore
    return new window.uPlot(options, data, place);
  }
}

function spanSeconds(known: number): number {
  return SPANS_SECONDS.find((span) => span >= known) ?? known;
}

/** Queue backlog, write latency and memory over the last minutes. */
export class Charts {
  readonly #backlog = new Chart('chart-backlog', formatBytes, BYTE_STEPS);
  readonly #latency = new Chart('chart-latency', formatDuration, MILLISECOND_STEPS);
  readonly #memory = new Chart('chart-memory', formatBytes, BYTE_STEPS);

  constructor() {
    const all = [this.#backlog, this.#latency, this.#memory];
    addEventListener('resize', () => all.forEach((chart) => chart.resize()));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
      all.forEach((chart) => chart.redraw()),
    );
  }

  show(before: RecorderStatus | undefined, after: RecorderStatus): void {
    const atMs = Date.parse(after.observedAt);
    this.#backlog.add(
      atMs,
      after.queues.reduce((total, { bytes }) => total + bytes, 0),
    );
    const isSameLife = before?.startedAt === after.startedAt;
    this.#latency.add(atMs, p99Between(isSameLife ? before.receiptToDurable : null, after.receiptToDurable));
    this.#memory.add(
      atMs,
      after.processes.reduce((total, { rssBytes }) => total + (rssBytes ?? 0), 0),
    );
  }
}

declare global {
  interface Window {
    /** The chart library, loaded before this module. */
    readonly uPlot: new (options: uPlot.Options, data: uPlot.AlignedData, place: HTMLElement) => uPlot;
  }
}
