import { type FrameFields, type FrameKind, SLOT, type SlotName } from '@org/binance-wire';
import type { StreamKind } from '@org/market-data';

export interface PointField {
  readonly name: string;
  /**
   * - `float`: a decimal of the exchange, stored as a double
   * - `integer`: an id, a time, a count
   * - `flag`: `true` or `false`
   * - `word`: a word of the exchange, stored as a string
   */
  readonly type: 'float' | 'integer' | 'flag' | 'word';
  readonly slot: number;
  readonly key: SlotName;
  readonly isRequired: boolean;
}

/** One kind of stream and its measurement, which has the same name: everything that is needed to store it. */
export interface PointDefinition {
  readonly kind: Exclude<StreamKind, 'depth'>;
  /** What the scan of its frames must find. */
  readonly frame: FrameKind;
  /** Exchange time of the point, ms since the epoch. */
  readonly timeMs: (fields: FrameFields, receivedAtUs: number) => number;
  /** Added to it in ns: the same for the same event, another for every other event of the symbol in that ms. */
  readonly offsetNs: (fields: FrameFields, receivedAtUs: number) => number;
  /** A tag beside the symbol that the stream's name gives, `<tag>=<value>`. */
  readonly streamTag?: (stream: string) => string;
  /** The key that says which side the tag `side` names, and its values for `buy` and `sell`. */
  readonly side?: { readonly slot: number; readonly buy: string; readonly sell: string };
  readonly fields: readonly PointField[];
  /** Whether REST repairs gaps of the stream, so that the field `source` tells rows of both apart. */
  readonly hasSource?: true;
}

const NS_PER_MS = 1_000_000;

function field(type: PointField['type']) {
  return (name: string, key: SlotName): PointField => ({
    name,
    type,
    slot: SLOT[key],
    key,
    isRequired: true,
  });
}

export const float = field('float');
export const integer = field('integer');
export const flag = field('flag');
export const word = field('word');

/** The field is left out when the exchange does not send the key. */
export function optional(required: PointField): PointField {
  return { ...required, isRequired: false };
}

/** The time at the first of these keys that is there; the time of receipt where none is. */
export function timeAt(...keys: readonly SlotName[]): PointDefinition['timeMs'] {
  const slots = keys.map((key) => SLOT[key]);
  return (fields, receivedAtUs) => {
    for (const slot of slots) if (fields.has(slot)) return fields.integer(slot);
    return Math.floor(receivedAtUs / 1000);
  };
}

/** For events that have an id: no stream has a million of them in a millisecond. */
export function byId(key: SlotName): PointDefinition['offsetNs'] {
  const slot = SLOT[key];
  return (fields) => fields.integer(slot) % NS_PER_MS;
}

/** For events without an id, which come at most some times a second: the fraction of the second of their receipt, in µs. */
export const byReceipt: PointDefinition['offsetNs'] = (_fields, receivedAtUs) =>
  Math.floor(receivedAtUs) % NS_PER_MS;
