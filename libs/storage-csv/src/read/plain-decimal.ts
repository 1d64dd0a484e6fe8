const DOT = 0x2e;
const ZERO = 0x30;

/**
 * Offset behind the plain unsigned decimal (digits, optionally a point and digits) that stands at `start`, or `start`
 * where none does. Looks at no byte from `limit` on.
 */
export function plainDecimalEnd(bytes: Uint8Array, start: number, limit: number): number {
  let at = start;
  // A byte is a digit when its difference to '0' by exclusive or is below ten: one comparison instead of two.
  while (at < limit && (bytes[at]! ^ ZERO) < 10) at++;
  if (at === start || at === limit || bytes[at] !== DOT) return at;
  const fraction = ++at;
  while (at < limit && (bytes[at]! ^ ZERO) < 10) at++;
  return at === fraction ? start : at;
}
