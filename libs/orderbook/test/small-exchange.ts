import type { DepthIds } from '@org/orderbook';

/** Levels by price; on this exchange one side is enough. */
export type Levels = ReadonlyMap<string, number>;

export interface SmallDiff extends DepthIds {
  readonly levels: Levels;
}

export interface SmallSnapshot {
  readonly lastUpdateId: number;
  readonly levels: Levels;
}

export type Product = 'futures' | 'spot';

/** Id of the state before the first diff; every diff covers the ten ids that follow the one before. */
const FIRST_ID = 100;
export const DIFFS = 5;
export const LAST_ID = FIRST_ID + 10 * DIFFS;

export function setLevel(levels: Map<string, number>, price: string, quantity: number): void {
  if (quantity === 0) levels.delete(price);
  else levels.set(price, quantity);
}

/**
 * What happens at each id. Every diff begins a level of its own, ends the one of the diff before the last, and changes
 * a level that they all share, so a book that lacks any diff is wrong.
 */
function changesAt(id: number): [price: string, quantity: number][] {
  const number = Math.ceil((id - FIRST_ID) / 10);
  if (id % 10 === 5) return [[`own ${number}`, number]];
  return id % 10 === 0 && number > 0 ? [[`own ${number - 2}`, 0], ['shared', number]] : []; // prettier-ignore
}

/** The true book after `id`. */
export function truthAt(id: number): Levels {
  const levels = new Map([['shared', 1000]]);
  for (let at = FIRST_ID + 1; at <= Math.min(id, LAST_ID); at++) {
    for (const [price, quantity] of changesAt(at)) setLevel(levels, price, quantity);
  }
  return levels;
}

export const truths: readonly Levels[] = Array.from({ length: LAST_ID + 20 }, (_, id) => truthAt(id));

export function snapshotAt(id: number): SmallSnapshot {
  return { lastUpdateId: id, levels: truths[id]! };
}

/** Diff 1 to 5. On futures `U` is not `pu + 1`, as on the real exchange; on spot it is, and there is no `pu`. */
export function diffOf(product: Product, number: number): SmallDiff {
  const previous = FIRST_ID + 10 * (number - 1);
  const finalUpdateId = previous + 10;
  const levels = new Map<string, number>();
  for (let id = previous + 1; id <= finalUpdateId; id++)
    for (const change of changesAt(id)) levels.set(...change);
  return product === 'spot'
    ? { firstUpdateId: previous + 1, finalUpdateId, previousFinalUpdateId: undefined, levels }
    : { firstUpdateId: previous + 4, finalUpdateId, previousFinalUpdateId: previous, levels };
}

/** All orders of the items; items that are the same object are not told apart. */
export function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return [...new Set(items)].flatMap((first) => {
    const rest = [...items];
    rest.splice(rest.indexOf(first), 1);
    return ordersOf(rest).map((order) => [first, ...order]);
  });
}
