import type { BinanceRest } from '@org/binance-client';
import { errorFields, type Log } from '../logging/child-log.ts';
import { EXIT, FatalError } from './exit-codes.ts';

/** Longest time that the check may keep the recording from starting; a ban would keep it for minutes. */
const CHECK_TIMEOUT_MS = 5000;

/**
 * Asks the exchange which symbols it lists. One that it does not list is named and left out, for it would only be
 * silent; the others are recorded. An exchange that does not answer now keeps nobody from recording.
 */
export async function listedSymbols(
  rest: Pick<BinanceRest, 'exchangeInfo'>,
  pairs: readonly string[],
  log: Log,
  timeoutMs = CHECK_TIMEOUT_MS,
): Promise<readonly string[]> {
  let listed: Map<string, string | undefined>;
  try {
    const { symbols } = await rest.exchangeInfo({ signal: AbortSignal.timeout(timeoutMs) });
    listed = new Map(symbols.map((entry) => [entry.symbol, entry.status]));
  } catch (error) {
    log.warn('SymbolsUnchecked', errorFields(error));
    return pairs;
  }
  for (const symbol of pairs) {
    const status = listed.get(symbol);
    if (!listed.has(symbol)) log.error('SymbolUnknown', { symbol, reaction: 'not recorded' });
    else if (status !== undefined && status !== 'TRADING') log.warn('SymbolNotTrading', { symbol, status });
  }
  const known = pairs.filter((symbol) => listed.has(symbol));
  if (known.length === 0) {
    throw new FatalError(EXIT.config, `symbols.pairs: the exchange lists none of ${pairs.join(', ')}`);
  }
  return known;
}
