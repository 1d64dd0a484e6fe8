import { Buffer } from 'node:buffer';
import type { PriceLevel } from '@org/market-data';
import type { DepthMessage } from './depth-message.ts';

const COMMA = 0x2c;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLUMNS = 10;
/** Columns that all rows of a message share; side, price and quantity follow. */
const SHARED_COLUMNS = 7;
/** More levels than any message has (a snapshot 10,000, the largest diff seen 1,226): a file of one endless message. */
const LEVELS_MAX = 1_000_000;

/** What the rows of a message share. */
interface MessageHead {
  readonly receivedAtUs: number;
  readonly eventTimeMs: number | undefined;
  readonly transactionTimeMs: number | undefined;
  readonly firstUpdateId: number | undefined;
  readonly finalUpdateId: number;
  readonly previousFinalUpdateId: number | undefined;
  readonly updateType: 'diff' | 'snapshot';
}

/** Thrown for a row that is not one of a depth file; its message says what was expected. */
export class DepthRowError extends Error {}

/**
 * Puts the rows of a depth file together to messages. A message ends where a column changes that its rows share.
 * Two different messages never agree in all of them: the ids of diffs grow, and two snapshots at one id would have to
 * arrive within the same microsecond. So a message whose rows were written twice after a crash is still one message,
 * and its levels, being absolute, are the same.
 */
export class DepthRowParser {
  readonly #symbol: string;
  /** The shared columns of the open message with the comma behind them; empty while there is none. */
  #prefix: Buffer = Buffer.alloc(0);
  #head: MessageHead | undefined;
  #bids: PriceLevel[] = [];
  #asks: PriceLevel[] = [];
  #damagedRows = 0;
  /** Broken rows since the last good one. */
  #trailingDamage = 0;

  constructor(symbol: string) {
    this.#symbol = symbol;
  }

