import type { GapReason, GapRecord } from '@org/market-data';
import type { EventPosition } from './event-position.ts';

/** What the ledger says of an event: store it or drop it as a repeat, and the break before it, if there is one. */
export interface LedgerVerdict {
  readonly duplicate: boolean;
  readonly gap: GapRecord | undefined;
}

/** So many repeats in a row are no overlap any more: the exchange counts from a lower id. */
const REPEATS_MAX = 1000;

const STORE: LedgerVerdict = { duplicate: false, gap: undefined };
const REPEAT: LedgerVerdict = { duplicate: true, gap: undefined };

/**
 * Keeps account of one stream: what came, whether it joins what came before, and what came twice.
 *
 * A repeat is an event that was delivered already, mostly by another connection (the overlap of a rotation). A break is a gap record: ids that do not join, or a new connection or process in a stream whose events cannot prove
 * that nothing fell between.
 */
export class StreamLedger {
  events = 0;
  gaps = 0;
  duplicates = 0;
  lastReceivedAtUs: number | undefined;

  readonly #stream: string;
  readonly #line: number;
  #lastOrder: number | undefined;
  #lastConnectionId = 0;
  #unproven: GapReason | undefined;
  #takenBack = false;
  #repeatsInARow = 0;

  constructor(stream: string, options: { readonly line: number; readonly restarted: boolean }) {
    this.#stream = stream;
    this.#line = options.line;
    if (options.restarted) this.#unproven = 'restart';
  }

  /** Something happened after which only the ids can prove that nothing is missing. */
  doubt(reason: GapReason): void {
    if (this.#lastOrder !== undefined) this.#unproven ??= reason;
  }

  observe(position: EventPosition | undefined, connectionId: number, receivedAtUs: number): LedgerVerdict {
    if (position !== undefined && this.#isRepeat(position, connectionId)) {
      this.duplicates++;
      return REPEAT;
    }
    const gap = this.#breakBefore(position, receivedAtUs);
    if (gap !== undefined) this.gaps++;
    this.events++;
    this.#unproven = undefined;
    this.#takenBack = false;
    this.#lastConnectionId = connectionId;
    this.#lastOrder = position?.order ?? this.#lastOrder;
    this.lastReceivedAtUs = receivedAtUs;
    return gap === undefined ? STORE : { duplicate: false, gap };
  }

  /**
   * Events that were observed were not kept: the stream ends where it was before them, and the next event is a gap.
   * `before` is what is known of the last event that was kept.
   */
  takeBack(
    reason: GapReason,
    before: { readonly order: number | undefined; readonly receivedAtUs: number | undefined },
  ): void {
    this.#unproven = reason;
    this.#takenBack = true;
    this.#lastOrder = before.order;
    this.lastReceivedAtUs = before.receivedAtUs;
  }

  /** The break that is still open when recording ends: nothing came any more that could prove the seam. */
  openBreak(nowUs: number): GapRecord | undefined {
    if (this.#unproven === undefined || (this.#lastOrder === undefined && !this.#takenBack)) return undefined;
    this.gaps++;
    return this.#gap(this.#unproven, undefined, undefined, nowUs);
  }

  /**
   * Chained ids never come twice, whichever connection brings them; where there are none, a connection may repeat a
   * value and only another connection's is a repeat. Ids that stay behind for long have been set anew: that is a break.
   */
  #isRepeat(position: EventPosition, connectionId: number): boolean {
    const isBehind = this.#lastOrder !== undefined && position.order <= this.#lastOrder;
    const isRepeat = isBehind && (position.follows !== undefined || connectionId !== this.#lastConnectionId);
    this.#repeatsInARow = isRepeat ? this.#repeatsInARow + 1 : 0;
    return isRepeat && this.#repeatsInARow <= REPEATS_MAX;
  }

  #breakBefore(position: EventPosition | undefined, receivedAtUs: number): GapRecord | undefined {
    const follows = position?.follows;
    if (this.#lastOrder !== undefined && follows !== undefined) {
      // An event that reaches back behind the last one and beyond it (two lines cut differently) joins as well.
      const joins =
        follows === this.#lastOrder || (follows < this.#lastOrder && position!.order > this.#lastOrder);
      return joins
        ? undefined
        : this.#gap(this.#unproven ?? 'sequence', position!.nextId, receivedAtUs, receivedAtUs);
    }
    if (this.#unproven === undefined) return undefined;
    return this.#gap(this.#unproven, position?.nextId, receivedAtUs, receivedAtUs);
  }

  #gap(
    reason: GapReason,
    nextId: number | undefined,
    nextTimeUs: number | undefined,
    nowUs: number,
  ): GapRecord {
    return {
      stream: this.#stream,
      reason,
      lastId: this.#lastOrder,
      nextId,
      lastTimeUs: this.lastReceivedAtUs,
      nextTimeUs,
      detectedAtUs: nowUs,
      line: this.#line,
      healedBy: '',
    };
  }
}
