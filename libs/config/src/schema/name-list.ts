import { parseSymbol, STREAM_NAMES, streamKind, SymbolError } from '@org/market-data';
import { z } from 'zod';
import { nearest } from '../nearest.ts';

/** Symbols that one recorder takes: more than any of the markets lists. */
const PAIRS_MAX = 2000;

/** Far more than there are, so that nobody is stopped, and few enough that each is worth a look. */
const NAMES_MAX = 100;

/**
 * A list that is looked at item by item only when it is not absurdly long: a hostile one would cost seconds and produce
 * a fault an item. `item` is the JSON Schema of an item.
 */
function boundedList(expected: string, atLeastOne: string, max: number, item: object) {
  return z
    .array(z.unknown().meta({ ...item }), { error: expected })
    .min(1, { error: `${atLeastOne}: ${expected}` })
    .max(max, { error: expected });
}

/** Also runs when an item is at fault, so that one error names everything. */
const alsoWithFaultyItems = { when: () => true };

/** Reports the second and every later occurrence of a name. */
function refuseDuplicates(names: unknown, context: z.RefinementCtx): void {
  if (!Array.isArray(names)) return;
  const seen = new Set<unknown>();
  names.forEach((name: unknown, index) => {
    if (typeof name === 'string' && seen.has(name)) {
      context.addIssue({ code: 'custom', path: [index], message: 'each name once' });
    }
    seen.add(name);
  });
}

/** The one entry of `symbols.pairs` that means whatever the exchange lists. */
export const EVERY_SYMBOL = '*';

const SYMBOL_EXPECTED = 'a symbol like BTCUSDT: letters, digits and "_" only';

/** The symbol in any case, as the exchange writes it: `btcusdt` → `BTCUSDT`. */
function symbolItem(isEveryAllowed: boolean) {
  return z.string({ error: SYMBOL_EXPECTED }).transform((text, context) => {
    if (isEveryAllowed && text === EVERY_SYMBOL) return text;
    try {
      return parseSymbol(text);
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
      context.addIssue({ code: 'custom', message: SYMBOL_EXPECTED });
      return z.NEVER;
    }
  });
}

/** All that the exchange lists and some of it by name do not go together. */
function refuseEveryBesideNames(names: unknown, context: z.RefinementCtx): void {
  if (!Array.isArray(names) || names.length < 2 || !names.includes(EVERY_SYMBOL)) return;
  const path = [names.indexOf(EVERY_SYMBOL)];
  context.addIssue({ code: 'custom', path, message: `"${EVERY_SYMBOL}" alone, or symbols` });
}

/** Symbols, or `*` alone. */
export function pairsField(description: string) {
  const expected = `a list of 1 to ${PAIRS_MAX} symbols, like [BTCUSDT, ETHUSDT], or ["${EVERY_SYMBOL}"]`;
  const symbols = z
    .array(symbolItem(true))
    .superRefine(refuseDuplicates, alsoWithFaultyItems)
    .superRefine(refuseEveryBesideNames, alsoWithFaultyItems);
  return boundedList(expected, 'at least one symbol', PAIRS_MAX, { type: 'string' })
    .pipe(symbols)
    .meta({ description, expected });
}

/** Symbols, or none. */
export function symbolsField(description: string) {
  const expected = `a list of up to ${PAIRS_MAX} symbols, like [BTCUSDT, ETHUSDT]`;
  return z
    .array(z.unknown().meta({ type: 'string' }), { error: expected })
    .max(PAIRS_MAX, { error: expected })
    .pipe(z.array(symbolItem(false)).superRefine(refuseDuplicates, alsoWithFaultyItems))
    .meta({ description, expected })
    .prefault([]);
}

/** Words of the exchange, such as asset names and contract types: new ones appear, so none is unknown. */
const EXCHANGE_WORD = /^[A-Za-z\d][A-Za-z\d_]{0,63}$/;

/** One word or a list of words in any case, or none. `example`: what such a word looks like. */
export function wordsField(description: string, example: string) {
  const expected = `a word like ${example}, or a list of up to ${NAMES_MAX} of them`;
  const word = z
    .string({ error: expected })
    .regex(EXCHANGE_WORD, { error: expected })
    .transform((text) => text.toUpperCase());
  const words = z
    .array(z.unknown().meta({ type: 'string' }), { error: expected })
    .max(NAMES_MAX, { error: expected });
  return z
    .union([words, z.string().transform((text) => [text])], { error: expected })
    .pipe(z.array(word).superRefine(refuseDuplicates, alsoWithFaultyItems))
    .meta({ description, expected })
    .prefault([]);
}

function streamExpected(input: unknown): string {
  const known = `one of ${STREAM_NAMES.join(', ')}`;
  const near = typeof input === 'string' ? nearest(input, STREAM_NAMES) : undefined;
  return near === undefined ? known : `"${near}" or ${known}`;
}

/** Two speeds of one stream would be mixed in one file, where no column tells them apart; klines have `interval`. */
function refuseTwoOfAKind(names: unknown, context: z.RefinementCtx): void {
  if (!Array.isArray(names)) return;
  const first = new Map<string, string>();
  names.forEach((name: unknown, index) => {
    const kind = typeof name === 'string' ? streamKind(name) : undefined;
    if (kind === undefined || kind === 'kline') return;
    const other = first.get(kind);
    if (other === undefined) first.set(kind, name as string);
    else if (other !== name) {
      context.addIssue({
        code: 'custom',
        path: [index],
        message: `one speed of ${kind} (${other} is listed already)`,
      });
    }
  });
}

/** Names of streams as the wire has them, without the symbol. */
export function streamsField(description: string, fallback: readonly string[]) {
  const expected = 'a list of known streams, one speed of each, klines of any interval';
  const stream = z.enum([...STREAM_NAMES], { error: (issue) => streamExpected(issue.input) });
  const streams = z
    .array(stream)
    .superRefine(refuseDuplicates, alsoWithFaultyItems)
    .superRefine(refuseTwoOfAKind, alsoWithFaultyItems);
  return boundedList(expected, 'at least one stream', NAMES_MAX, { type: 'string', enum: STREAM_NAMES })
    .pipe(streams)
    .meta({ description, expected })
    .prefault([...fallback]);
}

/** Where records can be stored. */
export const STORAGE_FORMATS = ['csv', 'postgres', 'influx', 'nats', 'parquet'] as const;

/** Repairs, openings and what is packed and verified hang on the files, so they are always written. */
function requireCsv(names: unknown, context: z.RefinementCtx): void {
  if (!Array.isArray(names) || names.length === 0 || names.includes('csv')) return;
  context.addIssue({
    code: 'custom',
    message: 'a list with csv in it: the other formats are stored beside it',
  });
}

/** Formats, csv always among them. */
export function formatsField(description: string) {
  const expected = `a list of csv and any of ${STORAGE_FORMATS.slice(1).join(', ')}`;
  const format = z.enum(STORAGE_FORMATS, { error: `one of ${STORAGE_FORMATS.join(', ')}` });
  return boundedList(expected, 'at least one format', NAMES_MAX, { type: 'string', enum: STORAGE_FORMATS })
    .pipe(
      z
        .array(format)
        .superRefine(refuseDuplicates, alsoWithFaultyItems)
        .superRefine(requireCsv, alsoWithFaultyItems),
    )
    .meta({ description, expected })
    .prefault(['csv']);
}
