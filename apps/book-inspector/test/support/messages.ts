import type { DepthDiff, DepthSnapshot, PriceLevel } from '@org/market-data';
import type { DepthMessage } from '@org/storage-csv';

interface Levels {
  readonly bids?: readonly PriceLevel[];
  readonly asks?: readonly PriceLevel[];
  readonly damagedRows?: number;
}

/** 2024-07-19T00:00:00Z */
export const START_US = 1_721_347_200_000_000;

/** A futures diff; `second` is its receipt, counted from {@link START_US}. */
export function diff(
  second: number,
  [U, u, pu]: readonly [number, number, number],
  levels: Levels = {},
): DepthMessage {
  const body: DepthDiff = {
    symbol: 'BTCUSDT',
    eventTimeMs: 0,
    transactionTimeMs: 0,
    firstUpdateId: U,
    finalUpdateId: u,
    previousFinalUpdateId: pu,
    bids: levels.bids ?? [],
    asks: levels.asks ?? [],
  };
  return {
    type: 'diff',
    receivedAtUs: START_US + second * 1e6,
    damagedRows: levels.damagedRows ?? 0,
    diff: body,
  };
}

export function snapshot(second: number, lastUpdateId: number, levels: Levels = {}): DepthMessage {
  const body: DepthSnapshot = {
    symbol: 'BTCUSDT',
    lastUpdateId,
    eventTimeMs: undefined,
    transactionTimeMs: undefined,
    bids: levels.bids ?? [],
    asks: levels.asks ?? [],
  };
  return {
    type: 'snapshot',
    receivedAtUs: START_US + second * 1e6,
    damagedRows: levels.damagedRows ?? 0,
    snapshot: body,
  };
}
