import type { GapReason } from '@org/market-data';
import type { EventPosition } from './event-position.ts';

/** So many repeats in a row are no overlap any more: the exchange counts from a lower id. */
const REPEATS_MAX = 1000;

/**
 * Keeps account of one stream in this process: what came, what came twice, and whether anything casts doubt on it.
 *
 * A repeat is an event that was delivered already, mostly by another connection (the overlap of a rotation). Whether
 * something is missing is not decided here but by the merge behind the journal, which knows what other lines and
 * earlier lives have stored; a doubt tells it why something may be.
 */
export class StreamLedger {
  events = 0;
  duplicates = 0;
  lastReceivedAtUs: number | undefined;
  /** The doubt that no event has followed yet. */
  openDoubt: GapReason | undefined;
  /** The `order` of the last event. */
  lastOrder: number | undefined;

  #lastConnectionId = 0;
  #repeatsInARow = 0;

  /** Returns false for a repeat, which is not to be stored. */
  observe(position: EventPosition | undefined, connectionId: number, receivedAtUs: number): boolean {
    if (position !== undefined && this.#isRepeat(position, connectionId)) {
      this.duplicates++;
      return false;
    }
    this.events++;
    this.openDoubt = undefined;
    this.#lastConnectionId = connectionId;
    this.lastOrder = position?.order ?? this.lastOrder;
    this.lastReceivedAtUs = receivedAtUs;
    return true;
  }

  /** Something happened after which events may be missing. Returns whether that is news. */
  doubt(reason: GapReason): boolean {
    const isNews = this.lastReceivedAtUs !== undefined && this.openDoubt === undefined;
    if (isNews) this.openDoubt = reason;
    return isNews;
  }

  /**
   * Chained ids never come twice, whichever connection brings them; where there are none, a connection may repeat a
   * value and only another connection's is a repeat. Ids that stay behind for long have been set anew.
   */
  #isRepeat(position: EventPosition, connectionId: number): boolean {
    const isBehind = this.lastOrder !== undefined && position.order <= this.lastOrder;
    const isRepeat = isBehind && (position.follows !== undefined || connectionId !== this.#lastConnectionId);
    this.#repeatsInARow = isRepeat ? this.#repeatsInARow + 1 : 0;
    return isRepeat && this.#repeatsInARow <= REPEATS_MAX;
  }
}
