/*
 * The numbers of a message's levels look alike: a side of prices has the same digits before and behind the point for
 * hundreds of levels. A shape is such a look, prepared so that a text is compared with it four characters at a time.
 */

const DIGIT = 0x30;
const POINT = 0x2e;
/** Longest text that has a shape: three words. Longer ones are read digit by digit. */
const CHARACTERS_MAX = 12;

/** The bytes as three little-endian words, 0 where there are none. */
function words(bytes: readonly number[]): readonly [number, number, number] {
  const view = new DataView(new ArrayBuffer(CHARACTERS_MAX));
  bytes.forEach((byte, at) => view.setUint8(at, byte));
  return [view.getInt32(0, true), view.getInt32(4, true), view.getInt32(8, true)];
}

/**
 * A look of up to twelve characters, as three words each of:
 *
 * - `text`: exclusive or with it leaves each digit its value, and every other character 0;
 * - `carry`: added to that, it lifts a value above 9 into the upper half of its byte (what it carries into the next
 *   byte does no harm, since its own is refused already);
 * - `rest`: the bits that must then be 0.
 *
 * One field a word, because a look-up in an array would cost as much as the comparison.
 */
export class NumberShape {
  readonly length: number = 0;
  readonly fractionDigits: number = 0;
  readonly text0: number = 0;
  readonly text1: number = 0;
  readonly text2: number = 0;
  readonly carry0: number = 0;
  readonly carry1: number = 0;
  readonly carry2: number = 0;
  readonly rest0: number = 0;
  readonly rest1: number = 0;
  readonly rest2: number = 0;

  constructor(wholeDigits: number, fractionDigits: number) {
    const fraction = fractionDigits === 0 ? [] : [POINT, ...Array<number>(fractionDigits).fill(DIGIT)];
    const text = [...Array<number>(wholeDigits).fill(DIGIT), ...fraction];
    this.length = text.length;
    this.fractionDigits = fractionDigits;
    [this.text0, this.text1, this.text2] = words(text);
    [this.carry0, this.carry1, this.carry2] = words(text.map((byte) => (byte === DIGIT ? 0x06 : 0)));
    [this.rest0, this.rest1, this.rest2] = words(text.map((byte) => (byte === DIGIT ? 0xf0 : 0xff)));
  }
}

const SHAPES: readonly (readonly NumberShape[])[] = Array.from({ length: CHARACTERS_MAX + 1 }, (_, whole) =>
  Array.from(
    { length: Math.max(1, CHARACTERS_MAX - whole) },
    (_, fraction) => new NumberShape(whole, fraction),
  ),
);

/** The shape of a text with so many digits before and behind the point; undefined when it is longer than any shape. */
export function shapeOf(wholeDigits: number, fractionDigits: number): NumberShape | undefined {
  return SHAPES[wholeDigits]?.[fractionDigits];
}
