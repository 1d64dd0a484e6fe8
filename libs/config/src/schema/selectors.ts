import { z } from 'zod';
import { EVERY_SYMBOL } from './name-list.ts';

/** What each selector is when nothing is selected by it. */
const SELECTORS: Readonly<Record<string, (value: unknown) => boolean>> = {
  quote: isEmptyList,
  contract: isEmptyList,
  top_by_volume: (value) => value === 0,
  include: isEmptyList,
  exclude: isEmptyList,
  refresh_interval: (value) => value === 60_000,
};

/**
 * Selectors choose among what the exchange lists, so they have no meaning beside symbols that are named; and no symbol is
 * both always and never recorded. Also holds when other keys of the section are at fault.
 */
export function consistentSelectors() {
  return z.superRefine(
    (value: unknown, context) => {
      if (typeof value !== 'object' || value === null) return;
      const keys = value as Readonly<Record<string, unknown>>;
      refuseWithoutEvery(keys, context);
      refuseContradiction(keys, context);
    },
    { when: () => true },
  );
}

function refuseWithoutEvery(keys: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  const { pairs } = keys;
  if (!Array.isArray(pairs) || pairs.includes(EVERY_SYMBOL)) return;
  for (const [key, isUnset] of Object.entries(SELECTORS)) {
    if (keys[key] === undefined || isUnset(keys[key])) continue;
    context.addIssue({
      code: 'custom',
      path: [key],
      message: `nothing, for it needs pairs: ["${EVERY_SYMBOL}"]`,
    });
  }
}

function refuseContradiction(
  { include, exclude }: Readonly<Record<string, unknown>>,
  context: z.RefinementCtx,
): void {
  if (!Array.isArray(include) || !Array.isArray(exclude)) return;
  exclude.forEach((symbol: unknown, index) => {
    if (!include.includes(symbol)) return;
    context.addIssue({
      code: 'custom',
      path: ['exclude', index],
      message: 'a symbol that is not in include',
    });
  });
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
