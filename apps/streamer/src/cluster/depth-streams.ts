import type { Buffer } from 'node:buffer';
import { streamKind } from '@org/market-data';
import { type BatchRecord, readRecordBatch, RECORD_TYPE } from '@org/storage';
import type { StreamReport } from '../control/messages.ts';
import { StreamDifferences } from '../worker/stream-differences.ts';

interface Met {
  readonly isDepth: boolean;
  events: number;
  lastReceiptUs: number;
}

/** Streams that are told apart; those beyond are not met. */
const STREAMS_MAX = 50_000;

/** A depth stream that is silent for so long while others go on has ended: its symbol was delisted. */
const ENDED_AFTER_US = 3600e6;

/** Which depth streams collectors forward, and how far each has come. Nobody has to name their symbols. */
export class DepthStreams {
  readonly #met = new Map<string, Met>();
  readonly #differences = new StreamDifferences();
  readonly #tooMany: () => void;
  #seen: string[] = [];
  #gone: StreamReport[] = [];
  #latestReceiptUs = 0;
  #isFull = false;

  /** `tooMany`: told once. */
  constructor(tooMany: () => void) {
    this.#tooMany = tooMany;
  }

  take(batch: Buffer): void {
    readRecordBatch(batch, this.#visit);
  }

  /** Receipt of the latest event of all streams, µs since the epoch; 0 before the first. */
  get latestReceiptUs(): number {
    return this.#latestReceiptUs;
  }

  /** The depth stream of a symbol. */
  of(symbol: string): string | undefined {
    for (const [stream, { isDepth }] of this.#met)
      if (isDepth && stream.startsWith(`${symbol}@`)) return stream;
    return undefined;
  }

  /** What has appeared since the last call. */
  seen(): readonly string[] {
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }

  /** What there is to say of them since the last call; `left` have ended. */
  report(): { readonly streams: readonly StreamReport[]; readonly left: readonly string[] } {
    this.#end();
    const gone = this.#gone;
    this.#gone = [];
    const all = [...this.#met].flatMap(([stream, met]) => (met.isDepth ? reportOf(stream, met) : []));
    return this.#differences.take(all, gone);
  }

  readonly #visit = ({ type, stream, receivedAtUs }: BatchRecord): void => {
    if (type !== RECORD_TYPE.frame || !Number.isFinite(receivedAtUs)) return;
    const met = this.#met.get(stream) ?? this.#meet(stream);
    if (met === undefined) return;
    met.events++;
    met.lastReceiptUs = receivedAtUs;
    if (receivedAtUs > this.#latestReceiptUs) this.#latestReceiptUs = receivedAtUs;
  };

  #meet(stream: string): Met | undefined {
    if (this.#met.size >= STREAMS_MAX) {
      if (!this.#isFull) this.#tooMany();
      this.#isFull = true;
      return undefined;
    }
    const isDepth = streamKind(stream.slice(stream.indexOf('@') + 1)) === 'depth';
    const met = { isDepth, events: 0, lastReceiptUs: 0 };
    this.#met.set(stream, met);
    if (isDepth) this.#seen.push(stream);
    return met;
  }

  #end(): void {
    for (const [stream, met] of this.#met) {
      if (met.lastReceiptUs >= this.#latestReceiptUs - ENDED_AFTER_US) continue;
      this.#met.delete(stream);
      this.#isFull = false;
      if (met.isDepth) this.#gone.push(reportOf(stream, met));
    }
  }
}

function reportOf(stream: string, { events, lastReceiptUs }: Met): StreamReport {
  const lastEventAtMs = Math.floor(lastReceiptUs / 1000);
  return { stream, events, duplicates: 0, lastEventAtMs, alarm: undefined };
}
