import type { Buffer } from 'node:buffer';
import { GAP_REASONS } from '@org/market-data';
import {
  type BatchRecord,
  type DoubtRecord,
  readRecordBatch,
  RECORD_TYPE,
  RecordBatchError,
} from '@org/storage';
import { Arbiter } from './arbiter.ts';
import { readBar } from './bar.ts';
import type { DayCounts } from './day-ledger.ts';
import { EventFrame } from './event-frame.ts';
import { gapAtEnd } from './gap-row.ts';
import { BREAKS, isNext, type Join, judge, REPEATS } from './join.ts';
import { MergeContext } from './merge-context.ts';
import type { MergeHandlers } from './merge-handlers.ts';
import type { MayCome } from './may-come.ts';
import { MERGE_LIMITS, type MergeLimits } from './merge-limits.ts';
import { restoreState, writeState } from './merge-state.ts';
import type { MergeStats } from './merge-stats.ts';
import { MergedStream, StreamSource } from './merged-stream.ts';
import type { RepairOrder } from './open-break.ts';
import { RepairDesk } from './repair-desk.ts';
import { type Source, SourceTable } from './source.ts';
import { StreamStore } from './stream-store.ts';

/** An entry of the journal: one batch of one life of one lane. */
export interface MergeEntry {
  readonly lane: string;
  readonly epoch: number;
  readonly payload: Buffer;
  /** Entries of any lane may be missing before this one: every source of every stream has to prove that it joins. */
  readonly afterDamage?: boolean;
}

/** A tick that lies further behind journal time was written after the machine's clock was set back. */
const SET_BACK_US = 1_000_000;

export interface StreamMergeOptions {
  /** What {@link StreamMerge.state} gave; undefined to begin anew. */
  readonly state?: string | undefined;
  /** The store has rows, and nobody knows up to where: the first event of each stream gets a gap row without `lastId`. */
  readonly isSeamUnknown?: boolean;
  readonly limits?: Partial<MergeLimits>;
  readonly handlers?: MergeHandlers;
  /** Where several journals are merged; it is asked only at holes. */
  readonly mayCome?: MayCome;
}

/**
 * Turns the journal, all lanes in journal order, into the one sequence of records that sinks store.
 *
 * A pure function of its input: the state before, the entry, the times inside the records, and `mayCome` where there is
 * one. Entries that are read again from the same state give the same bytes. Throws {@link ContinuityError} when the state cannot be read.
 */
export class StreamMerge {
  readonly #context: MergeContext;
  readonly #repairs: RepairDesk;
  readonly #store: StreamStore;
  readonly #arbiter: Arbiter;
  readonly #sources = new SourceTable();
  readonly #streams = new Map<string, MergedStream>();
  readonly #event = new EventFrame();
  #source!: Source;

  constructor(options: StreamMergeOptions = {}) {
    const { limits, handlers = {}, isSeamUnknown = false, mayCome } = options;
    this.#context = new MergeContext({ ...MERGE_LIMITS, ...limits }, handlers, isSeamUnknown, mayCome);
    this.#repairs = new RepairDesk(this.#context);
    this.#store = new StreamStore(this.#context, this.#repairs);
    this.#arbiter = new Arbiter(this.#context, this.#store, this.#streams);
    if (options.state !== undefined) this.#restore(options.state);
  }

