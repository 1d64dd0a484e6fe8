import { SLOT, type FrameKind, type SlotName } from '@org/binance-wire';
import type { StreamKind } from '@org/market-data';

/** Where the cells of a column come from. `slot` is the place of a wire key in a scanned frame. */
export type Cell =
  /** Digits as they were sent: a price, a quantity, an id, a time. */
  | { readonly type: 'number'; readonly slot: number; readonly key: SlotName; readonly isRequired: boolean }
  /** `true` or `false`. */
  | { readonly type: 'flag'; readonly slot: number; readonly key: SlotName; readonly isRequired: boolean }
  /** A word of the exchange, for example an order type. */
  | { readonly type: 'word'; readonly slot: number; readonly key: SlotName; readonly isRequired: boolean }
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

/** One kind of stream and its file: everything that is needed to store it. */
export interface StreamDefinition {
  readonly kind: StreamKind;
  /** What the scan of its frames must find. */
  readonly frame: FrameKind;
  readonly columns: readonly Column[];
  /** The cells of a REST row that repairs a gap, in the order of the columns; absent where REST offers no rows. */
  readonly restRow?: (row: unknown, context: RestContext) => readonly RestValue[];
}

export function number(key: SlotName): Cell {
  return { type: 'number', slot: SLOT[key], key, isRequired: true };
}

export function flag(key: SlotName): Cell {
  return { type: 'flag', slot: SLOT[key], key, isRequired: true };
}

export function word(key: SlotName): Cell {
  return { type: 'word', slot: SLOT[key], key, isRequired: true };
}

/** The cell stays empty when the exchange does not send the key. */
export function optional<T extends Cell>(cell: T): T {
  return { ...cell, isRequired: false };
}

export const receipt: Cell = { type: 'receipt' };

export function constant(text: string): Cell {
  return { type: 'constant', text };
}

/** The header line of a kind, without its LF. */
export function headerOf(definition: Pick<StreamDefinition, 'columns'>): string {
  return definition.columns.map(([name]) => name).join(',');
}
