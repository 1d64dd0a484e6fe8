import { Buffer } from 'node:buffer';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Space for frames, a large piece at a time. Nothing is ever used twice, so frames may be kept by whoever gets them;
 * a buffer of its own for each frame would cost more than its content.
 */
export class FrameArena {
  #chunk = Buffer.alloc(0);
  #used = 0;

  /** So many bytes, of unknown content. */
  take(size: number): Buffer {
    if (this.#used + size > this.#chunk.length) {
      this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, size));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = start + size;
    return this.#chunk.subarray(start, this.#used);
  }
}
