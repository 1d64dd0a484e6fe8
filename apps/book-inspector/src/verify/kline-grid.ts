const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: MINUTE_MS,
  h: 60 * MINUTE_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
};
const MONTH_DAYS_MIN = 28;
const MONTH_DAYS_MAX = 31;

/** What is wrong with the place of a bar of an interval (`1m`, `4h`, `1M`), or undefined. */
export function gridProblem(interval: string, openTimeMs: number, closeTimeMs: number): string | undefined {
  const lengthMs = closeTimeMs - openTimeMs + 1;
  if (interval === '1M') {
    const days = lengthMs / DAY_MS;
    const isMonth = days >= MONTH_DAYS_MIN && days <= MONTH_DAYS_MAX && openTimeMs % DAY_MS === 0;
    return isMonth ? undefined : `expected a bar of a month, was ${openTimeMs} to ${closeTimeMs}`;
  }
  const unitMs = UNITS_MS[interval.slice(-1)];
  const expectedMs = Number(interval.slice(0, -1)) * (unitMs ?? NaN);
  if (Number.isNaN(expectedMs)) return `expected an interval, was ${JSON.stringify(interval)}`;
  if (lengthMs !== expectedMs) return `expected a bar of ${expectedMs} ms, was ${lengthMs} ms`;
  // Weeks begin on Mondays, and from what day three days are counted is nowhere written: both begin at a midnight.
  const gridMs = Math.min(expectedMs, DAY_MS);
  if (openTimeMs % gridMs !== 0)
    return `expected an open_time on the grid of ${gridMs} ms, was ${openTimeMs}`;
  return undefined;
}
