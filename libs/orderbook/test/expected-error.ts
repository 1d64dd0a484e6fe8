import type { OrderBookErrorCode } from '@org/orderbook';

/** What `toThrow` takes to match an error by its code and fields, never by its text. */
export function errorWith(code: OrderBookErrorCode, fields: object = {}): Error {
  return expect.objectContaining({ code, ...fields }) as Error;
}
