import { type FrameFields, SLOT } from '@org/binance-wire';
import { previousUpdateId } from '@org/orderbook';
import { depthIds } from '../depth-ids.ts';

/** Where an event stands in its stream. */
export interface EventPosition {
  /** Grows from event to event of a stream: an id where the stream has one, else the event time. */
  readonly order: number;
  /** The `order` that the event before must have had; undefined where the stream has no chain of ids. */
  readonly follows: number | undefined;
}

/**
 * The position of the scanned frame, or undefined for a kind that carries neither ids nor times.
 *
 * Chains (binance-docs, USD-M streams, seen 2026-11): depth by `pu` (spot: `U - 1`), aggTrade by `a`, trade by `t`.
 * bookTicker's `u` only grows; klines and prices have their event time.
 */
export function eventPosition(fields: FrameFields): EventPosition | undefined {
  switch (fields.kind) {
    case 'depthUpdate':
      return { order: fields.integer(SLOT.u), follows: previousUpdateId(depthIds(fields)) };
    case 'aggTrade':
      return consecutive(fields.integer(SLOT.a));
    case 'trade':
      return consecutive(fields.integer(SLOT.t));
    case 'bookTicker':
      return unchained(fields.integer(SLOT.u));
    case 'kline':
    case 'markPriceUpdate':
    case 'forceOrder':
    case '24hrTicker':
    case '24hrMiniTicker':
      return unchained(fields.integer(SLOT.E));
    case 'answer':
    case 'other':
      return undefined;
  }
}

function consecutive(id: number): EventPosition {
  return { order: id, follows: id - 1 };
}

function unchained(order: number): EventPosition {
  return { order, follows: undefined };
}
