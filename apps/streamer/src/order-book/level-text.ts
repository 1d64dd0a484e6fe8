/** A decimal with as many decimals as the exchange prints, zeros included. */
export function padDecimals(text: string, decimals: number): string {
  if (decimals === 0) return text;
  const dot = text.indexOf('.');
  const [whole, fraction] = dot === -1 ? [text, ''] : [text.slice(0, dot), text.slice(dot + 1)];
  return `${whole}.${fraction.padEnd(decimals, '0')}`;
}
