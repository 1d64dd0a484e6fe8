import { Buffer } from 'node:buffer';
import type { BinanceRest, Clock, StreamRef } from '@org/binance-client';
import { FrameError, FrameFields, scanDepthFrame, scanFrame } from '@org/binance-wire';
import { type GapReason, streamKind } from '@org/market-data';
import { previousUpdateId } from '@org/orderbook';
import { RECORD_TYPE, type RecordMeta } from '@org/storage';
import type { StreamReport } from '../control/messages.ts';
import { depthIds } from '../depth-ids.ts';
import { errorFields, type Log } from '../logging/child-log.ts';
import { DepthKeeper } from './depth-keeper.ts';
import { doubtRecord } from '../records/doubt-record.ts';
import type { RecordChannel } from '../records/record-channel.ts';
import { EventDelays } from './event-delays.ts';
import { eventPosition, type EventPosition } from './event-position.ts';
import { type HeldFrame, StreamHandover } from './stream-handover.ts';
import { StreamLedger } from './stream-ledger.ts';

export interface SymbolRecorderOptions {
  readonly symbol: string;
  /** Streams in the words of the configuration. */
  readonly streams: readonly string[];
  readonly line: number;
  /** Another worker of the line records the symbol and hands it over. */
  readonly joinsRunning?: boolean;
  /** Of its snapshots among those of other symbols: smaller goes first, from 0 to below 1. */
  readonly snapshotPriority?: number;
  /** Scratch space; that of one worker serves all of its symbols, for a scan is used up at once. */
  readonly fields?: FrameFields;
  /** Of all symbols of the worker together. */
  readonly eventDelays?: EventDelays;
  readonly clock: Clock;
  readonly rest: Pick<BinanceRest, 'depth'>;
  readonly channel: Pick<RecordChannel, 'append'>;
  readonly log: Log;
  /** A snapshot is under way for so long. */
  readonly snapshotDelayed?: (symbol: string, waitedMs: number) => void;
}

const UNREADABLE = 'unreadable';

