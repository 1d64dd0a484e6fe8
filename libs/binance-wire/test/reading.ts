import type { FrameFields, FrameKind } from '@org/binance-wire';
import { FrameError, SLOT } from '@org/binance-wire';

// Captured once: in a test's own global object each look-up of a global is slow, and there are millions.
const { isArray } = Array;
const { fromCharCode } = String;
const { hasOwn, keys } = Object;

export const encode = (text: string) => new TextEncoder().encode(text);

const NAMES = keys(SLOT) as (keyof typeof SLOT)[];
const SNAPSHOT_ONLY = ['lastUpdateId', 'symbol', 'pair'];
const SNAPSHOT_SLOTS = slotsByKey(['E', 'T', ...SNAPSHOT_ONLY], '');
const EVENT_SLOTS = slotsByKey(
  NAMES.filter((name) => !name.includes('.') && !SNAPSHOT_ONLY.includes(name)),
  '',
);
const BAR_SLOTS = slotsByKey(NAMES, 'k.');
const ORDER_SLOTS = slotsByKey(NAMES, 'o.');

function slotsByKey(names: readonly string[], owner: string): ReadonlyMap<string, number> {
  const owned = names.filter((name) => name.startsWith(owner));
  return new Map(owned.map((name) => [name.slice(owner.length), SLOT[name as keyof typeof SLOT]]));
}

/** Everything a scan says, as plain values; two scans agree when these are equal. */
export function readingOf(fields: FrameFields) {
  return {
    kind: fields.kind,
    stream: fields.streamText(),
    slots: NAMES.filter((name) => fields.has(SLOT[name])).map((name) => [name, fields.text(SLOT[name])]),
    bids: levelsOf(fields, 0, fields.bidCount),
    asks: levelsOf(fields, fields.bidCount, fields.askCount),
  };
}

function levelsOf(fields: FrameFields, first: number, count: number): (readonly [string, string])[] {
  const { bytes, levels } = fields;
  const text = (index: number) => {
    let characters = '';
    for (let at = levels[index]!; at < levels[index + 1]!; at++) characters += fromCharCode(bytes[at]!);
    return characters;
  };
  const read: (readonly [string, string])[] = [];
  for (let at = 4 * first; at < 4 * (first + count); at += 4) read.push([text(at), text(at + 2)]);
  return read;
}

type Scan = (bytes: Uint8Array, fields: FrameFields) => unknown;

/** The reading of a scan, or 'refused' when it threw; any error but FrameError is passed on. */
export function outcomeOf(scan: Scan, bytes: Uint8Array, fields: FrameFields) {
  try {
    scan(bytes, fields);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    const { kind, stream, slots, bids, asks } = readingOf(fields);
    const isEmpty = kind === 'other' && stream.length + slots.length + bids.length + asks.length === 0;
    if (!isEmpty) throw new Error('expected empty fields after a refusal', { cause: error });
    return 'refused';
  }
  return readingOf(fields);
}

type Members = Record<string, unknown>;

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !isArray(value);
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isError(value: unknown): boolean {
  return isObject(value) && Number.isSafeInteger(value['code']) && typeof value['msg'] === 'string';
}

const KINDS: readonly unknown[] = [
  'depthUpdate',
  'aggTrade',
  'kline',
  'bookTicker',
  'trade',
  'markPriceUpdate',
  'forceOrder',
  '24hrTicker',
  '24hrMiniTicker',
];

function expectedKind(root: Members, event: Members): unknown {
  if (isScalar(event['e'])) return KINDS.includes(event['e']) ? event['e'] : 'other';
  if (['u', 's', 'b', 'B', 'a', 'A'].every((key) => isScalar(event[key]))) return 'bookTicker';
  const isAnswer = isError(root['error']) || isError(root) || hasOwn(root, 'result');
  return root === event && !hasOwn(root, 'e') && isAnswer ? 'answer' : 'other';
}

/** Numbers keep their own characters, so they are compared by value. */
function isText(text: string, value: unknown): boolean {
  return text === value || (typeof value === 'number' ? +text === value : text === String(value));
}

function present(fields: FrameFields): number {
  let count = 0;
  for (const start of fields.starts) if (start >= 0) count++;
  return count;
}

/** Compares the slots with the scalars of the owners; no other slot may be present. */
function slotsDifference(
  fields: FrameFields,
  owners: readonly (readonly [unknown, ReadonlyMap<string, number>])[],
) {
  let expected = 0;
  for (const [owner, slots] of owners) {
    for (const key of isObject(owner) ? keys(owner) : []) {
      const slot = slots.get(key);
      const value = (owner as Members)[key];
      if (slot === undefined || !isScalar(value)) continue;
      expected++;
      if (!fields.has(slot)) return `${key}: absent, expected ${JSON.stringify(value)}`;
      const text = fields.text(slot);
      if (!isText(text, value)) return `${key}: ${text}, expected ${JSON.stringify(value)}`;
    }
  }
  return present(fields) === expected ? undefined : `${present(fields)} slots, expected ${expected}`;
}

function sideDifference(read: (readonly [string, string])[], side: unknown): string | undefined {
  const length = isArray(side) ? side.length : undefined;
  if (length !== read.length) return `${read.length} levels, expected ${length}`;
  const at = read.findIndex(([price, quantity], index) => {
    const level = (side as unknown[][])[index]!;
    return !isText(price, level[0]) || !isText(quantity, level[1]);
  });
  return at === -1 ? undefined : `level ${at}: ${read[at]!.join(' ')}`;
}

function levelsDifference(fields: FrameFields, bids: unknown, asks: unknown): string | undefined {
  return (
    sideDifference(levelsOf(fields, 0, fields.bidCount), bids) ??
    sideDifference(levelsOf(fields, fields.bidCount, fields.askCount), asks)
  );
}

/** What differs between a scan and JSON.parse of the same text; undefined when nothing does. */
export function differenceFromParsed(fields: FrameFields, parsed: unknown): string | undefined {
  const root = isObject(parsed) ? parsed : {};
  const data = hasOwn(root, 'data') ? root['data'] : root;
  const event = isObject(data) ? data : {};
  const kind = isObject(parsed) && isObject(data) ? expectedKind(root, event) : 'other';
  if (fields.kind !== (kind as FrameKind)) return `kind ${fields.kind}, expected ${String(kind)}`;
  const stream = typeof root['stream'] === 'string' ? root['stream'] : '';
  if (fields.streamText() !== stream) return `stream ${fields.streamText()}, expected ${stream}`;
  const owned = (key: string) => (hasOwn(event, key) ? event[key] : undefined);
  const isDepth = kind === 'depthUpdate';
  return (
    slotsDifference(fields, [
      [event, EVENT_SLOTS],
      [owned('k'), BAR_SLOTS],
      [owned('o'), ORDER_SLOTS],
    ]) ?? levelsDifference(fields, isDepth ? event['b'] : [], isDepth ? event['a'] : [])
  );
}

/** The same for a depth snapshot. */
export function snapshotDifference(fields: FrameFields, parsed: Record<string, unknown>): string | undefined {
  return (
    slotsDifference(fields, [[parsed, SNAPSHOT_SLOTS]]) ??
    levelsDifference(fields, parsed['bids'], parsed['asks'])
  );
}
