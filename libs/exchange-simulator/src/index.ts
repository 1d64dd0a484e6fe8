export type { Cancel, Clock } from './clock.ts';
export type { MissedRange } from './delivery/missed-messages.ts';
export type {
  BookReport,
  ConnectionReport,
  ReportOptions,
  RestLimitReport,
  RestReport,
  RestRequestReport,
  RestUsageReport,
  SentReport,
  StreamReport,
} from './delivery/sent-report.ts';
export type { SimulatorErrorCode } from './errors.ts';
export type { Exchange } from './exchange.ts';
export type { Fault, FaultKind } from './faults/fault.ts';
export type { Tempo } from './generated/symbol-market.ts';
export type { ListingChange } from './listing/listings.ts';
export type { Burst } from './load/load-profile.ts';
export type { LoadReport } from './load/load-report.ts';
export type { LoadKind } from './load/load-symbol.ts';
export type { MarketLag } from './market-lag.ts';
export type { ExchangeOptions, LoadOptions } from './options.ts';
export type { Route } from './product.ts';
export type { Ban } from './rest/ban-list.ts';
export type { RequestWeightRules } from './rest/request-weight.ts';
export type { ConnectionEnd, ConnectionRules } from './socket/connection.ts';

export { systemClock } from './clock.ts';
export { SimulatorError } from './errors.ts';
export { startExchange } from './exchange.ts';
export { parseFaultScript, readFaultScript } from './faults/fault-script.ts';
