import type { StreamKind } from '@org/market-data';
import type { StreamDefinition } from '../rows/stream-definition.ts';
import { aggTradeStream } from './aggtrade.ts';
import { bookTickerStream } from './bookticker.ts';
import { forceOrderStream } from './forceorder.ts';
import { klineStream } from './kline.ts';
import { markPriceStream } from './markprice.ts';
import { miniTickerStream } from './miniticker.ts';
import { tickerStream } from './ticker.ts';
import { tradeStream } from './trade.ts';

/** Every stream that is one row a message. Depth is not here: its messages have levels. */
export const STREAM_DEFINITIONS: readonly StreamDefinition[] = [
  aggTradeStream,
  klineStream,
  bookTickerStream,
  tradeStream,
  markPriceStream,
  forceOrderStream,
  tickerStream,
  miniTickerStream,
];

const BY_KIND: ReadonlyMap<string, StreamDefinition> = new Map(
  STREAM_DEFINITIONS.map((definition) => [definition.kind, definition]),
);

export function streamDefinition(kind: Exclude<StreamKind, 'depth'>): StreamDefinition {
  return BY_KIND.get(kind)!;
}
