import type { Clock } from './clock.ts';
import { invalidOption } from './errors.ts';
import { GeneratedMarket } from './generated/generated-market.ts';
import { numberedSymbol, SYMBOLS_MAX } from './listing/listings.ts';
import { openLoad } from './load/open-load.ts';
import type { MarketSource } from './market-source.ts';
import type { ExchangeOptions } from './options.ts';
import { DEFAULT_SETTLE_MS } from './options.ts';
import type { Product } from './product.ts';
import { openReplay } from './replay/replay-market.ts';

/**
 * The market that the options ask for. Throws {@link SimulatorError} `OPTIONS_INVALID`, and for a replay what
 * `openReplay` throws.
 */
export async function openMarket(
  options: ExchangeOptions,
  product: Product,
  clock: Clock,
): Promise<MarketSource> {
  checkOptions(options, product);
  const { replayDir, speed = 1, seed = 1, tempo = {} } = options;
  if (replayDir !== undefined) {
    const { settleMs = DEFAULT_SETTLE_MS, startOn = 'depth' } = options;
    return openReplay({ directory: replayDir, product, speed, settleMs, startOn, clock });
  }
  if (options.load !== undefined) return openLoad(symbolsOf(options), options.load, options, clock);
  const { startTimeMs = Math.floor(clock.nowMs()) } = options;
  return new GeneratedMarket({ symbols: symbolsOf(options), seed, startTimeMs, speed, tempo }, clock);
}

/** The named symbols, then the numbered ones. */
function symbolsOf({ symbols = [], symbolCount = 0 }: ExchangeOptions): readonly string[] {
  return [...symbols, ...Array.from({ length: symbolCount }, (_, index) => numberedSymbol(index + 1))];
}

function checkOptions(options: ExchangeOptions, product: Product): void {
  const { replayDir, symbols, symbolCount, speed = 1, settleMs = DEFAULT_SETTLE_MS } = options;
  const isMadeUp = symbols !== undefined || symbolCount !== undefined;
  if ((replayDir !== undefined) === isMadeUp) throw invalidOption('expected either replayDir or symbols');
  if (replayDir !== undefined && options.load !== undefined)
    throw invalidOption('load: expected none with a replay');
  if (!(speed > 0 && Number.isFinite(speed)))
    throw invalidOption(`speed: expected a number above 0, was ${speed}`);
  if (!(settleMs >= 0)) throw invalidOption(`settleMs: expected 0 or more, was ${settleMs}`);
  if (!['same', 'different'].includes(options.depthCuts ?? 'same'))
    throw invalidOption(`depthCuts: expected same or different, was ${options.depthCuts}`);
  if (isMadeUp) checkMadeUp(options, product);
}

function checkMadeUp({ symbols = [], symbolCount = 0, tempo = {} }: ExchangeOptions, product: Product): void {
  const count = symbols.length + symbolCount;
  if (!Number.isSafeInteger(symbolCount) || symbolCount < 0 || count > SYMBOLS_MAX)
    throw invalidOption(
      `symbolCount: expected a whole number, ${SYMBOLS_MAX} symbols at most, was ${symbolCount}`,
    );
  for (const [name, value] of Object.entries(tempo)) {
    if (!(value > 0 && Number.isFinite(value)))
      throw invalidOption(`tempo.${name}: expected a number above 0, was ${value}`);
  }
  if (product.market !== 'usdm')
    throw invalidOption(`market: a generated market is usdm, was ${product.market}`);
}
