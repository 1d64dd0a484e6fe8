import type { BinanceRest, Clock } from '@org/binance-client';
import { FrameFields } from '@org/binance-wire';
import type { StreamKey } from '@org/market-data';
import type { DurationCounts, StreamReport } from '../control/messages.ts';
import type { Log } from '../logging/child-log.ts';
import type { RecordChannel } from '../records/record-channel.ts';
import { EventDelays } from './event-delays.ts';
import { StreamDifferences } from './stream-differences.ts';
import { SymbolRecorder } from './symbol-recorder.ts';

export interface HandOptions {
  /** Streams of every symbol at first, in the words of the configuration. */
  readonly streams: readonly string[];
  readonly line: number;
  readonly clock: Clock;
  readonly rest: Pick<BinanceRest, 'depth'>;
  readonly channel: Pick<RecordChannel, 'append'>;
  readonly log: Log;
}

/** Snapshots of symbols that come later than so many of the first go with the last of them; all before repairs. */
const RANKS_MAX = 10_000;

/** At the start hundreds of snapshots wait for their turn, and one line now and then says it for all. */
const DELAY_LOG_INTERVAL_MS = 10_000;

/** The symbols that this worker records now. */
export class Hand {
  readonly recorders: ReadonlyMap<string, SymbolRecorder>;
  readonly #recorders = new Map<string, SymbolRecorder>();
  readonly #options: HandOptions;
  readonly #fields = new FrameFields();
  readonly #differences = new StreamDifferences();
  readonly #eventDelays = new EventDelays();
  /** Last figures of what is recorded here no more, until they are reported. */
  #gone: StreamReport[] = [];
  /** Of every symbol. */
  #streams: readonly string[];
  #rejectedFrames = 0;
  #delayLoggedAtMs = -Infinity;

  constructor(options: HandOptions) {
    this.#options = options;
    this.#streams = options.streams;
    this.recorders = this.#recorders;
  }

  get rejectedFrames(): number {
    let rejected = this.#rejectedFrames;
    for (const recorder of this.#recorders.values()) rejected += recorder.rejectedFrames;
    return rejected;
  }

  /**
   * Begins to record symbols, the most important first: their snapshots are fetched in this order. `joinsRunning`: another worker
   * records them and hands them over. Those that are here stay as they are. Returns the streams to ask for.
   */
  take(symbols: readonly string[], joinsRunning: boolean): readonly StreamKey[] {
    const taken = symbols.filter((symbol) => !this.#recorders.has(symbol));
    taken.forEach((symbol, rank) => {
      const snapshotPriority = Math.min(rank, RANKS_MAX - 1) / RANKS_MAX;
      this.#recorders.set(
        symbol,
        new SymbolRecorder({
          ...this.#options,
          streams: this.#streams,
          symbol,
          joinsRunning,
          snapshotPriority,
          fields: this.#fields,
          eventDelays: this.#eventDelays,
          snapshotDelayed: this.#snapshotDelayed,
        }),
      );
    });
    return this.#keys(taken);
  }

  /** Streams that are recorded here of these symbols. */
  streamsOf(symbols: readonly string[]): readonly StreamKey[] {
    return this.#keys(symbols.filter((symbol) => this.#recorders.has(symbol)));
  }

  /** Streams that are recorded here and are none of these. */
  streamsBeside(names: readonly string[]): readonly StreamKey[] {
    const others = this.#streams.filter((stream) => !names.includes(stream));
    return this.#keys([...this.#recorders.keys()], others);
  }

  /**
   * Records these streams of every symbol and gives up the others for want of room on the disk; whoever calls has ended
   * them. Returns the streams to ask for.
   */
  record(names: readonly string[]): readonly StreamKey[] {
    const begun = names.filter((stream) => !this.#streams.includes(stream));
    const ended = this.#streams.filter((stream) => !names.includes(stream));
    this.#streams = names;
    for (const recorder of this.#recorders.values()) {
      for (const stream of begun) recorder.begin(stream);
      for (const stream of ended) this.#gone.push(...recorder.giveUp(stream, 'disk'));
    }
    return this.#keys([...this.#recorders.keys()], begun);
  }

  /** Ends the recording of symbols; whoever calls has ended their streams. */
  drop(symbols: readonly string[], isExplained: boolean): void {
    for (const symbol of symbols) {
      const recorder = this.#recorders.get(symbol);
      if (recorder === undefined) continue;
      recorder.stop(isExplained);
      this.#recorders.delete(symbol);
      this.#gone.push(...recorder.reports());
      this.#rejectedFrames += recorder.rejectedFrames;
    }
  }

  /** What is new since the last call. */
  report(): { readonly streams: readonly StreamReport[]; readonly left: readonly string[] } {
    const all = [...this.#recorders.values()].flatMap((recorder) => recorder.reports());
    const gone = this.#gone;
    this.#gone = [];
    return this.#differences.take(all, gone);
  }

  /** By kind of stream, since the process began. */
  eventToReceipt(): Readonly<Record<string, DurationCounts>> {
    return this.#eventDelays.counts();
  }

  stop(): void {
    for (const recorder of this.#recorders.values()) recorder.stop();
  }

  readonly #snapshotDelayed = (symbol: string, waitedMs: number): void => {
    const { clock, log } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs - this.#delayLoggedAtMs < DELAY_LOG_INTERVAL_MS) return;
    this.#delayLoggedAtMs = nowMs;
    log.warn('SnapshotDelayed', { symbol, waitedMs, waiting: this.#waitingForSnapshot() });
  };

  /** Symbols whose depth has nothing to stand on yet. */
  #waitingForSnapshot(): number {
    let waiting = 0;
    for (const { depth } of this.#recorders.values()) if (depth?.state === 'buffering') waiting++;
    return waiting;
  }

  #keys(symbols: readonly string[], streams = this.#streams): readonly StreamKey[] {
    return symbols.flatMap((symbol) => streams.map((stream) => ({ symbol, stream })));
  }
}
