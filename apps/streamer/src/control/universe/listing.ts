import type { ExchangeInfo } from '@org/binance-client';
import { isSymbol } from '@org/market-data';

/** One symbol as the exchange lists it; texts are open, new ones appear without notice. */
export interface ListedSymbol {
  /** Undefined where a product has none: then it trades. */
  readonly status: string | undefined;
  /** Upper case, such as `PERPETUAL`; undefined on spot. */
  readonly contract: string | undefined;
  /** Upper case. */
  readonly quote: string;
}

/** What the exchange lists at one moment. */
export interface Listing {
  readonly symbols: ReadonlyMap<string, ListedSymbol>;
  /** Names that cannot be recorded, because they could not be names of folders and streams. */
  readonly refused: readonly string[];
}

export function readListing({ symbols }: Pick<ExchangeInfo, 'symbols'>): Listing {
  const listed = new Map<string, ListedSymbol>();
  const refused: string[] = [];
  for (const { symbol, status, contractStatus, contractType, quoteAsset } of symbols) {
    if (!isSymbol(symbol)) refused.push(symbol);
    else
      listed.set(symbol, {
        status: status ?? contractStatus,
        contract: contractType?.toUpperCase(),
        quote: quoteAsset.toUpperCase(),
      });
  }
  return { symbols: listed, refused };
}

/** `TRADING` is the one status in which events come (developers.binance.com, USD-M "Common Definition", seen 2026-11). */
export function isTrading({ status }: ListedSymbol): boolean {
  return status === undefined || status === 'TRADING';
}

export function tradingSymbols({ symbols }: Listing): readonly string[] {
  return [...symbols].flatMap(([symbol, listed]) => (isTrading(listed) ? symbol : []));
}

/** Losing more than this share of what traded is taken for a fault of the answer. */
const LOSS_SHARE_MAX = 0.5;

/**
 * Why a listing is not believed, or undefined when it is: exchanges delist one by one, and an answer that takes half of
 * the market away at once is more likely to be wrong, or the market is halted and comes back.
 */
export function whyDisbelieved(before: Listing | undefined, next: Listing): string | undefined {
  if (next.symbols.size === 0) return 'it names no symbol';
  if (before === undefined) return undefined;
  const traded = tradingSymbols(before);
  const lost = traded.filter((symbol) => {
    const listed = next.symbols.get(symbol);
    return listed === undefined || !isTrading(listed);
  });
  if (lost.length <= traded.length * LOSS_SHARE_MAX) return undefined;
  return `${lost.length} of ${traded.length} trading symbols are gone at once`;
}
