import { SLACK_BYTES, type RowBuffer } from './row-buffer.ts';

const DOUBLE_BYTES = 8;
const DOUBLES_AT_FIRST = 16;
/** The loop of a copy is unrolled: its counter costs as much as a store. */
const DOUBLES_A_STEP = 4;

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
    rows.reserve(0);
    rows.bytes.fill(0, rows.length, rows.length + SLACK_BYTES);
    this.#byteLength = rows.length - start;
    this.#count = Math.ceil(this.#byteLength / (DOUBLES_A_STEP * DOUBLE_BYTES)) * DOUBLES_A_STEP;
    if (this.#count > this.#doubles.length) this.#doubles = new Float64Array(2 * this.#count);
    for (let index = 0; index < this.#count; index++)
      this.#doubles[index] = rows.words.getFloat64(start + index * DOUBLE_BYTES, true);
  }

  /** Writes it at `at`, and less than {@link SLACK_BYTES} more; returns the offset behind it. */
  copy(out: DataView, at: number): number {
    const doubles = this.#doubles;
    const end = this.#count;
    let to = at;
    for (let index = 0; index < end; index += DOUBLES_A_STEP) {
      out.setFloat64(to, doubles[index]!, true);
      out.setFloat64((to + 8) | 0, doubles[(index + 1) | 0]!, true);
      out.setFloat64((to + 16) | 0, doubles[(index + 2) | 0]!, true);
      out.setFloat64((to + 24) | 0, doubles[(index + 3) | 0]!, true);
      to = (to + 32) | 0;
    }
    return (at + this.#byteLength) | 0;
  }
}
