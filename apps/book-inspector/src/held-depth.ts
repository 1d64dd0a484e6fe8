import type { RawLevels } from '@org/market-data';
import type { DepthIds } from '@org/orderbook';
import { copyRawLevels, type RawDepth } from '@org/storage-csv';

/**
 * A diff on its way through the sync. Its levels are those of the message that was read, which the next message
 * overwrites, so whoever holds the diff longer calls `keep`. Almost all diffs are applied at once and never copied.
 */
export class HeldDiff implements DepthIds {
  readonly firstUpdateId: number;
  readonly finalUpdateId: number;
  readonly previousFinalUpdateId: number | undefined;
  readonly isDamaged: boolean;
  /** Whether the sync has done with it. */
  isReleased = false;
  #levels: RawLevels;
  #isCopy = false;

  constructor(message: RawDepth) {
    this.firstUpdateId = message.firstUpdateId;
    this.finalUpdateId = message.finalUpdateId;
    this.previousFinalUpdateId = message.previousFinalUpdateId;
    this.isDamaged = message.damagedRows > 0;
    this.#levels = message;
  }

  get levels(): RawLevels {
    return this.#levels;
  }

  keep(): void {
    if (!this.#isCopy) this.#levels = copyRawLevels(this.#levels);
    this.#isCopy = true;
  }
}

/** A snapshot. There are few of them, and the sync remembers them, so each has levels of its own. */
export class HeldSnapshot {
  readonly lastUpdateId: number;
  readonly isDamaged: boolean;
  readonly levels: RawLevels;

  constructor(message: RawDepth) {
    this.lastUpdateId = message.finalUpdateId;
    this.isDamaged = message.damagedRows > 0;
    this.levels = copyRawLevels(message);
  }
}
