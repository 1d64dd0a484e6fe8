import { slotsOfScope, SNAPSHOT_SLOTS } from './slot.ts';

/** Whose keys are read: those of an event, of its bar, of its order, … */
export const EVENT = 0;
export const BAR = 1;
export const ORDER = 2;
/** … of the outermost object while it looks like a bare event, … */
export const OUTERMOST = 3;
/** … of a REST depth snapshot. */
export const SNAPSHOT = 4;

/** Answers instead of a slot: a key that is not known, … */
export const NO_SLOT = -1;
/** … `stream` or `data` in the outermost object, which is an envelope then, … */
export const ENVELOPE = -2;
/** … `k`, which holds a bar, … */
export const BAR_KEY = -3;
/** … and the sides of a snapshot. */
export const BIDS_KEY = -4;
export const ASKS_KEY = -5;

const SLOTS_BY_SCOPE: readonly ReadonlyMap<string, number>[] = [
  new Map([...slotsOfScope(''), ['k', BAR_KEY]]),
  slotsOfScope('k.'),
  slotsOfScope('o.'),
  new Map([...slotsOfScope(''), ['k', BAR_KEY], ['stream', ENVELOPE], ['data', ENVELOPE]]),
  new Map([...SNAPSHOT_SLOTS, ['bids', BIDS_KEY], ['asks', ASKS_KEY]]),
];

/** Slots of one-letter keys by scope and letter; nearly every key is one. */
export const LETTER_SLOTS: readonly Int8Array[] = SLOTS_BY_SCOPE.map((slots) => {
  const byLetter = new Int8Array(256).fill(NO_SLOT);
  for (const [name, slot] of slots) if (name.length === 1) byLetter[name.charCodeAt(0)] = slot;
  return byLetter;
});

/** Keys of two letters by scope, as the two bytes in one number, and their slots. */
const PAIRS: readonly Int32Array[] = SLOTS_BY_SCOPE.map((slots) =>
  Int32Array.from([...slots.keys()].filter(isPair), (name) => pairOf(name.charCodeAt(0), name.charCodeAt(1))),
);
const PAIR_SLOTS: readonly Int8Array[] = SLOTS_BY_SCOPE.map((slots) =>
  Int8Array.from([...slots].filter(([name]) => isPair(name)).map(([, slot]) => slot)),
);

type NamedSlot = readonly [name: readonly number[], slot: number];

/** Longer keys by scope: those of an envelope and of a snapshot. */
const LONGER_SLOTS: readonly (readonly NamedSlot[])[] = SLOTS_BY_SCOPE.map((slots) =>
  [...slots].filter(([name]) => name.length > 2).map(([name, slot]) => [characters(name), slot]),
);

function isPair(name: string): boolean {
  return name.length === 2;
}

function pairOf(first: number, second: number): number {
  return (first << 8) | second;
}

export function characters(text: string): readonly number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

/** Whether `bytes[start, end)` is `name`. */
export function isName(bytes: Uint8Array, start: number, end: number, name: readonly number[]): boolean {
  if (end - start !== name.length) return false;
  for (let at = 0; at < name.length; at++) if (bytes[start + at] !== name[at]) return false;
  return true;
}

/** Slot of a key of two letters in a scope, or {@link NO_SLOT}. */
export function pairSlot(first: number, second: number, scope: number): number {
  const pair = pairOf(first, second);
  const pairs = PAIRS[scope]!;
  for (let index = 0; index < pairs.length; index++)
    if (pairs[index] === pair) return PAIR_SLOTS[scope]![index]!;
  return NO_SLOT;
}

/** Slot of the key `bytes[start, end)` in a scope, or one of the negative answers. */
export function keySlot(bytes: Uint8Array, start: number, end: number, scope: number): number {
  if (end - start === 1) return LETTER_SLOTS[scope]![bytes[start]!]!;
  if (end - start === 2) return pairSlot(bytes[start]!, bytes[start + 1]!, scope);
  for (const [name, slot] of LONGER_SLOTS[scope]!) if (isName(bytes, start, end, name)) return slot;
  return NO_SLOT;
}
