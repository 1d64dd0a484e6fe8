import type { SyncState } from '@org/orderbook';
import type { RawDepth } from '@org/storage-csv';
import type { Moment } from './moment.ts';

/** `skip` leaves one message out, `stop` ends the replay before it. */
export type Admission = 'take' | 'skip' | 'stop';

/**
 * Decides which messages belong to the state as of a moment.
 *
 * A time ends the replay at the first message that was received later. An update id does not always do so at the first
 * diff beyond it: a snapshot answers some diffs late, so while there is no book the diffs beyond the id are passed over
 * until a snapshot at or before the id has made one, or one beyond it shows that none will.
 */
export class MomentGate {
  readonly #moment: Moment | undefined;
  #isBeyond = false;

  constructor(moment: Moment | undefined) {
    this.#moment = moment;
  }

  /** `state` is the one of the sync before this message. */
  admit(message: RawDepth, state: SyncState): Admission {
    const moment = this.#moment;
    if (moment === undefined) return 'take';
    if (moment.kind === 'time') return message.receivedAtUs > moment.atUs ? 'stop' : 'take';
    if (message.type === 'snapshot') {
      if (message.finalUpdateId <= moment.updateId) return 'take';
      return this.#isBeyond ? 'stop' : 'skip';
    }
    if (message.finalUpdateId <= moment.updateId) return 'take';
    this.#isBeyond = true;
    return state === 'buffering' ? 'skip' : 'stop';
  }
}
