import { type BinanceRest, type Clock, isBinanceClientError } from '@org/binance-client';
import { type Listing, readListing } from '../../control/universe/listing.ts';
import type { ClockSample } from '../checks/check-clock.ts';
import type { RestAnswer } from '../checks/check-exchange.ts';
import type { Attempt } from '../finding.ts';

/** The first one opens the connection and is left out. */
const SAMPLES = 6;

/** Before snapshots and repairs of a recorder that shares the budget: these are few and somebody waits for them. */
const PRIORITY = -1;

export type AskedRest = Pick<BinanceRest, 'time' | 'exchangeInfo' | 'budget'>;

export async function probeListing(
  rest: AskedRest,
  clock: Pick<Clock, 'nowMs'>,
  signal: AbortSignal,
): Promise<RestAnswer<Listing>> {
  const hold = holdOf(rest);
  if (hold !== undefined) return hold;
  const askedAtMs = clock.nowMs();
  try {
    const found = readListing(await rest.exchangeInfo({ priority: PRIORITY, signal }));
    return { found, tookMs: clock.nowMs() - askedAtMs };
  } catch (error) {
    return failed(error);
  }
}

export async function probeClock(
  rest: AskedRest,
  clock: Pick<Clock, 'wallUs'>,
  signal: AbortSignal,
): Promise<Attempt<readonly ClockSample[]>> {
  const hold = holdOf(rest);
  if (hold !== undefined) return hold;
  const samples: ClockSample[] = [];
  try {
    for (let count = 0; count < SAMPLES; count++) {
      const sentAtMs = clock.wallUs() / 1000;
      const { serverTime: serverMs } = await rest.time({ priority: PRIORITY, signal });
      samples.push({ sentAtMs, serverMs, receivedAtMs: clock.wallUs() / 1000 });
    }
  } catch (error) {
    // Some are better than none.
    if (samples.length === 0) return failed(error);
  }
  return { found: samples.length > 1 ? samples.slice(1) : samples };
}

/** An exchange that has forbidden requests is not asked. */
function holdOf({ budget }: AskedRest): RestAnswer<never> | undefined {
  const { hold } = budget.state();
  if (hold === undefined) return undefined;
  const code = hold.reason === 'banned' ? 'BANNED' : 'RATE_LIMITED';
  return { problem: `the exchange has forbidden requests (${hold.reason})`, code };
}

function failed(error: unknown): RestAnswer<never> {
  if (!isBinanceClientError(error)) return { problem: String(error), code: undefined };
  // Only the deadline of the doctor aborts.
  if (error.code === 'REQUEST_ABORTED') return { problem: 'no answer in time', code: 'REQUEST_TIMED_OUT' };
  return { problem: error.message, code: error.code };
}
