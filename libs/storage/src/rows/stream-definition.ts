import { SLOT, type FrameKind, type SlotName } from '@org/binance-wire';
import type { StreamKind } from '@org/market-data';

/** A cell whose text comes from the frame. `slot` is the place of a wire key in a scanned frame. */
export interface FrameCell {
  /**
   * - `number`: digits as they were sent, of a price, a quantity, an id, a time
   * - `flag`: `true` or `false`
   * - `word`: a word of the exchange, for example an order type
   */
  readonly type: 'number' | 'flag' | 'word';
  /** What a number is, for stores whose columns have types: an id or a count, a time in ms since the epoch, or any decimal. */
  readonly number: 'decimal' | 'integer' | 'timeMs' | undefined;
  readonly slot: number;
  readonly key: SlotName;
  readonly isRequired: boolean;
}

/** Where the cells of a column come from. */
export type Cell =
  | FrameCell
  /** Our receipt, µs since the epoch. */
  | { readonly type: 'receipt' }
  /** The same for every row that comes from a frame. */
  | { readonly type: 'constant'; readonly text: string };

export type Column = readonly [name: string, cell: Cell];

/** A value of a REST row: '' leaves the cell empty on purpose, undefined means that it is missing. */
export type RestValue = string | number | boolean | undefined;

/** What a REST row needs beside itself. */
export interface RestContext {
  /** The stream's name without its symbol, for example `kline_1m`. */
  readonly stream: string;
  readonly receivedAtUs: number;
}

/** One kind of stream: everything that a store needs to make rows of it. */
export interface StreamDefinition {
  readonly kind: StreamKind;
  /** What the scan of its frames must find. */
  readonly frame: FrameKind;
  readonly columns: readonly Column[];
  /** The cells of a REST row that repairs a gap, in the order of the columns; absent where REST offers no rows. */
  readonly restRow?: (row: unknown, context: RestContext) => readonly RestValue[];
}

export function decimal(key: SlotName): FrameCell {
  return frameCell('number', 'decimal', key, true);
}

export function integer(key: SlotName): FrameCell {
  return frameCell('number', 'integer', key, true);
}

export function timeMs(key: SlotName): FrameCell {
  return frameCell('number', 'timeMs', key, true);
}

export function flag(key: SlotName): FrameCell {
  return frameCell('flag', undefined, key, true);
}

export function word(key: SlotName): FrameCell {
  return frameCell('word', undefined, key, true);
}

/** The cell stays empty when the exchange does not send the key. */
export function optional({ type, number, key }: FrameCell): FrameCell {
  return frameCell(type, number, key, false);
}

/** The one place where they are made: all have one shape, which is what makes looking at them cheap. */
function frameCell(
  type: FrameCell['type'],
  number: FrameCell['number'],
  key: SlotName,
  isRequired: boolean,
): FrameCell {
  return { type, number, slot: SLOT[key], key, isRequired };
}

export const receipt: Cell = { type: 'receipt' };

export function constant(text: string): Cell {
  return { type: 'constant', text };
}
