import { Buffer } from 'node:buffer';
import { FlowError } from '../errors.ts';

const LENGTH_BYTES = 4;
const EMPTY = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into frames: `length u32 LE · that many bytes`, at least one.
 *
 * A frame that lies whole in one chunk is a view of it; one that spans chunks gets memory of its own. Chunks are never
 * written again (sockets allocate each anew), so both stay valid as long as somebody holds them.
 */
export class FrameDecoder {
  readonly #frameBytesMax: number;
  readonly #lengthBytes = Buffer.alloc(LENGTH_BYTES);
  #lengthFilled = 0;
  #chunk: Buffer = EMPTY;
  #at = 0;
  #partial: Buffer | undefined;
  #filled = 0;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** Takes the next chunk. Call {@link next} until it gives undefined before the chunk after it. */
  push(chunk: Buffer): void {
    this.#chunk =
      this.#at < this.#chunk.length ? Buffer.concat([this.#chunk.subarray(this.#at), chunk]) : chunk;
    this.#at = 0;
  }

  /** The next whole frame without its length, or undefined when it needs more bytes. Throws FRAME_TOO_LARGE, FRAME_CORRUPT. */
  next(): Buffer | undefined {
    if (this.#partial !== undefined) return this.#assemble(this.#partial);
    const length = this.#readLength();
    if (length === undefined) return undefined;
    if (length <= this.#chunk.length - this.#at) {
      this.#at += length;
      return this.#chunk.subarray(this.#at - length, this.#at);
    }
    this.#partial = Buffer.allocUnsafe(length);
    this.#filled = 0;
    return this.#assemble(this.#partial);
  }

  #readLength(): number | undefined {
    const copied = this.#chunk.copy(this.#lengthBytes, this.#lengthFilled, this.#at, this.#chunk.length);
    this.#at += copied;
    this.#lengthFilled += copied;
    if (this.#lengthFilled < LENGTH_BYTES) return undefined;
    this.#lengthFilled = 0;
    const length = this.#lengthBytes.readUInt32LE(0);
    if (length === 0) throw new FlowError('FRAME_CORRUPT', 'frame of 0 bytes, expected at least 1');
    if (length > this.#frameBytesMax) {
      throw new FlowError(
        'FRAME_TOO_LARGE',
        `frame of ${length} bytes, expected at most ${this.#frameBytesMax}`,
      );
    }
    return length;
  }

  #assemble(partial: Buffer): Buffer | undefined {
    const copied = this.#chunk.copy(partial, this.#filled, this.#at, this.#chunk.length);
    this.#at += copied;
    this.#filled += copied;
    if (this.#filled < partial.length) return undefined;
    this.#partial = undefined;
    return partial;
  }
}
