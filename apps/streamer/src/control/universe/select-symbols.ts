import type { UniverseConfig } from '@org/config';
import { isTrading, type Listing } from './listing.ts';

/** What a choice is made of. */
export interface Choice {
  readonly listing: Listing;
  readonly rules: UniverseConfig;
  /** The largest by volume; undefined when they are not asked for. */
  readonly largest: ReadonlySet<string> | undefined;
}

/** Why a symbol is not recorded, in words for people; undefined when it is. */
export function whyLeftOut(symbol: string, { listing, rules, largest }: Choice): string | undefined {
  const listed = listing.symbols.get(symbol);
  if (listed === undefined) return 'not listed';
  if (!isTrading(listed)) return `status ${listed.status}`;
  if (rules.exclude.includes(symbol)) return 'excluded';
  if (rules.include.includes(symbol)) return undefined;
  if (!takes(rules.quotes, listed.quote)) return `quote ${listed.quote}`;
  if (!takes(rules.contracts, listed.contract)) return `contract ${listed.contract ?? 'none'}`;
  if (largest !== undefined && !largest.has(symbol)) return `not among the largest ${rules.topByVolume}`;
  return undefined;
}

/** Every symbol that is recorded, in the order of the listing. */
export function selectSymbols(choice: Choice): readonly string[] {
  return [...choice.listing.symbols.keys()].filter((symbol) => whyLeftOut(symbol, choice) === undefined);
}

/** Symbols that compete for the places by volume: those that `include` takes anyway need none. */
export function competitors(choice: Omit<Choice, 'largest'>): readonly string[] {
  return selectSymbols({ ...choice, largest: undefined }).filter(
    (symbol) => !choice.rules.include.includes(symbol),
  );
}

function takes(wanted: readonly string[], word: string | undefined): boolean {
  return wanted.length === 0 || (word !== undefined && wanted.includes(word));
}
