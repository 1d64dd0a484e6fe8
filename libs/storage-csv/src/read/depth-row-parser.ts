import { Buffer } from 'node:buffer';
import type { LineSplitter } from '@org/storage';
import { DepthRowError, excerpt } from './depth-row-error.ts';
import { readRowHead } from './depth-row-head.ts';
import { LevelSpans, SIDE_BYTES } from './level-spans.ts';
import { readPlainDecimal } from './plain-decimal.ts';
import { newRawDepth, type DepthScale, type RawDepth } from './raw-depth.ts';
import { RowPrefix } from './row-prefix.ts';

const LF = 0x0a;
const COMMA = 0x2c;
const COLUMNS = 10;
/** More levels than any message has (a snapshot 10,000, the largest diff seen 1,226): a file of one endless message. */
const LEVELS_MAX = 1_000_000;
/** Most bytes of sides, prices and quantities of a message; the levels above have about 20 each. */
const TEXT_BYTES_MAX = 64 * 1024 * 1024;
/** Longest row; the rows that are written have about 120 bytes. */
export const ROW_BYTES_MAX = 64 * 1024;

/** `bid,` and `ask,` as numbers, so that a side is one comparison. */
const BID = Buffer.from('bid,').readInt32BE();
const ASK = Buffer.from('ask,').readInt32BE();

/** A message and where its levels are gathered. */
class OpenMessage {
  readonly message = newRawDepth();
  readonly levels = new LevelSpans();
}

/**
 * Puts the rows of a depth file together to messages. A message ends where a column changes that its rows share.
 * Two different messages never agree in all of them: the ids of diffs grow, and two snapshots at one id would have to
 * arrive within the same microsecond. So a message whose rows were written twice after a crash is still one message,
 * and its levels, being absolute, are the same.
 *
 * A message that is returned is valid until the next call.
 */
export class DepthRowParser {
  /** Number of the line that is pushed next. */
  line = 0;
  /** Two by turns: one is handed over while the next one begins. */
  #open = new OpenMessage();
  #spare = new OpenMessage();
  #isOpen = false;
  /** The columns that the rows of the open message share, with the comma behind them. */
  readonly #prefix = new RowPrefix();
  readonly #scale: DepthScale | undefined;
  #damagedRows = 0;
  /** Broken rows since the last good one. */
  #trailingDamage = 0;

  /** With a scale, which is looked at whenever a message begins, levels are read in it as well. */
  constructor(scale: DepthScale | undefined) {
    this.#scale = scale;
  }

