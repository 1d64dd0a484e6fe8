/** A frame that waits until the connection before its own has delivered everything. */
export interface HeldFrame {
  readonly connectionId: number;
  readonly bytes: Uint8Array;
  readonly receivedAtUs: number;
}

/** What is held of one stream at most; the overlap of a rotation lasts a second or two, half a minute at most. */
const HELD_FRAMES_MAX = 10_000;
const HELD_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Decides which of several connections of one stream is listened to. While a connection is being replaced both deliver,
 * and the successor may be ahead of its predecessor by what is still on the way. Taking frames as they come would then
 * make a hole where there is none; so the predecessor is listened to until it ends, and the successor's frames wait.
 */
export class StreamHandover {
  #current: number | undefined;
  #held: HeldFrame[] = [];
  #heldBytes = 0;
  /** A connection that was passed over because too much waited for it; the ledger drops what it repeats. */
  #passedOver: number | undefined;

  /** Whether the frame's turn is now. If not, hand a copy to `hold`. */
  isNext(connectionId: number): boolean {
    this.#current ??= connectionId;
    return connectionId === this.#current || connectionId === this.#passedOver;
  }

  /** Keeps a frame for later. Returns the frames whose turn has come because no more can be kept. */
  hold(frame: HeldFrame): readonly HeldFrame[] {
    this.#held.push(frame);
    this.#heldBytes += frame.bytes.length;
    if (this.#held.length < HELD_FRAMES_MAX && this.#heldBytes < HELD_BYTES_MAX) return [];
    this.#passedOver = this.#current;
    return this.#passOn();
  }

  /**
   * A connection ended. Returns the frames whose turn has come. `forGood`: all connections end now, in any order, so
   * what a successor delivered must not be forgotten.
   */
  ended(connectionId: number, forGood: boolean): readonly HeldFrame[] {
    if (connectionId === this.#passedOver) this.#passedOver = undefined;
    if (connectionId === this.#current) return this.#passOn();
    if (forGood) return [];
    // A successor that came to nothing: its predecessor delivers what it held.
    this.#keep(this.#held.filter((frame) => frame.connectionId !== connectionId));
    return [];
  }

  /** Nothing more comes of the stream. Returns all that waited, each connection's frames behind those of the one before it. */
  drain(): readonly HeldFrame[] {
    const frames: HeldFrame[] = [];
    while (this.#held.length > 0) frames.push(...this.#passOn());
    return frames;
  }

  /** The connection that has waited longest takes over; what a third one delivered goes on waiting. */
  #passOn(): readonly HeldFrame[] {
    const held = this.#held;
    this.#current = held[0]?.connectionId;
    this.#keep(held.filter((frame) => frame.connectionId !== this.#current));
    return held.filter((frame) => frame.connectionId === this.#current);
  }

  #keep(held: HeldFrame[]): void {
    this.#held = held;
    this.#heldBytes = held.reduce((total, { bytes }) => total + bytes.length, 0);
  }
}
