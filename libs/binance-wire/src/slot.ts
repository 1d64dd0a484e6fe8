/**
 * One number per key of interest, so that a scan can note where a value stands without naming it.
 *
 * Undotted names are keys of an event, `k.` names are keys of a kline's bar, `o.` names are keys of a liquidation
 * order; `lastUpdateId`, `symbol` and `pair` are keys of a REST depth snapshot. Keys differ by case.
 * Source: developers.binance.com, USD-M and COIN-M market streams, and spot streams, seen 2026-11.
 */
// prettier-ignore
export const SLOT = {
  e: 0, E: 1, T: 2, s: 3, ps: 4, st: 5, U: 6, u: 7, pu: 8, a: 9, b: 10, A: 11, B: 12, p: 13, q: 14, nq: 15, f: 16,
  l: 17, m: 18, t: 19, X: 20, ap: 21, P: 22, i: 23, r: 24, w: 25, x: 26, c: 27, Q: 28, o: 29, h: 30, v: 31, n: 32,
  O: 33, C: 34, F: 35, L: 36, M: 37,
  'k.t': 38, 'k.T': 39, 'k.s': 40, 'k.i': 41, 'k.f': 42, 'k.L': 43, 'k.o': 44, 'k.c': 45, 'k.h': 46, 'k.l': 47,
  'k.v': 48, 'k.n': 49, 'k.x': 50, 'k.q': 51, 'k.V': 52, 'k.Q': 53, 'k.B': 54,
  'o.s': 55, 'o.S': 56, 'o.o': 57, 'o.f': 58, 'o.q': 59, 'o.p': 60, 'o.ap': 61, 'o.X': 62, 'o.l': 63, 'o.z': 64,
  'o.T': 65, 'o.ps': 66, 'o.st': 67,
  lastUpdateId: 68, symbol: 69, pair: 70,
} as const;

export type SlotName = keyof typeof SLOT;

/** Slot names by slot number. */
export const SLOT_NAMES = Object.keys(SLOT) as readonly SlotName[];

/** The slots of a bar and of an order stand together, so that a repeated `k` or `o` can forget the first one. */
export const BAR_SLOTS = { first: SLOT['k.t'], end: SLOT['o.s'] } as const;
export const ORDER_SLOTS = { first: SLOT['o.s'], end: SLOT.lastUpdateId } as const;

/** The keys of a REST depth snapshot with their slots; an event has the first three as unknown keys. */
export const SNAPSHOT_SLOTS: ReadonlyMap<string, number> = new Map(
  (['lastUpdateId', 'symbol', 'pair', 'E', 'T'] satisfies SlotName[]).map((name) => [name, SLOT[name]]),
);

/** What an object's keys mean: those of an event, of its bar `k`, or of its order `o`. */
export type Scope = '' | 'k.' | 'o.';

function isEventKey(name: SlotName): boolean {
  return SLOT[name] < BAR_SLOTS.first;
}

/** The keys of one scope with their slots. */
export function slotsOfScope(scope: Scope): ReadonlyMap<string, number> {
  const inScope = SLOT_NAMES.filter((name) => (scope === '' ? isEventKey(name) : name.startsWith(scope)));
  return new Map(inScope.map((name) => [name.slice(scope.length), SLOT[name]]));
}