/** The position of an event that has none. */
const NOWHERE = { order: undefined, follows: undefined };

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
  readonly #fields: FrameFields;
  #depthIsLost = false;

  constructor(options: SymbolRecorderOptions) {
    this.#options = options;
    this.#fields = options.fields ?? new FrameFields();
    for (const stream of options.streams) {
      this.begin(stream);
      if (streamKind(stream) === 'depth') this.#depthKey = this.#keyOf(stream);
    }
    if (this.#depthKey !== undefined) this.depth = this.#depthKeeper(this.#depthKey);
  }

  /** Another stream of the symbol; depth is one from the beginning or never. */
  begin(stream: string): void {
    const recorded = { ledger: new StreamLedger(), handover: new StreamHandover(), alarm: undefined };
    this.#streams.set(this.#keyOf(stream), recorded);
  }

  /** Records a stream no more, which is a gap from now on, with this reason. Returns its last figures. */
  giveUp(stream: string, reason: GapReason): readonly StreamReport[] {
    const key = this.#keyOf(stream);
    const recorded = this.#streams.get(key);
    if (recorded === undefined) return [];
    this.#recordAll(key, recorded.ledger, recorded.handover.drain());
    this.#doubtSilence(key, recorded);
    // Also where nothing came in this life: what an earlier one has stored ends here all the same.
    for (const isEnd of [false, true])
      this.#store(key, RECORD_TYPE.doubt, doubtRecord(reason, isEnd), this.#options.clock.wallUs());
    const reports = this.reports().filter((report) => report.stream === key);
    this.#streams.delete(key);
    return reports;
  }

  /** Takes a frame of one of the streams; `bytes` may be reused after the call. */
  frame(ref: Pick<StreamRef, 'key'>, bytes: Buffer, receivedAtUs: number, connectionId: number): void {
    const stream = this.#streams.get(ref.key);
    if (stream === undefined) return;
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
    if (how === 'lossy' && stream.handover.isNext(connectionId))
      this.#doubt(streamKey, stream.ledger, stream.alarm === undefined ? 'reconnect' : 'silence');
    this.#recordAll(streamKey, stream.ledger, stream.handover.ended(connectionId, how === 'stopped'));
  }

  /** Something may be missing in the stream; ids prove that it is not, or there is a gap row. */
  doubt(streamKey: string, reason: GapReason): void {
    const stream = this.#streams.get(streamKey);
    if (stream !== undefined) this.#doubt(streamKey, stream.ledger, reason);
  }

  /**
   * What is wrong with the stream now, if anything. Whether its silence was a loss is asked when it speaks again, or when
   * the recording of it ends: until then it may turn out that the exchange has ended it.
   */
  alarm(streamKey: string, problem: string | undefined): void {
    const stream = this.#streams.get(streamKey);
    if (stream === undefined) return;
    if (problem === undefined) this.#doubtSilence(streamKey, stream);
    stream.alarm = problem;
  }

  /** Records of the stream were not taken by the queue. */
  refused(streamKey: string): void {
    if (streamKey === this.#depthKey) this.#depthIsLost = true;
  }

  /** The queue takes records again: a depth stream that lost some begins anew, with a snapshot. */
  recovered(): void {
    if (this.#depthIsLost) this.depth?.restart();
    this.#depthIsLost = false;
  }

  /** Something that the queue had taken is lost after all, and nobody knows what. */
  spoolDamaged(): void {
    for (const [key, { ledger }] of this.#streams) this.#doubt(key, ledger, 'overflow');
    this.depth?.restart();
  }

  reports(): StreamReport[] {
    return [...this.#streams].map(([stream, { ledger, alarm }]) => ({
      stream,
      events: ledger.events,
      duplicates: ledger.duplicates,
      lastEventAtMs:
        ledger.lastReceivedAtUs === undefined ? undefined : Math.floor(ledger.lastReceivedAtUs / 1000),
      alarm,
      ...(this.#options.joinsRunning === true ? { lastOrder: ledger.lastOrder } : {}),
    }));
  }

  /** Whether every stream that is named here has come as far as its order, or has none. */
  hasReached(orders: ReadonlyMap<string, number>): boolean {
    return [...this.#streams].every(
      ([key, { ledger }]) => (ledger.lastOrder ?? Infinity) >= (orders.get(key) ?? -Infinity),
    );
  }

  /** Nothing comes any more from here. `isExplained`: because the exchange ended it, so that silence is no loss. */
  stop(isExplained = false): void {
    this.depth?.stop();
    const nowUs = this.#options.clock.wallUs();
    for (const [key, stream] of this.#streams) {
      const { ledger } = stream;
      this.#recordAll(key, ledger, stream.handover.drain());
      if (!isExplained) this.#doubtSilence(key, stream);
      this.#store(key, RECORD_TYPE.doubt, doubtRecord(ledger.openDoubt ?? 'restart', true), nowUs);
    }
  }

  #keyOf(stream: string): string {
    return `${this.#options.symbol}@${stream}`;
  }

  #doubtSilence(key: string, { ledger, alarm }: RecordedStream): void {
    if (alarm !== undefined) this.#doubt(key, ledger, 'silence');
  }

  #recordAll(key: string, ledger: StreamLedger, frames: readonly HeldFrame[]): void {
    for (const frame of frames) this.#record(key, ledger, frame);
  }

  #record(key: string, ledger: StreamLedger, { bytes, receivedAtUs, connectionId }: HeldFrame): void {
    const isDepth = key === this.#depthKey;
    const found = this.#position(bytes, isDepth ? scanDepthFrame : scanFrame);
    const position = found === UNREADABLE ? undefined : found;
    const lastOrder = ledger.lastOrder;
    if (!ledger.observe(position, connectionId, receivedAtUs)) return;
    // One object of one shape a frame, with no others spread into it: this runs for every message.
    const { line, channel } = this.#options;
    const type = RECORD_TYPE.frame;
    const { order, follows } = position ?? NOWHERE;
    channel.append({ type, stream: key, receivedAtUs, line, connectionId, order, follows }, bytes);
    if (found === UNREADABLE) return this.#rejected(key, ledger);
    if (EventDelays.isSampled(ledger.events))
      this.#options.eventDelays?.observe(key, this.#fields, receivedAtUs);
    if (isDepth && this.#fields.kind === 'depthUpdate') this.#depthDiff(lastOrder);
  }

  /** A connection that cuts the stream differently may begin in the middle of what is known: then it goes on from there. */
  #depthDiff(lastUpdateId = 0): void {
    const ids = depthIds(this.#fields);
    const isSeam = previousUpdateId(ids) < lastUpdateId && lastUpdateId < ids.finalUpdateId;
    this.depth?.diff(
      isSeam ? { ...ids, firstUpdateId: lastUpdateId + 1, previousFinalUpdateId: lastUpdateId } : ids,
    );
  }

  /** Where the event stands; undefined for one that has no position. */
  #position(bytes: Uint8Array, scan: typeof scanFrame): EventPosition | undefined | typeof UNREADABLE {
    try {
      scan(bytes, this.#fields);
      return eventPosition(this.#fields);
    } catch (error) {
      if (error instanceof FrameError) return UNREADABLE;
      throw error;
    }
  }

  #rejected(key: string, ledger: StreamLedger): void {
    this.rejectedFrames++;
    // It may have carried an event: the next one proves by its ids that it did not, or is a gap row.
    this.#doubt(key, ledger, 'malformed');
    this.#options.log.warn('FrameMalformed', { stream: key, symbol: this.#options.symbol });
  }

  #doubt(key: string, ledger: StreamLedger, reason: GapReason): void {
    if (!ledger.doubt(reason)) return;
    this.#store(key, RECORD_TYPE.doubt, doubtRecord(reason, false), this.#options.clock.wallUs());
  }

  #store(stream: string, type: RecordMeta['type'], payload: Uint8Array, receivedAtUs: number): void {
    const { line, channel } = this.#options;
    channel.append({ type, stream, receivedAtUs, line, connectionId: 0 }, payload);
  }

  #depthKeeper(key: string): DepthKeeper {
    const { symbol, line, clock, rest, log, joinsRunning = false, snapshotPriority = 0 } = this.#options;
    const { snapshotDelayed } = this.#options;
    return new DepthKeeper({
      symbol,
      fetchesUnasked: line === 0,
      joinsRunning,
      clock,
      fetchSnapshot: () => rest.depth(symbol, { priority: snapshotPriority }),
      storeSnapshot: (body) => this.#store(key, RECORD_TYPE.depthSnapshot, body, clock.wallUs()),
      delayed: (waitedMs) => snapshotDelayed?.(symbol, waitedMs),
      failed: (error, retryInMs) => log.warn('SnapshotFailed', { symbol, retryInMs, ...errorFields(error) }),
    });
  }
}