  /**
   * The batch to store, or undefined when nothing comes out of this entry. It is the payload itself when every record
   * in it is stored as it is.
   */
  take(entry: MergeEntry): Buffer | undefined {
    if (entry.afterDamage === true) this.#doubtAll(() => true);
    this.#source = this.#sources.of(entry.lane, entry.epoch);
    this.#context.output.begin(entry.payload);
    try {
      readRecordBatch(entry.payload, this.#visit);
    } catch (error) {
      if (!(error instanceof RecordBatchError)) throw error;
      this.#damaged(entry, error);
    }
    return this.#context.output.end();
  }

  /** A clean end: the rows of the breaks that wait for a repair. They stay open; store the state after this. */
  finish(): Buffer | undefined {
    this.#context.output.begin(undefined);
    for (const stream of this.#streams.values()) for (const open of stream.breaks) this.#repairs.write(open);
    return this.#context.output.end();
  }

  /** Everything that the next entry is judged by, held events included. */
  state(): string {
    const { nowUs, days } = this.#context;
    return writeState({ nowUs, days, sources: this.#sources, streams: this.#streams });
  }

  /** Journal time, µs since the epoch: the greatest receipt so far, or what a tick has made of it. */
  get nowUs(): number {
    return this.#context.nowUs;
  }

  /** Something waits that only time can release: give an entry with a tick, so that journal time goes on. */
  get isWaiting(): boolean {
    return this.#arbiter.heldFrames > 0 || this.#repairs.unwritten > 0;
  }

  /** What REST should be asked for: the parts of all open breaks that are still missing. */
  repairs(): readonly RepairOrder[] {
    const orders: RepairOrder[] = [];
    for (const { kind, breaks } of this.#streams.values())
      for (const open of breaks) orders.push(...open.orders(kind === 'kline' ? 'kline' : 'aggtrade'));
    return orders;
  }

  /**
   * What came of a symbol on a day of receipt (`YYYY-MM-DD`, UTC), as far as entries were taken. Undefined where nothing
   * came, and for a day that is not remembered: of each symbol the three days that lie closest to journal time are.
   */
  dayCounts(symbol: string, date: string): DayCounts | undefined {
    return this.#context.days.counts(symbol, date);
  }

  stats(): MergeStats {
    const { heldFrames, heldBytes } = this.#arbiter;
    return { ...this.#context.counters, heldFrames, heldBytes };
  }

  readonly #visit = (record: BatchRecord): void => {
    const { receivedAtUs } = record;
    if (receivedAtUs > this.#context.nowUs && receivedAtUs <= Number.MAX_SAFE_INTEGER)
      this.#context.nowUs = receivedAtUs;
    if (record.type === RECORD_TYPE.tick) return this.#tick(receivedAtUs);
    this.#source.lastSeenUs = this.#context.nowUs;
    switch (record.type) {
      case RECORD_TYPE.frame:
        return this.#frame(record);
      case RECORD_TYPE.doubt:
        return this.#doubt(record);
      case RECORD_TYPE.restRows:
        return this.#repairs.rows(this.#streamOf(record.stream), record);
      case RECORD_TYPE.gap:
      case RECORD_TYPE.depthSnapshot:
      case RECORD_TYPE.bookSnapshot:
        return this.#context.output.keep(record);
    }
    this.#context.output.keep(record);
  };

  #frame(record: BatchRecord): void {
    const { order } = record;
    if (order === undefined || !Number.isFinite(order)) return this.#context.output.keep(record);
    const stream = this.#streamOf(record.stream);
    const source = stream.sourceOf(this.#source) ?? this.#join(stream);
    const event = this.#read(stream, source, record, order);
    const isLead = stream.lead === source || stream.lead === undefined;
    const join = judge(stream, event, isLead);
    if (join === REPEATS) return this.#repeat(stream, source, event);
    if (isLead && isNext(join) && source.held.length === 0) {
      this.#store.current(stream, source, event, join);
      if (stream.heldFrames > 0) this.#arbiter.settle(stream);
    } else if (stream.heldFrames === 0 && !this.#isFilled(stream, source, event, join)) {
      this.#store.lead(stream, source, join === BREAKS ? 'gap' : 'gone');
      this.#store.current(stream, source, event, join);
    } else this.#arbiter.hold(stream, source, event);
  }

  /** Whether anybody else may bring what is missing before an event that the lead did not bring, or that does not join. */
  #isFilled(stream: MergedStream, source: StreamSource, event: EventFrame, join: Join): boolean {
    if (this.#arbiter.hasOther(stream, source)) return true;
    return (
      join === BREAKS && stream.hasLast && this.#context.mayCome(event.receivedAtUs, [this.#source.lane])
    );
  }

  /** The event of the record; the doubt of its source is now its own. */
  #read(stream: MergedStream, source: StreamSource, record: BatchRecord, order: number): EventFrame {
    const event = this.#event;
    event.read(record, order);
    if (!(event.receivedAtUs <= this.#context.nowUs)) event.receivedAtUs = this.#context.nowUs;
    if (stream.kind === 'kline') event.bar = readBar(event.payload, this.#context.fields);
    event.doubt = source.doubt ?? (source.isFresh && stream.hasLast ? 'restart' : undefined);
    source.doubt = undefined;
    source.isFresh = false;
    source.isEnded = false;
    source.line = record.line;
    this.#context.days.arrived(stream, source, event);
    return event;
  }

  /** Ids that stay behind for long are no overlap: the exchange has set them anew, and that is a break. */
  #repeat(stream: MergedStream, source: StreamSource, event: EventFrame): void {
    if (!this.#isCountedAnew(stream, event)) {
      this.#context.counters.duplicates++;
      source.day!.duplicates++;
      this.#context.output.drop();
      if (stream.heldFrames > 0) this.#arbiter.settle(stream);
      return;
    }
    this.#arbiter.settle(stream, true);
    event.doubt = 'sequence';
    this.#store.lead(stream, source, 'gap');
    this.#store.current(stream, source, event, BREAKS);
  }

  #isCountedAnew(stream: MergedStream, event: EventFrame): boolean {
    if (event.receivedAtUs <= stream.lastReceivedAtUs) return false;
    const { nowUs, limits } = this.#context;
    if (stream.repeats++ === 0) stream.repeatsSinceUs = nowUs;
    return stream.repeats > limits.repeatsMax && nowUs - stream.repeatsSinceUs > limits.repeatSpanMs * 1000;
  }

  #doubt(record: BatchRecord): void {
    this.#context.output.drop();
    const stream = this.#streamOf(record.stream);
    const source = stream.sourceOf(this.#source) ?? this.#join(stream);
    source.line = record.line;
    const doubt = this.#readDoubt(record);
    if (doubt.isEnd) this.#end(stream, source);
    source.doubt ??= doubt.reason;
  }

  #readDoubt(record: BatchRecord): DoubtRecord {
    try {
      const text = record.bytes.toString('utf8', record.payloadStart, record.payloadEnd);
      const { reason, isEnd } = JSON.parse(text) as Partial<DoubtRecord>;
      if (reason !== undefined && GAP_REASONS.includes(reason)) return { reason, isEnd: isEnd === true };
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    }
    this.#context.damagedRecord(`doubt of ${record.stream}: expected a reason and isEnd`);
    return { reason: 'malformed', isEnd: false };
  }

  /** Nothing more comes from this source; a doubt that is open now stays so when nobody else is there. */
  #end(stream: MergedStream, source: StreamSource): void {
    source.isEnded = true;
    if (stream.heldFrames > 0) this.#arbiter.settle(stream);
    const { doubt } = source;
    if (doubt === undefined || !stream.hasLast || stream.isEndDeclared) return;
    if (this.#arbiter.hasOther(stream, source)) return;
    stream.isEndDeclared = true;
    const gap = gapAtEnd(stream, doubt, source.line, this.#context.nowUs);
    this.#context.gapFound(gap);
    this.#context.gapRow(gap);
  }

  #tick(atUs: number): void {
    this.#context.output.drop();
    if (atUs < this.#context.nowUs - SET_BACK_US) this.#setBack(atUs);
    for (const stream of this.#streams.values()) {
      if (stream.heldFrames > 0) this.#arbiter.settle(stream);
      if (stream.breaks.length > 0) this.#repairs.expire(stream);
    }
  }

  /** A clock that ran ahead once must not keep everything that waits waiting until the real time has come there. */
  #setBack(nowUs: number): void {
    this.#context.nowUs = nowUs;
    for (const source of this.#sources) source.lastSeenUs = Math.min(source.lastSeenUs, nowUs);
    for (const stream of this.#streams.values()) stream.notAfter(nowUs);
  }

  /** What stood behind the damage is unknown: every stream of the source has to prove that it joins. */
  #damaged(entry: MergeEntry, error: RecordBatchError): void {
    this.#context.output.drop();
    this.#context.counters.damagedBatches++;
    this.#context.handlers.damaged?.(`batch of ${entry.lane} in epoch ${entry.epoch}: ${error.message}`);
    this.#doubtAll(({ source }) => source === this.#source);
  }

  #doubtAll(isMeant: (source: StreamSource) => boolean): void {
    for (const { sources } of this.#streams.values())
      for (const source of sources) if (isMeant(source)) source.doubt ??= 'malformed';
  }

  #streamOf(key: string): MergedStream {
    let stream = this.#streams.get(key);
    if (stream === undefined) this.#streams.set(key, (stream = new MergedStream(key)));
    return stream;
  }

  /** A source that is new to the stream. */
  #join(stream: MergedStream): StreamSource {
    stream.prune(this.#context.limits.sourcesMax);
    const source = new StreamSource(this.#source);
    stream.sources.push(source);
    return source;
  }

  #restore(text: string): void {
    this.#context.nowUs = restoreState(text, this.#sources, this.#streams, this.#context.days);
    for (const stream of this.#streams.values()) {
      this.#arbiter.restored(stream);
      for (const open of stream.breaks) if (!open.isWritten) this.#repairs.unwritten++;
    }
  }
}
