import { Buffer } from 'node:buffer';

/** First byte of a text frame that is whole, and the marks of the two longer length fields: RFC 6455, 5.2. */
const WHOLE_TEXT_FRAME = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

const CAPACITY_MIN = 4 * 1024;

/**
 * Text frames one behind the other as they go over the wire: a server does not mask, so a frame is a short header and
 * the text. One write for all frames of a burst costs a tenth of a write each.
 */
export class FrameBatch {
  #bytes = Buffer.alloc(0);
  #length = 0;
  #capacity = CAPACITY_MIN;

  get length(): number {
    return this.#length;
  }

  add(text: Buffer): void {
    const size = text.length;
    this.#reserve(size + 10);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = WHOLE_TEXT_FRAME;
    if (size < LENGTH_16) {
      bytes[at++] = size;
    } else if (size < 65_536) {
      bytes[at++] = LENGTH_16;
      bytes[at++] = size >>> 8;
      bytes[at++] = size & 0xff;
    } else {
      bytes[at++] = LENGTH_64;
      at = bytes.writeBigUInt64BE(BigInt(size), at);
    }
    bytes.set(text, at);
    this.#length = at + size;
  }

  /** The bytes so far, which the batch then forgets: a socket may keep them for as long as it likes. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#capacity = Math.max(CAPACITY_MIN, this.#length + (this.#length >>> 2));
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2, this.#capacity));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
