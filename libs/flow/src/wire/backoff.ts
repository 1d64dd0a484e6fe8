/** The delay before attempt `attempt` (from 0): doubles up to the maximum; half of it is chance, so peers spread out. */
export function backoffMs(attempt: number, initialMs: number, maxMs: number, random: () => number): number {
  const ceilingMs = Math.min(maxMs, initialMs * 2 ** Math.min(attempt, 30));
  return ceilingMs * (0.5 + random() / 2);
}
