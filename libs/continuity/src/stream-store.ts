import type { EventFrame } from './event-frame.ts';
import { gapBefore } from './gap-row.ts';
import { BREAKS, type Join, OVERLAPS } from './join.ts';
import type { MergeContext } from './merge-context.ts';
import type { SwitchReason } from './merge-handlers.ts';
import type { MergedStream, StreamSource } from './merged-stream.ts';
import { recutDepth } from './recut.ts';
import type { RepairDesk } from './repair-desk.ts';

/** Puts the next event of a stream into the output: with its gap row, or cut at the seam, or as it is. */
export class StreamStore {
  readonly #context: MergeContext;
  readonly #repairs: RepairDesk;

  constructor(context: MergeContext, repairs: RepairDesk) {
    this.#context = context;
    this.#repairs = repairs;
  }

  /** Stores the event whose record is being read. */
  current(stream: MergedStream, from: StreamSource, event: EventFrame, join: Join): void {
    const recut = this.#prepare(stream, event, join);
    if (recut === undefined) this.#context.output.keep(event);
    else this.#writeRecut(stream, event, recut);
    this.#advance(stream, from, event, join);
  }

  /** Stores an event that was held. */
  held(stream: MergedStream, from: StreamSource, event: EventFrame, join: Join): void {
    const recut = this.#prepare(stream, event, join);
    if (recut === undefined) this.#context.output.write(event, event.payload);
    else this.#writeRecut(stream, event, recut);
    this.#advance(stream, from, event, join);
  }

  /** Another source leads from here on. */
  lead(stream: MergedStream, to: StreamSource, why: SwitchReason): void {
    const from = stream.lead;
    if (from === to) return;
    stream.lead = to;
    if (from === undefined) return;
    this.#context.counters.switches++;
    this.#context.handlers.switched?.({
      stream: stream.key,
      fromLane: from.source.lane,
      toLane: to.source.lane,
      fromLine: from.line,
      toLine: to.line,
      lastOrder: stream.lastOrder,
      why,
    });
  }

  /** Writes what comes before the event; the event's bytes when they are not as received. */
  #prepare(stream: MergedStream, event: EventFrame, join: Join): Uint8Array | undefined {
    if (!stream.hasLast) this.#begin(stream, event);
    else if (join === BREAKS) this.#break(stream, event, event.doubt ?? 'sequence');
    if (join !== OVERLAPS) return undefined;
    const recut = recutDepth(event.payload, stream.lastOrder, this.#context.fields);
    if (recut === undefined) this.#break(stream, event, 'malformed');
    return recut;
  }

  /** The first event of a stream breaks nothing, unless the store has an end of it that nobody knows any more. */
  #begin(stream: MergedStream, event: EventFrame): void {
    if (!this.#context.isSeamUnknown) return;
    const gap = gapBefore(stream, event, 'restart');
    this.#context.gapFound(gap);
    this.#context.gapRow(gap);
  }

  #break(stream: MergedStream, event: EventFrame, reason: Parameters<typeof gapBefore>[2]): void {
    const gap = gapBefore(stream, event, reason);
    this.#context.gapFound(gap);
    if (!this.#repairs.open(stream, event, gap)) this.#context.gapRow(gap);
  }

  #writeRecut(stream: MergedStream, event: EventFrame, recut: Uint8Array): void {
    const { type, receivedAtUs, line, connectionId, order } = event;
    const meta = { type, stream: stream.key, receivedAtUs, line, connectionId, order };
    this.#context.output.write({ ...meta, follows: stream.lastOrder }, recut);
    this.#context.counters.recut++;
  }

  #advance(stream: MergedStream, from: StreamSource, event: EventFrame, join: Join): void {
    stream.advance(from, event, join === BREAKS);
    this.#context.counters.events++;
  }
}
