import type { FrameFields } from './frame-fields.ts';
import { ASKS, BIDS, INTEGER, KIND, NO_SLOT, STRING, type Value, valuesOf } from './frame-values.ts';
import { isPlainInString, stringEnd } from './json-token.ts';
import { readUnitSide, type UnitLevels, UNUSUAL } from './unit-levels.ts';

const QUOTE = 0x22;
const ZERO = 0x30;
/** Digits that are a safe integer, whatever they are. */
const SAFE_DIGITS = 15;
const ABSENT = -1;
const KIND_LENGTH = 'depthUpdate'.length;

function areTwoDigits(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! ^ ZERO) < 10 && (bytes[at + 1]! ^ ZERO) < 10;
}

/** Layouts are learnt at the first, second, fourth, … frame in a row that matches none: learning must not cost much. */
function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}

/**
 * The text of a depth frame between its values, learnt from a frame that the general reader has accepted. Where the next
 * frame has the same text between its values, its keys need not be found again: to compare takes a third of the time.
 *
 * It is exact: the learnt frame with other integers of up to 15 digits, other strings and other levels in place of its own
 * is a frame that the general reader accepts too, with the same slots. Whatever differs elsewhere is no match.
 */
export class DepthLayout {
  /** The text before each value, one after the other, and that behind the last one. */
  #text = new Uint8Array(0);
  /** Where the text before each value ends. */
  #textEnds = new Int32Array(0);
  #types = new Int32Array(0);
  #slots = new Int32Array(0);
  #areAsksFirst = false;
  #misses = 0;

  /** Notes a frame that did not match, whose fields the general reader has found since. */
  learn(fields: FrameFields): void {
    if (!isPowerOfTwo(++this.#misses)) return;
    const values = valuesOf(fields);
    if (values !== undefined) this.#keep(fields.bytes, values);
  }

  /**
   * Whether `bytes` has this layout. Then `fields` holds its offsets, except those of levels, and `levels` its integers;
   * else both hold anything.
   */
  match(bytes: Uint8Array, fields: FrameFields, levels: UnitLevels): boolean {
    // What a match leaves in the fields, the next one overwrites: the same slots.
    if (fields.hasLevelOffsets) fields.clear(bytes);
    if (!this.#read(bytes, fields, levels)) return false;
    if (this.#areAsksFirst) {
      fields.bidCount -= fields.askCount;
      levels.swap(2 * fields.askCount);
    } else fields.askCount -= fields.bidCount;
    fields.bytes = bytes;
    fields.kind = 'depthUpdate';
    fields.hasLevelOffsets = false;
    fields.priceDecimals = levels.next > 0 ? levels.prices.partDigits : ABSENT;
    fields.quantityDecimals = levels.next > 0 ? levels.quantities.partDigits : ABSENT;
    this.#misses = 0;
    return true;
  }

  #keep(bytes: Uint8Array, values: readonly Value[]): void {
    const text: number[] = [];
    let at = 0;
    this.#textEnds = new Int32Array(values.length);
    for (const [index, { type, start, end }] of values.entries()) {
      // The name of the event is a value for its place only: it is compared like the text around it.
      text.push(...bytes.subarray(at, type === KIND ? end : start));
      this.#textEnds[index] = text.length;
      at = end;
    }
    this.#text = Uint8Array.from([...text, ...bytes.subarray(at)]);
    this.#types = Int32Array.from(values, ({ type }) => type);
    this.#slots = Int32Array.from(values, ({ slot }) => slot);
    this.#areAsksFirst = values.find(({ type }) => type >= BIDS)?.type === ASKS;
  }

  /** Reads values and compares what is between them; the counts of sides are then those of both up to there. */
  #read(bytes: Uint8Array, fields: FrameFields, levels: UnitLevels): boolean {
    const text = this.#text;
    const textEnds = this.#textEnds;
    const types = this.#types;
    const slots = this.#slots;
    const { starts, ends } = fields;
    const count = types.length;
    let at = 0;
    let compared = 0;
    for (let value = 0; value < count; value++) {
      const textEnd = textEnds[value]!;
      // Four at a time: half of the time of so short a loop is its own.
      for (; compared + 4 <= textEnd; compared += 4, at += 4) {
        if (bytes[at] !== text[compared] || bytes[at + 1] !== text[compared + 1]) return false;
        if (bytes[at + 2] !== text[compared + 2] || bytes[at + 3] !== text[compared + 3]) return false;
      }
      while (compared < textEnd) if (bytes[at++] !== text[compared++]) return false;
      const type = types[value]!;
      let start = at;
      if (type === INTEGER) {
        while (areTwoDigits(bytes, at) && areTwoDigits(bytes, at + 2)) at += 4;
        if (areTwoDigits(bytes, at)) at += 2;
        if ((bytes[at]! ^ ZERO) < 10) at++;
        const digits = at - start;
        if (digits === 0 || digits > SAFE_DIGITS || (bytes[start] === ZERO && digits > 1)) return false;
      } else if (type === STRING) {
        while (isPlainInString(bytes[at]!) && isPlainInString(bytes[at + 1]!)) at += 2;
        if (isPlainInString(bytes[at]!)) at++;
        if (bytes[at] !== QUOTE) at = stringEnd(bytes, at, bytes.length);
        if (at < 0) return false;
      } else if (type === KIND) start -= KIND_LENGTH;
      else {
        at = readUnitSide(bytes, at, levels);
        if (at === UNUSUAL) return false;
        if (type === BIDS) fields.bidCount = levels.next >> 1;
        else fields.askCount = levels.next >> 1;
        continue;
      }
      const slot = slots[value]!;
      if (slot === NO_SLOT) {
        fields.streamStart = start;
        fields.streamEnd = at;
      } else {
        starts[slot] = start;
        ends[slot] = at;
      }
    }
    if (bytes.length - at !== text.length - compared || count === 0) return false;
    while (at < bytes.length) if (bytes[at++] !== text[compared++]) return false;
    return true;
  }
}
