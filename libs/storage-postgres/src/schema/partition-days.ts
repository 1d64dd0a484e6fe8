const DAY_MS = 86_400_000;
const DATE_CHARACTERS = 'YYYY-MM-DD'.length;

/** The days that rows of these days (numbers since the epoch, negative for none) need, with so many days after the last. */
export function daysToMake(days: Iterable<number>, ahead: number): readonly number[] {
  const needed = [...days].filter((day) => day >= 0);
  const last = Math.max(...needed);
  const after = needed.length === 0 ? [] : Array.from({ length: ahead }, (_, index) => last + 1 + index);
  return [...new Set([...needed, ...after])].sort((a, b) => a - b);
}

/** The UTC date of a day, `YYYY-MM-DD`. */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, DATE_CHARACTERS);
}
