import { z } from 'zod';
import { BYTE_SIZE_EXPECTED, BYTE_SIZE_PATTERN, formatByteSize, parseByteSize } from '../byte-size.ts';
import { DURATION_EXPECTED, DURATION_PATTERN, formatDuration, parseDuration } from '../duration.ts';
import { QuantityError } from '../errors.ts';

/** The limits of a number, both allowed. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * Fields of the configuration. Each carries its meaning (`description`) and what is accepted (`expected`), and every
 * fault of a value is worded by the latter: the words after "expected" are the messages of the zod issues.
 */

function duration(description: string, rangeMs: Range) {
  const expected = `a duration from ${formatDuration(rangeMs.min)} to ${formatDuration(rangeMs.max)}`;
  const schema = z
    .string({ error: DURATION_EXPECTED })
    .transform((text, context) =>
      readQuantity(() => parseDuration(text), { range: rangeMs, expected, context }),
    );
  return { schema, meta: { description, expected, pattern: DURATION_PATTERN.source } };
}

/** A duration within the range, as milliseconds. */
export function durationField(description: string, fallback: string, rangeMs: Range) {
  const { schema, meta } = duration(description, rangeMs);
  return schema.meta(meta).prefault(fallback);
}

/** The same with a default that depends on another key, so that it is filled in later: undefined until then. */
export function derivedDurationField(description: string, fallback: string, rangeMs: Range) {
  const { schema, meta } = duration(description, rangeMs);
  return schema.optional().meta({ ...meta, fallback });
}

function byteSize(description: string, range: Range) {
  const expected = `a size from ${formatByteSize(range.min)} to ${formatByteSize(range.max)}`;
  const bytes = z
    .int({ error: expected })
    .min(range.min, { error: expected })
    .max(range.max, { error: expected });
  const schema = z
    .union([z.string().meta({ pattern: BYTE_SIZE_PATTERN.source }), bytes], { error: BYTE_SIZE_EXPECTED })
    .transform((size, context) => readQuantity(() => parseByteSize(size), { range, expected, context }));
  return { schema, meta: { description, expected } };
}

/** A size within the range, as bytes. */
export function byteSizeField(description: string, fallback: string, range: Range) {
  const { schema, meta } = byteSize(description, range);
  return schema.meta(meta).prefault(fallback);
}

/** The same with a default that depends on another key, so that it is filled in later: undefined until then. */
export function derivedByteSizeField(description: string, fallback: string, range: Range) {
  const { schema, meta } = byteSize(description, range);
  return schema.optional().meta({ ...meta, fallback });
}

/**
 * A rule for two numbers of one section: `lower` must not be above `upper` where both are given. It also holds when
 * other keys of the section are at fault, so that one error names everything.
 */
export function notAbove(lower: string, upper: string) {
  return z.superRefine(
    (value: unknown, context) => {
      if (typeof value !== 'object' || value === null) return;
      const keys = value as Readonly<Record<string, unknown>>;
      const [low, high] = [keys[lower], keys[upper]];
      if (typeof low !== 'number' || typeof high !== 'number' || low <= high) return;
      context.addIssue({ code: 'custom', path: [lower], message: `at most ${upper}` });
    },
    { when: () => true },
  );
}

/** A whole number within the range. */
export function integerField(description: string, fallback: number, range: Range) {
  const expected = `a whole number from ${range.min} to ${range.max}`;
  return z
    .int({ error: expected })
    .min(range.min, { error: expected })
    .max(range.max, { error: expected })
    .meta({ description, expected })
    .default(fallback);
}

/** One of a few words. */
export function wordField<const Words extends readonly [string, ...string[]]>(
  description: string,
  fallback: Words[number],
  words: Words,
) {
  const expected = words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  return z
    .enum(words, { error: expected })
    .meta({ description, expected })
    .default(fallback as never);
}

/** The path of a folder, kept as it is written. */
export function folderField(description: string, fallback: string) {
  const expected = 'the path of a folder, 1 to 1024 characters';
  return z
    .string({ error: expected })
    .refine((path) => path.trim() !== '' && path.length <= 1024 && !path.includes('\0'), { error: expected })
    .meta({ description, expected })
    .default(fallback);
}

interface QuantityRule {
  readonly range: Range;
  readonly expected: string;
  readonly context: z.RefinementCtx;
}

/** Tells a malformed quantity from one that is well formed but outside its range. */
function readQuantity(read: () => number, { range, expected, context }: QuantityRule): number {
  try {
    const quantity = read();
    if (quantity >= range.min && quantity <= range.max) return quantity;
    context.addIssue({ code: 'custom', message: expected });
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error;
    context.addIssue({ code: 'custom', message: error.expected });
  }
  return z.NEVER;
}
