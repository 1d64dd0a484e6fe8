/** A number of a state that was read back; throws a `TypeError` for anything else. */
export function finite(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`expected a number, was ${typeof value}`);
  return value;
}
