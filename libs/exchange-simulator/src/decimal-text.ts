/** `units` of `10^-decimals` with all its decimals, as the exchange writes prices: 8368000 of 2 is `83680.00`. */
export function fixedDecimal(units: number | bigint, decimals: number): string {
  if (decimals === 0) return String(units);
  const digits = String(units).padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