  /**
   * Takes the rows of the open message that follow in the piece `view`, as long as they are as almost all rows are. What
   * else there is, is left to {@link push}: so there is one place that judges rows, and this one only knows the good ones.
   */
  takeUsual(lines: LineSplitter, view: DataView): void {
    const { chunk, at: first } = lines;
    if (!this.#isOpen || first < 0) return;
    let rows = 0;
    let at = first;
    for (
      let next = this.#usualRowEnd(chunk, view, at);
      next > at;
      next = this.#usualRowEnd(chunk, view, at)
    ) {
      at = next;
      rows++;
    }
    if (rows === 0) return;
    lines.skip(rows, at);
    this.#trailingDamage = 0;
  }

  /**
   * Takes the row `bytes[start, end)`, without its LF. Returns the message that it ends, if it begins another.
   * Throws {@link DepthRowError} for a broken row, which leaves the open message as it was.
   */
  push(bytes: Buffer, start: number, end: number): RawDepth | undefined {
    if (this.mayBelong(bytes, start, end) && end - start >= this.#prefix.length) {
      this.#requireRoom();
      addLevel(this.#open.levels, bytes, start + this.#prefix.length, end);
      this.#trailingDamage = 0;
      return undefined;
    }
    const begun = this.#spare;
    begun.levels.begin(this.#scale);
    const levelStart = readRowHead(bytes, start, end, begun.message);
    addLevel(begun.levels, bytes, levelStart, end);
    begun.message.line = this.line;
    const finished = this.finish(bytes);
    this.#spare = this.#open;
    this.#open = begun;
    this.#isOpen = true;
    this.#damagedRows = this.#trailingDamage;
    this.#trailingDamage = 0;
    this.#prefix.set(bytes, start, levelStart);
    return finished;
  }

  /** The piece in which the last rows stood is about to be overwritten. */
  settle(bytes: Uint8Array): void {
    if (this.#isOpen) this.#open.levels.settle(bytes);
  }

  /** Notes a broken row: it may have belonged to the open message, or have begun the next one. */
  damage(): void {
    this.#damagedRows++;
    this.#trailingDamage++;
  }

  /** Whether `bytes[start, end)` begins like a row of the open message, as far as it goes. */
  mayBelong(bytes: Buffer, start: number, end: number): boolean {
    return this.#isOpen && this.#prefix.isBegunBy(bytes, start, end);
  }

  /** The open message, which is complete when nothing follows; its last rows stand in `bytes`. */
  finish(bytes: Uint8Array): RawDepth | undefined {
    if (!this.#isOpen) return undefined;
    const { message, levels } = this.#open;
    levels.giveTo(message, bytes);
    message.damagedRows = this.#damagedRows;
    this.#isOpen = false;
    this.#damagedRows = 0;
    return message;
  }

  /** The offset behind the row at `at`, which was taken; or `at` where it is not of the usual kind. */
  #usualRowEnd(chunk: Buffer, view: DataView, at: number): number {
    const levels = this.#open.levels;
    const side = at + this.#prefix.length;
    const priceStart = side + SIDE_BYTES;
    if (priceStart >= chunk.length || !this.#prefix.isAt(view, at)) return at;
    const word = view.getInt32(side);
    if (word !== BID && word !== ASK) return at;
    const { next, priceDecimals, quantityDecimals, ticks } = levels;
    const priceEnd = readPlainDecimal(chunk, priceStart, chunk.length, priceDecimals, ticks, next);
    if (priceEnd === priceStart || priceEnd === chunk.length || chunk[priceEnd] !== COMMA) return at;
    const end = readPlainDecimal(chunk, priceEnd + 1, chunk.length, quantityDecimals, ticks, next + 1);
    if (end === priceEnd + 1 || end === chunk.length || chunk[end] !== LF) return at;
    const isLimited = levels.bidCount + levels.askCount < LEVELS_MAX && levels.textBytes < TEXT_BYTES_MAX;
    if (end - at > ROW_BYTES_MAX || !isLimited) return at;
    levels.add(word === BID, priceStart, priceEnd, end);
    return end + 1;
  }

  #requireRoom(): void {
    const { bidCount, askCount, textBytes } = this.#open.levels;
    if (bidCount >= LEVELS_MAX || askCount >= LEVELS_MAX) {
      throw new DepthRowError(`expected at most ${LEVELS_MAX} levels of a side, was more`);
    }
    if (textBytes < TEXT_BYTES_MAX) return;
    throw new DepthRowError(`expected at most ${TEXT_BYTES_MAX} bytes of levels in a message, was more`);
  }
}

/** Adds side, price and quantity; nothing where all three are empty, as in the row of a message without levels. */
function addLevel(levels: LevelSpans, bytes: Buffer, start: number, end: number): void {
  const afterSide = commaFrom(bytes, start, end);
  const afterPrice = commaFrom(bytes, afterSide + 1, end);
  if (afterPrice >= end) throw new DepthRowError(`expected ${COLUMNS} columns, was fewer`);
  if (afterSide === start && afterPrice === start + 1 && end === start + 2) return;
  const word = afterSide === start + SIDE_BYTES - 1 ? bytes.readInt32BE(start) : 0;
  if (word !== BID && word !== ASK) {
    throw new DepthRowError(`expected side bid or ask, was ${excerpt(bytes, start, afterSide)}`);
  }
  const { next, priceDecimals, quantityDecimals, ticks } = levels;
  const priceEnd = readPlainDecimal(bytes, afterSide + 1, afterPrice, priceDecimals, ticks, next);
  requireDecimal('price', bytes, afterSide + 1, afterPrice, priceEnd);
  const quantityEnd = readPlainDecimal(bytes, afterPrice + 1, end, quantityDecimals, ticks, next + 1);
  requireDecimal('quantity', bytes, afterPrice + 1, end, quantityEnd);
  levels.add(word === BID, afterSide + 1, afterPrice, end);
}

function commaFrom(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== COMMA) at++;
  return at;
}

/** Throws unless the decimal that starts at `start` was found to end at `end`. */
function requireDecimal(column: string, bytes: Buffer, start: number, end: number, foundEnd: number): void {
  if (start < end && foundEnd === end) return;
  throw new DepthRowError(`expected a decimal in ${column}, was ${excerpt(bytes, start, end, 'utf8')}`);
}
