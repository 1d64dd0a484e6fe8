export type { Clock, ClockTimer } from './clock.ts';
export type { BinanceClientErrorCode, BinanceClientErrorFacts, Reaction } from './errors.ts';
export type { HostBudget, HostBudgetCounters, HostBudgetOptions } from './host/host-budget.ts';
export type { HostMachine } from './host/host-machine.ts';
export type { Product, StreamRoute, WeightTable } from './products.ts';
export type {
  AggTradesQuery,
  BinanceRestOptions,
  DepthAnswer,
  DepthOptions,
  KlinesQuery,
  RequestOptions,
  RetryPolicy,
  RowsAnswer,
} from './rest/binance-rest.ts';
export type { AggTradesRange, KlinesRange, TakeRows } from './rest/fetch-rows.ts';
export type { HttpAnswer } from './rest/judge-answer.ts';
export type {
  BudgetRequest,
  BudgetState,
  RequestBudget,
  RequestBudgetOptions,
  RequestOutcome,
  RequestPermit,
} from './rest/request-budget.ts';
export type {
  AggTradeRow,
  ExchangeInfo,
  KlineRow,
  ServerTime,
  SymbolInfo,
  Ticker24hr,
} from './rest/rest-schemas.ts';
export type { BudgetSnapshot, HoldReason } from './rest/weight-window.ts';
export type { ConnectionAttempts } from './stream/attempt-limiter.ts';
export type { BackoffPolicy } from './stream/backoff.ts';
export type {
  CloseCause,
  ConnectionEffect,
  ConnectionEvent,
  ConnectionPolicy,
  ConnectionReport,
  ConnectionState,
  ConnectionTimer,
  SourceState,
  Step,
  StepInput,
  Successor,
} from './stream/connection-types.ts';
export type { MarketStreamsOptions, SilenceLimit } from './stream/market-streams.ts';
export type { ConnectionLoad } from './stream/plan-connections.ts';
export type {
  AlarmCleared,
  ConnectionClosed,
  ConnectionGaveUp,
  ConnectionOpened,
  ConnectionRotated,
  MarketStreamsHandlers,
  MessageRejected,
  ShutdownAnnounced,
  StreamAlarm,
  StreamCounters,
  StreamRef,
  StreamsAcknowledged,
  StreamsRefused,
  StreamState,
  StreamStatus,
} from './stream/stream-events.ts';
export type { Answer, FrameKind, SlotName } from '@org/binance-wire';

export { systemClock } from './clock.ts';
export { BinanceClientError, isBinanceClientError, reactionTo } from './errors.ts';
export { openHostBudget } from './host/host-budget.ts';
export { PRODUCTS, streamAddress, streamRoute, weightOf } from './products.ts';
export { BinanceRest } from './rest/binance-rest.ts';
export { fetchAggTrades, fetchKlines } from './rest/fetch-rows.ts';
export { judgeAnswer } from './rest/judge-answer.ts';
export { createRequestBudget } from './rest/request-budget.ts';
export { backoffDelayMs } from './stream/backoff.ts';
export { INITIAL_STATE, isSource, ownedIds, stepConnection } from './stream/connection-state.ts';
export { MarketStreams } from './stream/market-streams.ts';
export { planConnections } from './stream/plan-connections.ts';
export {
  decodeAggTrade,
  decodeBookTicker,
  decodeDepthDiff,
  decodeDepthSnapshot,
  decodeKline,
  decodeMarkPrice,
  decodeTrade,
  FrameError,
  FrameFields,
  parseAnswer,
  scanDepthSnapshot,
  scanFrame,
  scanFrameSlowly,
  SLOT,
} from '@org/binance-wire';
