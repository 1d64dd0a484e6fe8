import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

const CHUNK_BYTES = 16_384;
/** Side, two decimals of at most 20 characters, two blanks and a line feed. */
const LINE_BYTES_MAX = 64;

/** Hashes lines of ASCII text; the text encoder of browsers and Node is not part of the language, so none is used. */
export class LineHash {
  readonly #hash = sha256.create();
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #length = 0;

  /** Adds a line of at most 64 ASCII characters, its line feed included. */
  add(line: string): void {
    if (this.#length + LINE_BYTES_MAX > CHUNK_BYTES) this.#flush();
    for (let at = 0; at < line.length; at++) this.#chunk[this.#length++] = line.charCodeAt(at);
  }

  /** The sha256 of all lines in hexadecimal; the hash takes no more lines afterwards. */
  hex(): string {
    this.#flush();
    return bytesToHex(this.#hash.digest());
  }

  #flush(): void {
    this.#hash.update(this.#chunk.subarray(0, this.#length));
    this.#length = 0;
  }
}
