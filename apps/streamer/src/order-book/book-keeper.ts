import { type FrameFields, scanDepthSnapshot, scanFrame, SLOT } from '@org/binance-wire';
import { BookSync, type DepthIds, OrderBook } from '@org/orderbook';
import type { BookAnswer, BookReport } from '../control/messages.ts';

interface DiffFrame extends DepthIds {
  readonly bytes: Uint8Array;
}

interface SnapshotBody {
  readonly lastUpdateId: number;
  readonly bytes: Uint8Array;
}

export interface BookKeeperHandlers {
  /** The book cannot go on without a snapshot. */
  snapshotNeeded(symbol: string): void;
  /** The book joined its stream and is exact from here on. */
  joined(symbol: string): void;
}

/** The live book of one symbol, fed with the bytes that the writer stored. */
export class BookKeeper {
  readonly symbol: string;
  readonly #book = new OrderBook();
  readonly #sync: BookSync<DiffFrame, SnapshotBody>;
  readonly #fields: FrameFields;
  /** The frame that `#fields` holds the scan of, so that a live diff is scanned once. */
  #scanned: Uint8Array | undefined;
  #eventTimeMs: number | undefined;

  /** `fields` is scratch space that all books of the process share. */
  constructor(symbol: string, fields: FrameFields, handlers: BookKeeperHandlers) {
    this.symbol = symbol;
    this.#fields = fields;
    this.#sync = new BookSync<DiffFrame, SnapshotBody>({
      applySnapshot: (snapshot) => this.#replace(snapshot),
      applyDiff: (diff) => this.#apply(diff),
      joined: () => handlers.joined(symbol),
      snapshotNeeded: () => handlers.snapshotNeeded(symbol),
    });
  }

  get isLive(): boolean {
    return this.#sync.state === 'live';
  }

  /** `bytes` must stay as they are: a diff that waits for its snapshot is kept. */
  diff(bytes: Uint8Array): void {
    const fields = this.#fields;
    if (scanFrame(bytes, fields) !== 'depthUpdate') return;
    this.#scanned = bytes;
    this.#sync.diff({
      firstUpdateId: fields.integer(SLOT.U),
      finalUpdateId: fields.integer(SLOT.u),
      previousFinalUpdateId: fields.integerOrUndefined(SLOT.pu),
      bytes,
    });
    this.#scanned = undefined;
  }

  snapshot(bytes: Uint8Array): void {
    scanDepthSnapshot(bytes, this.#fields);
    this.#sync.snapshot({ lastUpdateId: this.#fields.integer(SLOT.lastUpdateId), bytes });
  }

  /** The feed broke: what came in between is unknown, so the book begins anew. */
  restart(): void {
    this.#sync.restart('start');
  }

  answer(depth: number): BookAnswer {
    const lastUpdateId = this.#sync.lastUpdateId;
    if (!this.isLive || lastUpdateId === undefined) {
      return { symbol: this.symbol, unavailable: `the book is not in sync: ${this.#sync.state}` };
    }
    return { symbol: this.symbol, lastUpdateId, eventTimeMs: this.#eventTimeMs, ...this.#book.top(depth) };
  }

  report(): BookReport {
    return { symbol: this.symbol, state: this.#sync.state, lastUpdateId: this.#sync.lastUpdateId };
  }

  #replace(snapshot: SnapshotBody): void {
    scanDepthSnapshot(snapshot.bytes, this.#fields);
    this.#book.clear();
    this.#applyLevels();
    this.#eventTimeMs = this.#fields.integerOrUndefined(SLOT.E);
    this.#scanned = undefined;
  }

  #apply(diff: DiffFrame): void {
    if (this.#scanned !== diff.bytes) scanFrame(diff.bytes, this.#fields);
    this.#applyLevels();
    this.#eventTimeMs = this.#fields.integer(SLOT.E);
  }

  #applyLevels(): void {
    const { bytes, levels, bidCount, askCount } = this.#fields;
    for (let level = 0; level < bidCount + askCount; level++) {
      const at = level * 4;
      const side = level < bidCount ? 'bid' : 'ask';
      this.#book.setLevelBytes(side, bytes, levels[at]!, levels[at + 1]!, levels[at + 2]!, levels[at + 3]!);
    }
  }
}