  /**
   * Takes the row `bytes[start, end)`, without its LF. Returns the message that it ends, if it begins another.
   * Throws {@link DepthRowError} for a broken row, which leaves the open message as it was.
   */
  push(bytes: Buffer, start: number, end: number): DepthMessage | undefined {
    const rest = start + this.#prefix.length;
    if (
      this.#head !== undefined &&
      rest <= end &&
      bytes.compare(this.#prefix, 0, this.#prefix.length, start, rest) === 0
    ) {
      this.#addLevel(bytes, rest, end);
      this.#trailingDamage = 0;
      return undefined;
    }
    const levelStart = sharedEnd(bytes, start, end);
    const head = parseHead(bytes.toString('latin1', start, levelStart - 1).split(','));
    const level = parseLevel(bytes, levelStart, end);
    const finished = this.finish();
    this.#damagedRows = this.#trailingDamage;
    this.#trailingDamage = 0;
    this.#head = head;
    this.#prefix = Buffer.from(bytes.subarray(start, levelStart));
    if (level !== undefined) this.#side(level.side).push(level.level);
    return finished;
  }

  /** Notes a broken row: it may have belonged to the open message, or have begun the next one. */
  damage(): void {
    this.#damagedRows++;
    this.#trailingDamage++;
  }

  /** Whether an unfinished row looks like one of the open message. */
  mayBelong(unfinished: Buffer): boolean {
    const length = Math.min(unfinished.length, this.#prefix.length);
    return this.#head !== undefined && unfinished.compare(this.#prefix, 0, length, 0, length) === 0;
  }

  /** The open message, which is complete when nothing follows. */
  finish(): DepthMessage | undefined {
    const head = this.#head;
    if (head === undefined) return undefined;
    const message = buildMessage(
      this.#symbol,
      head,
      { bids: this.#bids, asks: this.#asks },
      this.#damagedRows,
    );
    this.#head = undefined;
    this.#bids = [];
    this.#asks = [];
    this.#damagedRows = 0;
    return message;
  }

  #addLevel(bytes: Buffer, start: number, end: number): void {
    const parsed = parseLevel(bytes, start, end);
    if (parsed === undefined) return;
    const side = this.#side(parsed.side);
    if (side.length >= LEVELS_MAX)
      throw new DepthRowError(`expected at most ${LEVELS_MAX} levels of a side, was more`);
    side.push(parsed.level);
  }

  #side(side: 'bid' | 'ask'): PriceLevel[] {
    return side === 'bid' ? this.#bids : this.#asks;
  }
}

function buildMessage(
  symbol: string,
  head: MessageHead,
  sides: { readonly bids: readonly PriceLevel[]; readonly asks: readonly PriceLevel[] },
  damagedRows: number,
): DepthMessage {
  const { receivedAtUs, eventTimeMs, transactionTimeMs, finalUpdateId, previousFinalUpdateId } = head;
  const times = { eventTimeMs, transactionTimeMs };
  if (head.updateType === 'snapshot') {
    const snapshot = { symbol, lastUpdateId: finalUpdateId, ...times, ...sides };
    return { type: 'snapshot', receivedAtUs, damagedRows, snapshot };
  }
  const ids = { firstUpdateId: head.firstUpdateId!, finalUpdateId, previousFinalUpdateId };
  const diff = { symbol, eventTimeMs: eventTimeMs!, transactionTimeMs, ...ids, ...sides };
  return { type: 'diff', receivedAtUs, damagedRows, diff };
}

/** Offset behind the comma after the shared columns. */
function sharedEnd(bytes: Buffer, start: number, end: number): number {
  let commas = 0;
  let levelStart = -1;
  for (let at = start; at < end; at++) {
    if (bytes[at] !== COMMA) continue;
    commas++;
    if (commas === SHARED_COLUMNS) levelStart = at + 1;
  }
  if (commas !== COLUMNS - 1) throw new DepthRowError(`expected ${COLUMNS} columns, was ${commas + 1}`);
  return levelStart;
}

function parseHead(cells: readonly string[]): MessageHead {
  const updateType = cells[6]!;
  if (updateType !== 'diff' && updateType !== 'snapshot') {
    throw new DepthRowError(
      `expected update_type diff or snapshot, was ${JSON.stringify(updateType.slice(0, 40))}`,
    );
  }
  const isDiff = updateType === 'diff';
  return {
    receivedAtUs: integer('local_time', cells[0]!),
    eventTimeMs: isDiff ? integer('event_time', cells[1]!) : optionalInteger('event_time', cells[1]!),
    transactionTimeMs: optionalInteger('transaction_time', cells[2]!),
    firstUpdateId: isDiff
      ? integer('first_update_id', cells[3]!)
      : optionalInteger('first_update_id', cells[3]!),
    finalUpdateId: integer('final_update_id', cells[4]!),
    previousFinalUpdateId: optionalInteger('prev_final_update_id', cells[5]!),
    updateType,
  };
}

function integer(column: string, text: string): number {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) {
    throw new DepthRowError(`expected an integer in ${column}, was ${JSON.stringify(text.slice(0, 40))}`);
  }
  return value;
}

function optionalInteger(column: string, text: string): number | undefined {
  return text === '' ? undefined : integer(column, text);
}

/** Side, price and quantity; undefined for the row of a message without levels. */
function parseLevel(
  bytes: Buffer,
  start: number,
  end: number,
): { side: 'bid' | 'ask'; level: PriceLevel } | undefined {
  const afterSide = bytes.indexOf(COMMA, start);
  const afterPrice = afterSide === -1 ? -1 : bytes.indexOf(COMMA, afterSide + 1);
  if (afterPrice === -1 || afterPrice >= end)
    throw new DepthRowError(`expected ${COLUMNS} columns, was fewer`);
  const side = bytes.toString('latin1', start, afterSide);
  if (side === '' && end === afterPrice + 1 && afterPrice === afterSide + 1) return undefined;
  if (side !== 'bid' && side !== 'ask') {
    throw new DepthRowError(`expected side bid or ask, was ${JSON.stringify(side.slice(0, 40))}`);
  }
  const price = decimal('price', bytes, afterSide + 1, afterPrice);
  return { side, level: [price, decimal('quantity', bytes, afterPrice + 1, end)] };
}

function decimal(column: string, bytes: Buffer, start: number, end: number): string {
  if (!isDecimal(bytes, start, end)) {
    const was = JSON.stringify(bytes.toString('utf8', start, Math.min(end, start + 40)));
    throw new DepthRowError(`expected a decimal in ${column}, was ${was}`);
  }
  return bytes.toString('latin1', start, end);
}

/** Digits, optionally a point and digits. */
function isDecimal(bytes: Buffer, start: number, end: number): boolean {
  let points = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === DOT && at > start && at + 1 < end) points++;
    else if (byte < ZERO || byte > NINE) return false;
  }
  return end > start && points <= 1;
}
