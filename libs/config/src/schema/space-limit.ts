import { z } from 'zod';
import { BYTE_SIZE_PATTERN, formatByteSize, parseByteSize } from '../byte-size.ts';
import { QuantityError } from '../errors.ts';
import type { SpaceLimit } from '../streamer-config.ts';

/** Two decimals are enough: a hundredth of a percent of a terabyte is 100 MB. */
const PERCENT_PATTERN = /^(\d{1,3}(?:\.\d{1,2})?)%$/;

/** Beyond every disk, and still a number that JSON carries to the children. */
const ANY_SIZE = Number.MAX_SAFE_INTEGER;

/** Room on a disk: a share of it, a size (0 is never short), or `auto`, which is the smaller one of both. */
export function spaceLimitField(description: string, auto: SpaceLimit) {
  const automatic = `auto (${auto.percent}% or ${formatByteSize(auto.bytes)})`;
  const expected = `${automatic}, a share like 2.5%, or a size like 10GiB`;
  const size = z.int({ error: expected }).min(0, { error: expected }).max(ANY_SIZE, { error: expected });
  const text = z.string().meta({ pattern: `^auto$|${PERCENT_PATTERN.source}|${BYTE_SIZE_PATTERN.source}` });
  return z
    .union([text, size], { error: expected })
    .transform((value, context): SpaceLimit => {
      const limit = value === 'auto' ? auto : (readShare(value) ?? readSize(value));
      if (limit !== undefined) return limit;
      context.addIssue({ code: 'custom', message: expected });
      return z.NEVER;
    })
    .meta({ description, expected })
    .prefault('auto');
}

function readShare(value: string | number): SpaceLimit | undefined {
  const percent = Number(PERCENT_PATTERN.exec(String(value))?.[1] ?? NaN);
  return percent <= 100 ? { percent, bytes: ANY_SIZE } : undefined;
}

function readSize(value: string | number): SpaceLimit | undefined {
  try {
    return { percent: 100, bytes: parseByteSize(value) };
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}
