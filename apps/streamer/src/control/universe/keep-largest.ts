/** A place is lost only beyond the wanted number by this share. */
const MARGIN_SHARE = 0.2;

/**
 * The largest `count` symbols of `ranked` (largest first). Whoever has a place keeps it up to a rank a fifth beyond
 * `count`, at least one; the others take the places that are free, best rank first. So two symbols that overtake each
 * other at the edge change nothing, and the result never has more than `count`.
 */
export function keepLargest(
  ranked: readonly string[],
  count: number,
  before: ReadonlySet<string>,
): ReadonlySet<string> {
  const margin = Math.max(1, Math.ceil(count * MARGIN_SHARE));
  const stay = ranked.slice(0, count + margin).filter((symbol) => before.has(symbol));
  const kept = new Set(stay.slice(0, count));
  for (const symbol of ranked) {
    if (kept.size >= count) break;
    kept.add(symbol);
  }
  return kept;
}
