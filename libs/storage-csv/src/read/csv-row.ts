import { Buffer } from 'node:buffer';
import type { CellShape } from './row-shape.ts';

const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const EXCERPT_BYTES = 40;
/** As the words that are written: never an empty one, nor one that a spreadsheet takes for a formula. */
const WORD = /^[A-Za-z0-9_][A-Za-z0-9_ .:/-]{0,63}$/;

/** Thrown for a row that is not one of its kind; its message says what was expected and what stood there. */
export class CsvRowError extends Error {}

/** One row and where its cells stand. It is filled in again for the next row. */
export class CsvRow {
  /** From 1; the header is line 1. */
  line = 0;
  readonly #shape: readonly CellShape[];
  /** Where each cell ends; a cell begins behind the end of the one before. */
  readonly #ends: Int32Array;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(shape: readonly CellShape[]) {
    this.#shape = shape;
    this.#ends = new Int32Array(shape.length);
  }

  /** Takes the row `bytes[start, end)` without its LF. Throws {@link CsvRowError} unless every cell is one of its column. */
  take(line: number, bytes: Buffer, start: number, end: number): void {
    this.line = line;
    this.#bytes = bytes;
    this.#start = start;
    this.#split(end);
    for (let column = 0; column < this.#shape.length; column++) this.#check(column);
  }

  text(column: number): string {
    return this.#bytes.toString('utf8', this.#from(column), this.#ends[column]);
  }

  isEmpty(column: number): boolean {
    return this.#from(column) === this.#ends[column];
  }

  /** A safe integer. Throws {@link CsvRowError}. */
  integer(column: number): number {
    const from = this.#from(column);
    const end = this.#ends[column]!;
    const isNegative = this.#bytes[from] === MINUS;
    let value = 0;
    let digits = 0;
    for (let at = isNegative ? from + 1 : from; at < end; at++, digits++) {
      const digit = this.#bytes[at]! ^ ZERO;
      if (digit > 9) throw this.#wrong(column, 'an integer');
      value = value * 10 + digit;
    }
    if (digits === 0 || !Number.isSafeInteger(value)) throw this.#wrong(column, 'an integer');
    return isNegative ? -value : value;
  }

  optionalInteger(column: number): number | undefined {
    return this.isEmpty(column) ? undefined : this.integer(column);
  }

  /** A decimal as the nearest number: for comparisons, not for sums. */
  number(column: number): number {
    return Number(this.text(column));
  }

  flag(column: number): boolean {
    return this.#bytes[this.#from(column)] === 0x74;
  }

  #from(column: number): number {
    return column === 0 ? this.#start : this.#ends[column - 1]! + 1;
  }

  #split(end: number): void {
    const bytes = this.#bytes;
    const last = this.#ends.length - 1;
    let commas = 0;
    for (let at = this.#start; at < end; at++) {
      if (bytes[at] !== COMMA) continue;
      if (commas < last) this.#ends[commas] = at;
      commas++;
    }
    this.#ends[last] = end;
    if (commas !== last) throw new CsvRowError(`expected ${last + 1} columns, was ${commas + 1}`);
  }

  #check(column: number): void {
    const { type, mayBeEmpty } = this.#shape[column]!;
    const from = this.#from(column);
    const end = this.#ends[column]!;
    if (from === end) {
      if (!mayBeEmpty) throw this.#wrong(column, `a ${type}`);
    } else if (type === 'number') {
      if (!isDecimal(this.#bytes, from, end)) throw this.#wrong(column, 'a plain decimal');
    } else if (type === 'flag') {
      const text = this.text(column);
      if (text !== 'true' && text !== 'false') throw this.#wrong(column, 'true or false');
    } else if (type === 'word' && !WORD.test(this.text(column))) throw this.#wrong(column, 'a word');
  }

  #wrong(column: number, expected: string): CsvRowError {
    const from = this.#from(column);
    const was = this.#bytes.toString('utf8', from, Math.min(this.#ends[column]!, from + EXCERPT_BYTES));
    return new CsvRowError(
      `expected ${expected} in ${this.#shape[column]!.name}, was ${JSON.stringify(was)}`,
    );
  }
}

/** Digits, with a minus before them and a point and digits behind them or without. */
function isDecimal(bytes: Buffer, from: number, end: number): boolean {
  let at = bytes[from] === MINUS ? from + 1 : from;
  const first = at;
  while (at < end && (bytes[at]! ^ ZERO) < 10) at++;
  if (at === first) return false;
  if (at === end) return true;
  if (bytes[at] !== DOT) return false;
  const fraction = ++at;
  while (at < end && (bytes[at]! ^ ZERO) < 10) at++;
  return at === end && at > fraction;
}
