import type { BinanceClientErrorCode } from '@org/binance-client';
import { isTrading, type Listing } from '../../control/universe/listing.ts';
import { error, type Finding, ok, warn } from '../finding.ts';

/** What REST said to a question, or how it failed. */
export type RestAnswer<T> =
  | { readonly found: T; readonly tookMs: number }
  | { readonly problem: string; readonly code: BinanceClientErrorCode | undefined };

const CHECK = 'rest';
const NAMED_MAX = 10;

const ADVICE: Readonly<Partial<Record<BinanceClientErrorCode, string>>> = {
  RATE_LIMITED: 'wait a minute, and look who else asks the exchange from this address',
  BANNED: 'wait until the ban ends; every request lengthens it. Look who else asks from this address',
  BLOCKED: 'the firewall of the exchange refuses this address: ask from another one',
  LOCATION_REFUSED: 'the exchange does not serve this country: record from another one',
  CONNECT_FAILED: 'check network, DNS, proxy and firewall, and network.rest_url',
  REQUEST_TIMED_OUT: 'check network, proxy and firewall, and network.rest_url',
  ANSWER_MALFORMED: 'something else than the exchange answers there: check network.rest_url and proxies',
  REQUEST_FAILED: 'check that network.rest_url is the address of network.market',
};

/** Whether the exchange answers, and lists what is to be recorded. */
export function checkExchange(
  restUrl: string,
  pairs: readonly string[],
  answer: RestAnswer<Listing>,
): readonly Finding[] {
  if ('problem' in answer) {
    const advice = (answer.code && ADVICE[answer.code]) ?? 'check the network, and network.rest_url';
    return [error(CHECK, `${restUrl}: ${answer.problem}`, advice)];
  }
  const { symbols } = answer.found;
  const reachable = ok(
    CHECK,
    `${restUrl} lists ${symbols.size} symbols, answered in ${Math.round(answer.tookMs)} ms`,
  );
  const unknown = pairs.filter((pair) => !symbols.has(pair));
  const resting = pairs.filter((pair) => symbols.has(pair) && !isTrading(symbols.get(pair)!));
  return [reachable, ...unknownSymbols(pairs, unknown), ...restingSymbols(resting)];
}

function unknownSymbols(pairs: readonly string[], unknown: readonly string[]): readonly Finding[] {
  if (unknown.length === 0) return [];
  const what = `the exchange does not list ${named(unknown)}`;
  const advice = 'correct symbols.pairs';
  return [unknown.length === pairs.length ? error('symbols', what, advice) : warn('symbols', what, advice)];
}

function restingSymbols(resting: readonly string[]): readonly Finding[] {
  if (resting.length === 0) return [];
  return [warn('symbols', `${named(resting)} does not trade now`, 'nothing comes until it does; take it out of symbols.pairs')]; // prettier-ignore
}

export function named(names: readonly string[]): string {
  const rest = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
