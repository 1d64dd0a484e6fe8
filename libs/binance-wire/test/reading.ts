import type { FrameFields, FrameKind } from '@org/binance-wire';
import { FrameError, SLOT } from '@org/binance-wire';

export const encode = (text: string) => new TextEncoder().encode(text);
const SNAPSHOT_KEYS = ['lastUpdateId', 'E', 'T', 'symbol', 'pair'];
const SNAPSHOT_ONLY = ['lastUpdateId', 'symbol', 'pair'];

/** Every slot with the object (`k`, `o` or the event itself) and the key that it belongs to. */
const SLOTS = Object.entries(SLOT).map(([name, slot]) => {
  const [owner, key] = name.includes('.') ? name.split('.') : [undefined, name];
  return {
    name,
    slot,
    owner,
    key: key!,
    isEventKey: !SNAPSHOT_ONLY.includes(name),
    isSnapshotKey: SNAPSHOT_KEYS.includes(name),
  };
});

/** Everything a scan says, as plain values; two scans agree when these are equal. */
export function readingOf(fields: FrameFields) {
  const slots = SLOTS.filter(({ slot }) => fields.has(slot)).map(({ name, slot }) => [
    name,
    fields.text(slot),
  ]);
  return {
    kind: fields.kind,
    stream: fields.streamText(),
    slots,
    bids: levelsOf(fields, 0, fields.bidCount),
    asks: levelsOf(fields, fields.bidCount, fields.askCount),
  };
}

export function levelsOf(fields: FrameFields, first: number, count: number): (readonly [string, string])[] {
  const text = (at: number) =>
    String.fromCharCode(...fields.bytes.subarray(fields.levels[at]!, fields.levels[at + 1]!));
  return Array.from({ length: count }, (_, index) => [
    text(4 * (first + index)),
    text(4 * (first + index) + 2),
  ]);
}

/** The reading of a scan, or 'refused' when it threw; any error but FrameError is passed on. */
export function outcomeOf(
  scan: (bytes: Uint8Array, fields: FrameFields) => unknown,
  bytes: Uint8Array,
  fields: FrameFields,
) {
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

type Obj = Record<string, unknown>;
const isObject = (value: unknown): value is Obj =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);

const KINDS =
  'depthUpdate aggTrade kline bookTicker trade markPriceUpdate forceOrder 24hrTicker 24hrMiniTicker'.split(
    ' ',
  );
function isError(value: unknown): boolean {
  return isObject(value) && Number.isSafeInteger(value['code']) && typeof value['msg'] === 'string';
}

function expectedKind(root: Obj, event: Obj): string {
  if (isScalar(event['e'])) return KINDS.includes(String(event['e'])) ? String(event['e']) : 'other';
  if (['u', 's', 'b', 'B', 'a', 'A'].every((key) => isScalar(event[key]))) return 'bookTicker';
  const isAnswer = isError(root['error']) || isError(root) || Object.hasOwn(root, 'result');
  return root === event && !Object.hasOwn(root, 'e') && isAnswer ? 'answer' : 'other';
}

/** Numbers keep their own characters, so they are compared by value. */
function isText(text: string, value: unknown): boolean {
  return typeof value === 'number' ? Number(text) === value : text === String(value);
}

function slotDifference(fields: FrameFields, name: string, slot: number, value: unknown): string | undefined {
  const isPresent = isScalar(value);
  if (fields.has(slot) !== isPresent) return `${name}: present ${fields.has(slot)}, expected ${isPresent}`;
  if (!isPresent || isText(fields.text(slot), value)) return undefined;
  return `${name}: ${fields.text(slot)}, expected ${JSON.stringify(value)}`;
}

export function sideDifference(read: (readonly [string, string])[], side: unknown): string | undefined {
  if (!Array.isArray(side) || side.length !== read.length)
    return `expected ${JSON.stringify(side)}, was ${read.length} levels`;
  const at = read.findIndex(([price, quantity], index) => {
    const level = side[index] as unknown[];
    return !isText(price, level[0]) || !isText(quantity, level[1]);
  });
  return at === -1 ? undefined : `level ${at}: ${read[at]!.join(' ')}, expected ${JSON.stringify(side[at])}`;
}

/** What differs between a scan and JSON.parse of the same text; undefined when nothing does. */
export function differenceFromParsed(fields: FrameFields, parsed: unknown): string | undefined {
  const root = isObject(parsed) ? parsed : {};
  const data = Object.hasOwn(root, 'data') ? root['data'] : root;
  const event = isObject(data) ? data : {};
  const kind = isObject(parsed) && isObject(data) ? expectedKind(root, event) : 'other';
  if (fields.kind !== (kind as FrameKind)) return `kind ${fields.kind}, expected ${kind}`;
  const stream = typeof root['stream'] === 'string' ? root['stream'] : '';
  if (fields.streamText() !== stream) return `stream ${fields.streamText()}, expected ${stream}`;
  for (const { name, slot, owner, key, isEventKey } of SLOTS) {
    const object = owner === undefined ? event : event[owner];
    const isThere = isEventKey && isObject(object) && Object.hasOwn(object, key);
    const difference = slotDifference(fields, name, slot, isThere ? object[key] : undefined);
    if (difference !== undefined) return difference;
  }
  const isDepth = kind === 'depthUpdate';
  return (
    sideDifference(levelsOf(fields, 0, fields.bidCount), isDepth ? event['b'] : []) ??
    sideDifference(levelsOf(fields, fields.bidCount, fields.askCount), isDepth ? event['a'] : [])
  );
}

/** The same for a depth snapshot. */
export function snapshotDifference(fields: FrameFields, parsed: Obj): string | undefined {
  for (const { name, slot, isSnapshotKey } of SLOTS) {
    const difference = slotDifference(fields, name, slot, isSnapshotKey ? parsed[name] : undefined);
    if (difference !== undefined) return difference;
  }
  return (
    sideDifference(levelsOf(fields, 0, fields.bidCount), parsed['bids']) ??
    sideDifference(levelsOf(fields, fields.bidCount, fields.askCount), parsed['asks'])
  );
}
