/** A whole number with commas between the thousands. */
export function thousands(number: number): string {
  return number.toLocaleString('en-US');
}

/** `1 file`, `2,000 files`. */
export function countText(number: number, noun: string): string {
  return `${thousands(number)} ${noun}${number === 1 ? '' : 's'}`;
}
