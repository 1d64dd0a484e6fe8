import type { Clock, MarketStreams } from '@org/binance-client';
import type { PrimaryMessage } from '../control/messages.ts';
import { Departures } from './departures.ts';
import type { Hand } from './hand.ts';

type Order<Type extends PrimaryMessage['type']> = Extract<PrimaryMessage, { readonly type: Type }>;

export interface HandChangesOptions {
  readonly hand: Hand;
  readonly streams: Pick<MarketStreams, 'subscribe' | 'unsubscribe'>;
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout' | 'clearTimeout'>;
}

export interface HandChanges {
  take(order: Order<'take-symbols'>): void;
  leave(order: Order<'leave-symbols'>): void;
  record(order: Order<'record-streams'>): void;
  stop(): void;
}

/** What the primary's word means for recorders and streams: they come and go together. */
export function handChanges({ hand, streams, clock }: HandChangesOptions): HandChanges {
  const leave = (symbols: readonly string[], isExplained: boolean): void => {
    streams.unsubscribe(hand.streamsOf(symbols));
    hand.drop(symbols, isExplained);
  };
  const departures = new Departures({
    clock,
    recorders: hand.recorders,
    leave: (symbol) => leave([symbol], false),
  });
  return {
    take: ({ symbols, joinsRunning }) => {
      departures.cancel(symbols);
      streams.subscribe(hand.take(symbols, joinsRunning));
    },
    leave: ({ symbols, isExplained, reached }) => {
      const orders = new Map(Object.entries(reached));
      if (orders.size > 0) departures.add(symbols, orders);
      else leave(symbols, isExplained);
    },
    record: ({ streams: names }) => {
      streams.unsubscribe(hand.streamsBeside(names));
      streams.subscribe(hand.record(names));
    },
    stop: () => departures.stop(),
  };
}
