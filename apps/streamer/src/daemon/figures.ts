const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `1.5 GiB`; three digits at most. */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : value.toFixed(0)} ${BYTE_UNITS[unit]}`;
}

const TIME_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** The two greatest units of a time: `3 d 4 h`, `12 min 3 s`, `850 ms`. */
export function timeText(timeMs: number): string {
  if (timeMs < 1000) return `${Math.max(0, Math.round(timeMs))} ms`;
  if (timeMs < 10_000) return `${(timeMs / 1000).toFixed(1)} s`;
  const first = TIME_UNITS.findIndex(([, unitMs]) => timeMs >= unitMs);
  const [[unit, unitMs], next] = [TIME_UNITS[first]!, TIME_UNITS[first + 1]];
  const whole = `${Math.floor(timeMs / unitMs)} ${unit}`;
  const rest = next === undefined ? 0 : Math.floor((timeMs % unitMs) / next[1]);
  return rest === 0 ? whole : `${whole} ${rest} ${next![0]}`;
}

/** `1,234,567` */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `1 row`, `2 rows`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : nouns}`;
}
