import type { RepairOrder } from '@org/continuity';
import { TransportNatsError } from '../errors.ts';

/**
 * What a writer asks of the collectors. A wish may be lost, and comes again while it is open; several collectors may
 * hear it. Whoever cannot fulfil it lets it pass.
 *
 * - `depthSnapshot`: the depth of the stream broke; a REST snapshot of it is wanted, recorded like any other.
 * - `repair`: rows that REST has are missing; they are wanted as `restRows`.
 * - `resend`: a node's frames of a partition do not join what the writer has, which ends at `after`.
 */
export type Wish =
  | { readonly kind: 'depthSnapshot'; readonly stream: string }
  | { readonly kind: 'repair'; readonly order: RepairOrder }
  | {
      readonly kind: 'resend';
      readonly node: string;
      readonly incarnation: string;
      readonly partition: number;
      readonly after: number;
    };

const WISH_BYTES_MAX = 4096;

export function encodeWish(wish: Wish): string {
  return JSON.stringify(wish);
}

/** Throws WISH_MALFORMED. */
export function decodeWish(bytes: Uint8Array): Wish {
  const wish = bytes.length <= WISH_BYTES_MAX ? parse(bytes) : undefined;
  if (wish !== undefined) return wish;
  throw new TransportNatsError('WISH_MALFORMED', 'wish', `of ${bytes.length} bytes is none`);
}

function parse(bytes: Uint8Array): Wish | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const { kind, stream, order, node, incarnation, partition, after } = fields;
  if (kind === 'depthSnapshot') return isText(stream) ? { kind, stream } : undefined;
  if (kind === 'repair') return isOrder(order) ? { kind, order } : undefined;
  if (kind !== 'resend' || !isText(node) || !isText(incarnation)) return undefined;
  return isWhole(partition) && isWhole(after) ? { kind, node, incarnation, partition, after } : undefined;
}

function isOrder(value: unknown): value is RepairOrder {
  if (typeof value !== 'object' || value === null) return false;
  const { stream, kind, from, to, detectedAtUs } = value as Record<string, unknown>;
  return (
    isText(stream) && (kind === 'aggtrade' || kind === 'kline') && [from, to, detectedAtUs].every(isWhole)
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
