import { type BookSide, DecimalError } from '@org/market-data';

/**
 * - `LEVEL_MALFORMED`: price or quantity is not a plain decimal that fits the book; the cause is the decimal's error.
 *   Also ticks or units that are no integer from 0 below 2^53, and counts of levels that the array does not hold.
 * - `SCALE_EXCEEDED`: a level needs more decimals than the levels already held leave room for below 2^53 units.
 * - `IDS_INVALID`: an update id is not a safe integer.
 * - `SYMBOL_MISMATCH`: a message of another symbol.
 * - `OPTION_INVALID`: an option outside of its range.
 */
export type OrderBookErrorCode =
  'LEVEL_MALFORMED' | 'SCALE_EXCEEDED' | 'IDS_INVALID' | 'SYMBOL_MISMATCH' | 'OPTION_INVALID';

/** A level that was refused, in the characters in which it came. */
export interface RejectedLevel {
  readonly side: BookSide;
  readonly price: string;
  readonly quantity: string;
}

export interface OrderBookErrorDetails {
  readonly level?: RejectedLevel;
  readonly cause?: unknown;
}

/** Everything that this library throws on purpose. A gap is no error: it is a value, see `SequenceGap`. */
export class OrderBookError extends Error {
  readonly code: OrderBookErrorCode;
  /** The level that was refused, where the error is about one. */
  readonly level: RejectedLevel | undefined;

  constructor(code: OrderBookErrorCode, message: string, details: OrderBookErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'OrderBookError';
    this.code = code;
    this.level = details.level;
  }
}

/** The error of a level that could not be read; an error that is not about its text is returned as it is. */
export function refusedLevel(level: RejectedLevel, cause: unknown): unknown {
  const isScale = cause instanceof OrderBookError;
  if (!isScale && !(cause instanceof DecimalError)) return cause;
  const message = `${level.side} level ${level.price} x ${level.quantity}: ${cause.message}`;
  return new OrderBookError(isScale ? cause.code : 'LEVEL_MALFORMED', message, { level, cause });
}
