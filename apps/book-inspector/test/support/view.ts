import type { ReplayView } from '../../src/replay-view.ts';

/** A view as a good recording gives it. */
export const GOOD_VIEW: ReplayView = {
  symbol: 'BTCUSDT',
  files: 2,
  messages: 9022,
  applied: 9017,
  stale: 5,
  snapshots: 1,
  gaps: 0,
  lastUpdateId: 4_984_057_064_916,
  bids: 1500,
  asks: 1400,
  bestBid: ['63867.4', '0.002'],
  bestAsk: ['63867.5', '5.045'],
  top: {
    bids: [['63867.4', '0.002'], ['63867', '14.1']],
    asks: [['63867.5', '5.045'], ['63868.1', '36.874']],
  },
  checksum: 'ab'.repeat(32),
  elapsedMs: 1234,
  state: 'live',
  unprovenSince: null,
  receivedAtUs: 1_721_347_200_123_456,
  crossed: false,
  pending: 0,
  dropped: 0,
  refused: 0,
  events: [],
  eventsLeftOut: 0,
  rejected: 0,
  damaged: [],
}; // prettier-ignore
