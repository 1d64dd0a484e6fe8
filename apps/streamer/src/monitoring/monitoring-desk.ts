import type { BudgetState, Clock } from '@org/binance-client';
import { repeatedly } from '../control/repeatedly.ts';
import type { BookAnswer, DurationCounts, ProcessFigures } from '../control/messages.ts';
import type { ReloadReport } from '../control/reload.ts';
import type { LogCounters } from '../logging/recorder-log.ts';
import type { BookDesk } from './book-desk.ts';
import { renderMetrics } from './metrics/render-metrics.ts';
import { ProcessMeter } from './process-meter.ts';
import { recorderVersion } from './recorder-version.ts';
import type { MonitoringSources } from './routes.ts';
import type { ChildState, RecorderState, RecorderStatus } from './recorder-status.ts';
import type { StatusBoard } from './status-board.ts';

/** `GET /status`: the picture of the board, and what only the one who looks all the time knows. */
export interface LiveStatus extends RecorderStatus {
  readonly version: string;
  readonly observedAt: string;
  /** When the state became what it is. */
  readonly stateSince: string;
  /** Why the recorder is not ready; empty when it is. */
  readonly obstacles: readonly string[];
  /** What is wrong although it is ready: sinks that are not as they should be. */
  readonly concerns: readonly string[];
  /** The durations behind `receiptToDurableMs`, so that whoever asks twice knows those in between. */
  readonly receiptToDurable: DurationCounts | null;
  readonly reloads: ReloadReport;
  readonly logs: LogCounters;
}

export interface MonitoringDeskOptions {
  readonly board: StatusBoard;
  readonly books: BookDesk;
  readonly children: {
    readonly symbols: readonly string[];
    states(): ChildState[];
    freshReports(): Promise<void>;
  };
  readonly isStopping: () => boolean;
  readonly reloads: () => ReloadReport;
  readonly logs: () => LogCounters;
  /** The request weight; may throw where it cannot be read. */
  readonly budget: () => BudgetState;
  readonly market: string;
  readonly startedAtMs: number;
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout' | 'wallUs'>;
}

const LOOK_INTERVAL_MS = 1000;

/** Answers for the whole recorder. Looks at its state every second, so that it can tell since when it is as it is. */
export class MonitoringDesk implements MonitoringSources {
  readonly #options: MonitoringDeskOptions;
  readonly #meter = new ProcessMeter();
  #watch: { stop(): void } | undefined;
  #state: RecorderState = 'starting';
  #stateSinceMs: number;
  #figures: ProcessFigures;
  #asked: Promise<LiveStatus> | undefined;

  constructor(options: MonitoringDeskOptions) {
    this.#options = options;
    this.#stateSinceMs = options.startedAtMs;
    this.#figures = this.#meter.figures();
  }

  /** From now on the state is looked at, until `stop`. */
  start(): void {
    const look = (): Promise<void> => Promise.resolve(this.#look());
    this.#watch = repeatedly(this.#options.clock, () => LOOK_INTERVAL_MS, look);
  }

  /** Whoever asks while another waits for the answer gets the same: it costs the children a report each. */
  status(): Promise<LiveStatus> {
    this.#asked ??= this.#freshStatus().finally(() => (this.#asked = undefined));
    return this.#asked;
  }

  obstacles(): readonly string[] {
    const { board, children } = this.#options;
    return board.obstacles(this.#nowMs(), children.states());
  }

  hasSymbol(symbol: string): boolean {
    return this.#options.children.symbols.includes(symbol);
  }

  book(symbol: string, depth: number): Promise<BookAnswer> {
    return this.#options.books.query(symbol, depth);
  }

  tops(): Promise<readonly BookAnswer[] | undefined> {
    return this.#options.books.tops();
  }

  /** From the latest reports, which are a second old, of workers with very many streams three. */
  metrics(): Promise<string> {
    const { board, market, startedAtMs } = this.#options;
    return renderMetrics({
      version: recorderVersion(),
      market,
      nowMs: this.#nowMs(),
      startedAtMs,
      status: this.#status(),
      logs: this.#options.logs(),
      totals: board.totals(),
      figures: board.figures(),
      processFigures: (id) => (id === 'primary' ? this.#figures : board.processFigures(id)),
      journal: board.journal(),
      budget: this.#budget(),
    });
  }

  stop(): void {
    this.#watch?.stop();
    this.#meter.stop();
  }

  async #freshStatus(): Promise<LiveStatus> {
    await this.#options.children.freshReports();
    return this.#status();
  }

  #status(): LiveStatus {
    const { board, children, isStopping, reloads, logs } = this.#options;
    const nowMs = this.#nowMs();
    const states = children.states();
    const status = board.status(nowMs, states, isStopping());
    this.#observe(status.state, nowMs);
    return {
      ...status,
      version: recorderVersion(),
      observedAt: new Date(nowMs).toISOString(),
      stateSince: new Date(this.#stateSinceMs).toISOString(),
      obstacles: board.obstacles(nowMs, states),
      concerns: board.concerns(nowMs, states),
      receiptToDurable: board.figures().durations.receiptToDurable[''] ?? null,
      reloads: reloads(),
      logs: logs(),
    };
  }

  #look(): void {
    this.#figures = this.#meter.figures();
    const { board, children, isStopping } = this.#options;
    const nowMs = this.#nowMs();
    this.#observe(board.state(nowMs, children.states(), isStopping()), nowMs);
  }

  #observe(state: RecorderState, nowMs: number): void {
    if (state !== this.#state) this.#stateSinceMs = nowMs;
    this.#state = state;
  }

  /** Undefined where the files that all processes share cannot be read. */
  #budget(): BudgetState | undefined {
    try {
      return this.#options.budget();
    } catch {
      return undefined;
    }
  }

  #nowMs(): number {
    return Math.floor(this.#options.clock.wallUs() / 1000);
  }
}
