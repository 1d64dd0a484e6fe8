import { parseSymbol } from '@org/market-data';
import type { Clock } from '../clock.ts';
import { invalidOption } from '../errors.ts';
import { numberedSymbol } from '../listing/listings.ts';
import type { ExchangeOptions, LoadOptions } from '../options.ts';
import { TIME_DIGITS } from './depth-frames.ts';
import { generatedCycle } from './generated-cycle.ts';
import { LoadMarket } from './load-market.ts';
import { LoadProfile } from './load-profile.ts';
import { recordedCycles } from './recorded-cycle.ts';

/** Different books of a load, and the events in each: enough that sizes look like chance, 10 MB in all. */
const CYCLES = 8;
const CYCLE_EVENTS = 500;
/** More of a recording than that is not read: ten megabytes. Recordings grow busier as they go, so less would be too easy. */
const RECORDED_EVENTS_MAX = 10_000;
/** Mean number of levels in a depth event, between those of recordings of BTCUSDT of 2023 (22) and of 2024 (68). */
const DEFAULT_CHANGES = 45;
/** Levels a side: what one snapshot holds, so that a client can know the whole book. */
const DEFAULT_LEVELS = 1000;
const DEFAULT_TICK_MS = 5;
const TICK_MS_MAX = 1000;
/** Far above what one core can send. */
const RATE_MAX = 1_000_000;

/** The load that the options ask for. Throws {@link SimulatorError} `OPTIONS_INVALID` and `CAPTURE_EMPTY`. */
export async function openLoad(
  symbols: readonly string[],
  load: LoadOptions,
  options: ExchangeOptions,
  clock: Clock,
): Promise<LoadMarket> {
  checkLoad(options, load, clock);
  if (symbols.length === 0) throw invalidOption('symbols: expected at least one, was none');
  const { seed = 1, tempo = {} } = options;
  const { changesPerEvent: changes = DEFAULT_CHANGES, levels = DEFAULT_LEVELS } = tempo;
  const cycles =
    load.dataDir === undefined
      ? Array.from({ length: Math.min(CYCLES, symbols.length) }, (_, index) =>
          generatedCycle(numberedSymbol(index + 1), { seed, events: CYCLE_EVENTS, changes, levels }),
        )
      : await recordedCycles(load.dataDir, RECORDED_EVENTS_MAX);
  const profile = new LoadProfile(load.messagesPerSecond, load.bursts ?? []);
  const { tickMs = DEFAULT_TICK_MS } = load;
  return new LoadMarket({ symbols: symbols.map(parseSymbol), cycles, profile, tickMs, seed }, clock);
}

function checkLoad(options: ExchangeOptions, load: LoadOptions, clock: Clock): void {
  const { messagesPerSecond, bursts = [], tickMs = DEFAULT_TICK_MS } = load;
  for (const rate of [messagesPerSecond, ...bursts.map((burst) => burst.messagesPerSecond)]) {
    if (!(rate > 0 && rate <= RATE_MAX))
      throw invalidOption(`load: expected a rate above 0, at most ${RATE_MAX} messages/s, was ${rate}`);
  }
  const inOrder = [...bursts].sort((a, b) => a.startMs - b.startMs);
  const isApart = inOrder.every(
    ({ startMs, durationMs }, index) =>
      startMs >= 0 && durationMs > 0 && startMs + durationMs <= (inOrder[index + 1]?.startMs ?? Infinity),
  );
  if (!isApart) throw invalidOption('load.bursts: expected spans that last and do not overlap');
  if (!(tickMs >= 1 && tickMs <= TICK_MS_MAX))
    throw invalidOption(`load.tickMs: expected 1 to ${TICK_MS_MAX} ms, was ${tickMs}`);
  const unknown = Object.keys(options.tempo ?? {}).filter((name) => /PerSecond$/.test(name));
  if (unknown.length > 0) throw invalidOption(`tempo.${unknown[0]}: expected a load to set the rate`);
  if (options.speed !== undefined && options.speed !== 1)
    throw invalidOption(`speed: expected 1 with a load, was ${options.speed}`);
  if (options.startTimeMs !== undefined) throw invalidOption('startTimeMs: expected none with a load');
  if (String(Math.floor(clock.nowMs())).length !== TIME_DIGITS)
    throw invalidOption(`clock: expected a time of ${TIME_DIGITS} digits, was ${clock.nowMs()} ms`);
}
