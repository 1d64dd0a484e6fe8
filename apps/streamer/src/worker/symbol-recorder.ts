import { Buffer } from 'node:buffer';
import type { BinanceRest, Clock, StreamRef } from '@org/binance-client';
import { FrameError, FrameFields, scanFrame, SLOT } from '@org/binance-wire';
import { type GapReason, type GapRecord, streamKind } from '@org/market-data';
import { RECORD_TYPE } from '@org/storage';
import type { StreamReport } from '../control/messages.ts';
import { errorFields, type Log } from '../logging/child-log.ts';
import { DepthKeeper } from './depth-keeper.ts';
import { eventPosition } from './event-position.ts';
import type { RecordChannel } from '../records/record-channel.ts';
import { StreamLedger } from './stream-ledger.ts';

export interface SymbolRecorderOptions {
  readonly symbol: string;
  /** Streams in the words of the configuration. */
  readonly streams: readonly string[];
  readonly line: number;
  /** True when an earlier life of this worker recorded the same streams: what fell between is unknown. */
  readonly restarted: boolean;
  readonly clock: Clock;
  readonly rest: Pick<BinanceRest, 'depth'>;
  readonly channel: Pick<RecordChannel, 'append'>;
  readonly log: Log;
}

/**
 * Records the streams of one symbol: passes every frame on as received, keeps the ledger of each stream, and keeps the
 * depth stream joined to a snapshot. A fault here concerns this symbol alone.
 */
export class SymbolRecorder {
  rejectedFrames = 0;
  readonly depth: DepthKeeper | undefined;
  readonly #options: SymbolRecorderOptions;
  readonly #ledgers = new Map<string, StreamLedger>();
  readonly #alarms = new Map<string, string>();
  readonly #depthKey: string | undefined;
  readonly #fields = new FrameFields();

  constructor(options: SymbolRecorderOptions) {
    this.#options = options;
    for (const stream of options.streams) {
      const key = `${options.symbol}@${stream}`;
      this.#ledgers.set(key, new StreamLedger(key, options));
      if (streamKind(stream) === 'depth') this.#depthKey = key;
    }
    if (this.#depthKey !== undefined) this.depth = this.#depthKeeper(this.#depthKey);
  }

  frame(ref: StreamRef, bytes: Buffer, receivedAtUs: number, connectionId: number): void {
    const ledger = this.#ledgers.get(ref.key)!;
    const fields = this.#fields;
    const scanned = this.#scan(bytes);
    const verdict = ledger.observe(scanned ? eventPosition(fields) : undefined, connectionId, receivedAtUs);
    if (verdict.duplicate) return;
    if (verdict.gap !== undefined) this.#storeGap(verdict.gap);
    this.#store(ref.key, RECORD_TYPE.frame, bytes, receivedAtUs, connectionId);
    if (!scanned) this.#rejected(ref.key, ledger);
    else if (ref.key === this.#depthKey && fields.kind === 'depthUpdate') {
      this.depth?.diff({
        firstUpdateId: fields.integer(SLOT.U),
        finalUpdateId: fields.integer(SLOT.u),
        previousFinalUpdateId: fields.integerOrUndefined(SLOT.pu),
      });
    }
  }

  /** The connection that carried the stream ended without a successor: only the ids can prove the seam. */
  disconnected(streamKey: string): void {
    this.#ledgers.get(streamKey)?.doubt('reconnect');
  }

  alarm(streamKey: string, problem: string | undefined): void {
    if (problem === undefined) this.#alarms.delete(streamKey);
    else this.#alarms.set(streamKey, problem);
  }

  /** Records of the stream could not be kept: the break is written down, and depth begins anew. */
  lost(streamKey: string, reason: GapReason): void {
    const ledger = this.#ledgers.get(streamKey);
    if (ledger === undefined) return;
    this.#storeGap(ledger.declare(reason, this.#options.clock.wallUs()));
    if (streamKey === this.#depthKey) this.depth?.restart();
  }

  reports(): StreamReport[] {
    return [...this.#ledgers].map(([stream, ledger]) => ({
      stream,
      events: ledger.events,
      gaps: ledger.gaps,
      duplicates: ledger.duplicates,
      lastEventAtMs:
        ledger.lastReceivedAtUs === undefined ? undefined : Math.floor(ledger.lastReceivedAtUs / 1000),
      alarm: this.#alarms.get(stream),
    }));
  }

  stop(): void {
    this.depth?.stop();
  }

  #scan(bytes: Buffer): boolean {
    try {
      scanFrame(bytes, this.#fields);
      return true;
    } catch (error) {
      if (error instanceof FrameError) return false;
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
      failed: (error, retryInMs) => log.warn('SnapshotFailed', { symbol, retryInMs, ...errorFields(error) }),
    });
  }
}
