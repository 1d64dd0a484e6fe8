import { z } from 'zod';
import { DURATION_PATTERN, formatDuration, parseDuration } from '../duration.ts';
import { QuantityError } from '../errors.ts';
import type { StorageConfig } from '../streamer-config.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Below it a recording of many symbols would be more files than rows. */
const LENGTH_MIN_MS = 10 * SECOND_MS;

const EXPECTED = `daily, hourly or a duration that divides a day, from ${formatDuration(LENGTH_MIN_MS)}`;
const FORM_EXPECTED = 'daily, hourly or a duration like 10s, 15m or 4h';
const PATTERN = `^(?:daily|hourly|${DURATION_PATTERN.source.slice(1, -1)})$`;

/** How long a file lasts: a word, or a duration that cuts every UTC day into files of the same length. */
export function rotationField(description: string, fallback: string) {
  return z
    .string({ error: FORM_EXPECTED })
    .transform((text, context): StorageConfig['rotation'] => {
      if (text === 'daily' || text === 'hourly') return text;
      const length = readLength(text);
      if (typeof length === 'number') return rotationOf(length);
      context.addIssue({ code: 'custom', message: length });
      return z.NEVER;
    })
    .meta({ description, expected: EXPECTED, pattern: PATTERN })
    .prefault(fallback);
}

/** Milliseconds, or what was expected instead. */
function readLength(text: string): number | string {
  let lengthMs: number;
  try {
    lengthMs = parseDuration(text);
  } catch (error) {
    if (error instanceof QuantityError) return FORM_EXPECTED;
    throw error;
  }
  if (lengthMs < LENGTH_MIN_MS) return `a duration of at least ${formatDuration(LENGTH_MIN_MS)}`;
  // The names of files have no fractions of a second.
  if (lengthMs % SECOND_MS !== 0) return 'a duration of whole seconds';
  return DAY_MS % lengthMs === 0 ? lengthMs : 'a duration that divides a day';
}

/** The same length has one value, however it was written. */
function rotationOf(lengthMs: number): StorageConfig['rotation'] {
  if (lengthMs === DAY_MS) return 'daily';
  return lengthMs === HOUR_MS ? 'hourly' : lengthMs;
}
