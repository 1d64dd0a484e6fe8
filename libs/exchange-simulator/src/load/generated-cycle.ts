import { instrumentOf } from '../generated/instrument.ts';
import type { Instrument } from '../generated/instrument.ts';
import { OrderFlow } from '../generated/order-flow.ts';
import type { PriceLadder } from '../generated/price-ladder.ts';
import type { Random } from '../random.ts';
import { seededRandom } from '../random.ts';
import type { LevelChanges, UnitLevel } from './depth-cycle.ts';
import { DepthCycle } from './depth-cycle.ts';

/**
 * Spread of the number of levels in an event: recordings of BTCUSDT and ETHUSDT of 2024 have means of 50 and 68, medians
 * of 26 and 34 and a 99th percentile of 611, which is near a logarithmic normal distribution of this deviation.
 */
const LOG_DEVIATION = 1.15;
/** The longest event that was seen had 1226 levels. */
const CHANGES_MAX = 1200;
/** Order events between two looks at how many levels have changed. */
const ORDER_EVENTS = 3;
/** Events come out larger than they were drawn, and the way back adds its own: with this share the mean is right. */
const DRAWN_SHARE = 0.84;

/** Normal with mean 0 and deviation 1, with all of its tail: the largest events matter to whoever reads them. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Number of levels that the next event changes, with this mean. */
function changeCount(random: Random, mean: number): number {
  const median = (mean * DRAWN_SHARE) / Math.exp(LOG_DEVIATION ** 2 / 2);
  return Math.max(1, Math.min(CHANGES_MAX, Math.round(median * Math.exp(LOG_DEVIATION * normal(random)))));
}

/** A cycle of so many events of a made-up book; the shape of prices and quantities depends on the name. */
export function generatedCycle(
  name: string,
  options: {
    readonly seed: number;
    readonly events: number;
    readonly changes: number;
    readonly levels: number;
  },
): DepthCycle {
  const instrument = instrumentOf(name);
  const random = seededRandom(`${options.seed} cycle ${name}`);
  const changed = { bid: new Map<number, number>(), ask: new Map<number, number>() };
  const flow = new OrderFlow(
    instrument,
    { levels: options.levels, firstUpdateId: 0, random },
    {
      changed: (side, ticks, steps) => changed[side].set(ticks * instrument.tickUnits, steps),
      traded: () => undefined,
    },
  );
  const first = { bids: levels(flow.bids, instrument), asks: levels(flow.asks, instrument) };
  const midUnits = Math.round(flow.midTicks) * instrument.tickUnits;
  const changes: LevelChanges[] = [];
  while (changes.length < options.events) {
    const wanted = changeCount(random, options.changes);
    while (changed.bid.size + changed.ask.size < wanted) flow.step(Math.min(ORDER_EVENTS, wanted), 0);
    changes.push({ bids: sorted(changed.bid), asks: sorted(changed.ask) });
    changed.bid.clear();
    changed.ask.clear();
  }
  return new DepthCycle({ ...instrument, midUnits }, first, changes);
}

function levels(ladder: PriceLadder, { tickUnits }: Instrument): UnitLevel[] {
  return ladder.top(ladder.size).map(([ticks, steps]) => [ticks * tickUnits, steps]);
}

function sorted(changed: ReadonlyMap<number, number>): UnitLevel[] {
  return [...changed].sort((a, b) => a[0] - b[0]);
}
