import { MESSAGE_BYTES_MAX } from './json-token.ts';
import { decodeUtf8 } from './utf8.ts';

/** The exchange's reply to a control request, or an error body of its REST interface. */
export interface Answer {
  /** The id of the request; undefined when the reply names none that is a safe integer. */
  readonly id: number | undefined;
  readonly error?: { readonly code: number; readonly message: string };
  /** `null` acknowledges SUBSCRIBE; a list of streams or a property value answers the others. */
  readonly result?: unknown;
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  if (bytes.length > MESSAGE_BYTES_MAX) return undefined;
  try {
    const value: unknown = JSON.parse(decodeUtf8(bytes, 0, bytes.length));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function errorOf(value: unknown): Answer['error'] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { code, msg } = value as Record<string, unknown>;
  return Number.isSafeInteger(code) && typeof msg === 'string'
    ? { code: code as number, message: msg }
    : undefined;
}

/**
 * Reads an answer: `{"result":null,"id":1}`, `{"error":{"code":2,"msg":"…"},"id":1}` or, flat, `{"code":2,"msg":"…"}`
 * with or without an id; both shapes of error are reported from the wire (developers.binance.com, live subscribing,
 * seen 2026-11). Undefined when the bytes are anything else, for example an event or no JSON at all.
 *
 * An acknowledgement proves nothing: the exchange acknowledges streams that it will never send.
 */
export function parseAnswer(bytes: Uint8Array): Answer | undefined {
  const message = parseObject(bytes);
  if (message === undefined || Object.hasOwn(message, 'e') || Object.hasOwn(message, 'data'))
    return undefined;
  const id = Number.isSafeInteger(message['id']) ? (message['id'] as number) : undefined;
  const error = errorOf(message['error']) ?? errorOf(message);
  if (error !== undefined) return { id, error };
  return Object.hasOwn(message, 'result') ? { id, result: message['result'] } : undefined;
}
