export type {
  AggTrade,
  BookSide,
  BookTicker,
  DecimalText,
  DepthDiff,
  DepthSnapshot,
  Kline,
  Market,
  MarkPrice,
  PriceLevel,
  Trade,
} from './events.ts';
export type { GapReason, GapRecord } from './gap.ts';
export type { RawLevels } from './raw-levels.ts';
export type { StreamKey, StreamKind } from './stream-key.ts';

export {
  DecimalError,
  decimalsNeeded,
  decimalToUnits,
  DECIMALS_MAX,
  NEEDS_MORE_DECIMALS,
  readUnits,
  unitsToDecimal,
} from './decimal.ts';
export { GAP_REASONS } from './gap.ts';
export { readLevelUnits } from './level-units.ts';
export {
  formatStreamKey,
  KLINE_INTERVALS,
  parseStreamKey,
  STREAM_NAMES,
  streamKind,
  wireStreamName,
} from './stream-key.ts';
export { isSymbol, parseSymbol, SymbolError } from './symbol.ts';
