/** Digits after the point of a plain decimal. */
export function fractionDigits(decimal: string): number {
  const point = decimal.indexOf('.');
  return point === -1 ? 0 : decimal.length - point - 1;
}

/** The decimal as an integer of units of `10^-decimals`; `decimals` must cover its own. */
export function toUnits(decimal: string, decimals: number): bigint {
  return BigInt(decimal.replace('.', '') + '0'.repeat(decimals - fractionDigits(decimal)));
}

/** The decimal of `units`, with exactly `decimals` digits after the point, so that a column aligns. */
export function fromUnits(units: bigint, decimals: number): string {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, '0');
  const sign = units < 0n ? '-' : '';
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** The decimals that a column of numbers needs. */
export function decimalsOf(column: readonly string[]): number {
  return column.reduce((decimals, text) => Math.max(decimals, fractionDigits(text)), 0);
}
