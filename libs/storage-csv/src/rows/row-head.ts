import type { RowBuffer } from './row-buffer.ts';

const DOUBLE_BYTES = 8;
const DOUBLES_AT_FIRST = 16;

/**
 * What all rows of a side have in common, as doubles, so that eight characters are stored at a time. Characters of ASCII
 * are never a NaN, whose bits a store might change.
 */
export class RowHead {
  #doubles = new Float64Array(DOUBLES_AT_FIRST);
  #count = 0;
  #byteLength = 0;

  /** Takes what stands in the rows from `start` to their end; leaves zeros behind it. */
  take(rows: RowBuffer, start: number): void {
    rows.reserve(DOUBLE_BYTES);
    rows.words.setFloat64(rows.length, 0);
    this.#byteLength = rows.length - start;
    this.#count = Math.ceil(this.#byteLength / DOUBLE_BYTES);
    if (this.#count > this.#doubles.length) this.#doubles = new Float64Array(2 * this.#count);
    for (let index = 0; index < this.#count; index++)
      this.#doubles[index] = rows.words.getFloat64(start + index * DOUBLE_BYTES, true);
  }

  /** Writes it at `at`, and up to seven bytes more; returns the offset behind it. */
  copy(out: DataView, at: number): number {
    const doubles = this.#doubles;
    const count = this.#count;
    for (let index = 0; index < count; index++)
      out.setFloat64(at + index * DOUBLE_BYTES, doubles[index]!, true);
    return at + this.#byteLength;
  }
}
