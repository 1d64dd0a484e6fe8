import { QuantityError } from './errors.ts';
import { shownValue } from './shown-value.ts';

/** What every message about a malformed duration tells. */
export const DURATION_EXPECTED = 'a duration like 500ms, 30s, 5m or 24h';

/** Hours, minutes, seconds and milliseconds in this order, each at most once: `500ms`, `24h`, `23h30m`. */
export const DURATION_PATTERN = /^(?=\d)(?:(\d{1,15})h)?(?:(\d{1,15})m)?(?:(\d{1,15})s)?(?:(\d{1,15})ms)?$/;

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/**
 * Milliseconds of a duration such as `500ms`, `30s`, `5m`, `24h` or `23h30m`. There are no fractions, signs, spaces or
 * bare numbers, so that nobody has to guess a unit. Throws {@link QuantityError} (`DURATION_INVALID`), also beyond
 * 2^53 − 1 ms.
 */
export function parseDuration(text: string): number {
  const match = DURATION_PATTERN.exec(text);
  const durationMs = UNITS.reduce((sum, [, unitMs], i) => sum + Number(match?.[i + 1] ?? 0) * unitMs, 0);
  if (match === null || !Number.isSafeInteger(durationMs)) {
    throw new QuantityError('DURATION_INVALID', DURATION_EXPECTED, shownValue(text));
  }
  return durationMs;
}

/** The shortest text that {@link parseDuration} reads back as the same whole number of milliseconds. */
export function formatDuration(durationMs: number): string {
  if (!Number.isSafeInteger(durationMs) || durationMs < 0) {
    throw new QuantityError(
      'DURATION_INVALID',
      'a whole number of milliseconds from 0',
      shownValue(durationMs),
    );
  }
  let restMs = durationMs;
  let text = '';
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0ms' : text;
}
