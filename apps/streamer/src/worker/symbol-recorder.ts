import { Buffer } from 'node:buffer';
import type { BinanceRest, Clock, StreamRef } from '@org/binance-client';
import { FrameError, FrameFields, scanFrame } from '@org/binance-wire';
import { type GapReason, type GapRecord, streamKind } from '@org/market-data';
import { RECORD_TYPE } from '@org/storage';
import type { StreamReport } from '../control/messages.ts';
import { depthIds } from '../depth-ids.ts';
import { errorFields, type Log } from '../logging/child-log.ts';
import { DepthKeeper } from './depth-keeper.ts';
import { eventPosition, type EventPosition } from './event-position.ts';
import type { RecordChannel, RefusedRecord } from '../records/record-channel.ts';
import { type HeldFrame, StreamHandover } from './stream-handover.ts';
import { StreamLedger } from './stream-ledger.ts';

export interface SymbolRecorderOptions {
  readonly symbol: string;
  /** Streams in the words of the configuration. */
  readonly streams: readonly string[];
  readonly line: number;
  /** True when an earlier life of this worker or recorder had the same streams: what fell between is unknown. */
  readonly restarted: boolean;
  readonly clock: Clock;
  readonly rest: Pick<BinanceRest, 'depth'>;
  readonly channel: Pick<RecordChannel, 'append'>;
  readonly log: Log;
}

/** What is kept of each stream. */
interface RecordedStream {
  readonly ledger: StreamLedger;
  readonly handover: StreamHandover;
  alarm: string | undefined;
}

/**
 * Records the streams of one symbol: passes every frame on as received, keeps the ledger of each stream, and keeps the
 * depth stream joined to a snapshot. A fault here concerns this symbol alone.
 */
export class SymbolRecorder {
  rejectedFrames = 0;
  readonly depth: DepthKeeper | undefined;
  readonly #options: SymbolRecorderOptions;
  readonly #streams = new Map<string, RecordedStream>();
  readonly #depthKey: string | undefined;
  readonly #fields = new FrameFields();
  #depthIsLost = false;

