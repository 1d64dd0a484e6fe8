import { BinanceClientError } from './errors.ts';

/**
 * The defaults with what is given over them. An option that is undefined counts as not given: without
 * `exactOptionalPropertyTypes` it passes the compiler. Throws `REQUEST_INVALID` for a number that is none, or below its
 * least value, rather than turning a slip into a storm of requests.
 */
export function numericOptions<T extends Readonly<Record<keyof T, number>>>(
  defaults: T,
  given: { readonly [K in keyof T]?: number | undefined } | undefined,
  least: Readonly<Record<keyof T, number>>,
): T {
  const options = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof T & string)[]) {
    const value = given?.[name];
    if (value === undefined) continue;
    if (!(value >= least[name])) {
      throw new BinanceClientError(
        'REQUEST_INVALID',
        `${name}: expected a number of at least ${least[name]}, was ${value}`,
      );
    }
    options[name] = value as T[typeof name];
  }
  return options;
}

/** The product of a market, or `REQUEST_INVALID` for a text that names none. */
export function knownMarket<P>(products: Readonly<Record<string, P>>, market: string): P {
  const product = Object.hasOwn(products, market) ? products[market] : undefined;
  if (product !== undefined) return product;
  throw new BinanceClientError(
    'REQUEST_INVALID',
    `market: expected one of ${Object.keys(products).join(', ')}, was ${market}`,
  );
}
