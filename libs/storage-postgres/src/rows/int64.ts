const MINUS = 0x2d;
const ZERO = 0x30;
/** Digits that are a safe integer, whatever they are. */
const SAFE_DIGITS = 15;
const WORD = 0x1_0000_0000;
const INT64_MAX = (1n << 63n) - 1n;
const INT64_MIN = -(1n << 63n);
/** More digits than any 64-bit integer has. */
const DIGITS_MAX = 19;

/** Writes a safe integer as the eight bytes of a `bigint`. */
export function writeInt64(out: DataView, at: number, value: number): void {
  out.setInt32(at, Math.floor(value / WORD));
  out.setInt32(at + 4, value | 0);
}

/** Writes the integer `bytes[start, end)`; returns false, with nothing written, when there is none or it has no place. */
export function writeIntegerText(
  out: DataView,
  at: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const value = safeInteger(bytes, start, end);
  if (!Number.isNaN(value)) {
    writeInt64(out, at, value);
    return true;
  }
  const exact = bigInteger(bytes, start, end);
  if (exact === undefined) return false;
  out.setBigInt64(at, exact);
  return true;
}

/** The integer of at most 15 digits, or NaN. */
export function safeInteger(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  const from = isNegative ? start + 1 : start;
  const digits = end - from;
  if (digits <= 0 || digits > SAFE_DIGITS) return NaN;
  let value = 0;
  for (let at = from; at < end; at++) {
    const digit = bytes[at]! ^ ZERO;
    if (digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return isNegative ? 0 - value : value;
}

function bigInteger(bytes: Uint8Array, start: number, end: number): bigint | undefined {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + DIGITS_MAX + 2)));
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
}