  constructor(options: SymbolRecorderOptions) {
    this.#options = options;
    for (const stream of options.streams) {
      const key = `${options.symbol}@${stream}`;
      const ledger = new StreamLedger(key, options);
      this.#streams.set(key, { ledger, handover: new StreamHandover(), alarm: undefined });
      if (streamKind(stream) === 'depth') this.#depthKey = key;
    }
    if (this.#depthKey !== undefined) this.depth = this.#depthKeeper(this.#depthKey);
  }

  /** Takes a frame of one of the streams; `bytes` may be reused after the call. */
  frame(ref: Pick<StreamRef, 'key'>, bytes: Buffer, receivedAtUs: number, connectionId: number): void {
    const stream = this.#streams.get(ref.key)!;
    if (stream.handover.isNext(connectionId)) {
      this.#record(ref.key, stream.ledger, { bytes, receivedAtUs, connectionId });
    } else {
      const copy = { bytes: Buffer.from(bytes), receivedAtUs, connectionId };
      this.#recordAll(ref.key, stream.ledger, stream.handover.hold(copy));
    }
  }

  /**
   * A connection of the stream ended. `lossy`: it had not handed over, so only ids can prove the seam; `stopped`: all
   * connections end now.
   */
  ended(streamKey: string, connectionId: number, how: 'lossy' | 'handed-over' | 'stopped'): void {
    const stream = this.#streams.get(streamKey);
    if (stream === undefined) return;
    if (how === 'lossy' && stream.handover.isNext(connectionId)) stream.ledger.doubt('reconnect');
    this.#recordAll(streamKey, stream.ledger, stream.handover.ended(connectionId, how === 'stopped'));
  }

  /** Something may be missing in the stream; the next event proves that it is not, or is a gap. */
  doubt(streamKey: string, reason: GapReason): void {
    this.#streams.get(streamKey)?.ledger.doubt(reason);
  }

  alarm(streamKey: string, problem: string | undefined): void {
    const stream = this.#streams.get(streamKey);
    if (stream !== undefined) stream.alarm = problem;
  }

  /** Records of the stream from `first` on were not taken by the queue: the stream ends before it. */
  refused(streamKey: string, first: RefusedRecord): void {
    const ledger = this.#streams.get(streamKey)?.ledger;
    if (ledger === undefined) return;
    if (first.type === RECORD_TYPE.gap) {
      const gap = JSON.parse(Buffer.from(first.payload).toString()) as GapRecord;
      ledger.takeBack(gap.reason, { order: gap.lastId, receivedAtUs: gap.lastTimeUs });
    } else if (first.type === RECORD_TYPE.frame) {
      ledger.takeBack('overflow', {
        order: this.#scan(first.payload)?.position?.follows,
        receivedAtUs: undefined,
      });
    }
    if (streamKey === this.#depthKey) this.#depthIsLost = true;
  }

  /** The queue takes records again: a depth stream that lost some begins anew, with a snapshot. */
  recovered(): void {
    if (this.#depthIsLost) this.depth?.restart();
    this.#depthIsLost = false;
  }

  reports(): StreamReport[] {
    return [...this.#streams].map(([stream, { ledger, alarm }]) => ({
      stream,
      events: ledger.events,
      gaps: ledger.gaps,
      duplicates: ledger.duplicates,
      lastEventAtMs:
        ledger.lastReceivedAtUs === undefined ? undefined : Math.floor(ledger.lastReceivedAtUs / 1000),
      alarm,
    }));
  }

  /** Nothing comes any more: a seam that is unproven now stays so, and is written down. */
  stop(): void {
    this.depth?.stop();
    for (const { ledger } of this.#streams.values()) {
      const gap = ledger.openBreak(this.#options.clock.wallUs());
      if (gap !== undefined) this.#storeGap(gap);
    }
  }

  #recordAll(key: string, ledger: StreamLedger, frames: readonly HeldFrame[]): void {
    for (const frame of frames) this.#record(key, ledger, frame);
  }

  #record(key: string, ledger: StreamLedger, { bytes, receivedAtUs, connectionId }: HeldFrame): void {
    const scan = this.#scan(bytes);
    const verdict = ledger.observe(scan?.position, connectionId, receivedAtUs);
    if (verdict.duplicate) return;
    if (verdict.gap !== undefined) this.#storeGap(verdict.gap);
    this.#store(key, RECORD_TYPE.frame, bytes, receivedAtUs, connectionId);
    if (scan === undefined) this.#rejected(key, ledger);
    else if (key === this.#depthKey && this.#fields.kind === 'depthUpdate')
      this.depth?.diff(depthIds(this.#fields));
  }

  /** Undefined when the frame cannot be read. */
  #scan(bytes: Uint8Array): { readonly position: EventPosition | undefined } | undefined {
    try {
      scanFrame(bytes, this.#fields);
      return { position: eventPosition(this.#fields) };
    } catch (error) {
      if (error instanceof FrameError) return undefined;
      throw error;
    }
  }

  #rejected(key: string, ledger: StreamLedger): void {
    this.rejectedFrames++;
    // It may have carried an event: the next one proves by its ids that it did not, or is a gap row.
    ledger.doubt('malformed');
    this.#options.log.warn('FrameMalformed', { stream: key, symbol: this.#options.symbol });
  }

  #storeGap(gap: GapRecord): void {
    this.#options.log.warn('GapDetected', {
      stream: gap.stream,
      reason: gap.reason,
      lastId: gap.lastId,
      nextId: gap.nextId,
    });
    this.#store(gap.stream, RECORD_TYPE.gap, Buffer.from(JSON.stringify(gap)), gap.detectedAtUs, 0);
  }

  #store(
    stream: string,
    type: 1 | 2 | 3,
    payload: Uint8Array,
    receivedAtUs: number,
    connectionId: number,
  ): void {
    this.#options.channel.append(
      { type, stream, receivedAtUs, line: this.#options.line, connectionId },
      payload,
    );
  }

  #depthKeeper(key: string): DepthKeeper {
    const { symbol, clock, rest, log } = this.#options;
    return new DepthKeeper({
      symbol,
      clock,
      fetchSnapshot: () => rest.depth(symbol),
      storeSnapshot: (body) => this.#store(key, RECORD_TYPE.depthSnapshot, body, clock.wallUs(), 0),
      delayed: (waitedMs) => log.warn('SnapshotDelayed', { symbol, waitedMs }),
      failed: (error, retryInMs) => log.warn('SnapshotFailed', { symbol, retryInMs, ...errorFields(error) }),
    });
  }
}
