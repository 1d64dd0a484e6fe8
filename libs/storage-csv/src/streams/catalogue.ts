import type { StreamKind } from '@org/market-data';
import type { FileKind } from '../file-names.ts';
import { DEPTH_HEADER } from '../rows/depth-rows.ts';
import { GAPS_HEADER, ORDERBOOK_HEADER } from '../rows/report-rows.ts';
import { headerOf, type StreamDefinition } from '../rows/stream-definition.ts';
import { aggTradeStream } from './aggtrade.ts';
import { bookTickerStream } from './bookticker.ts';
import { forceOrderStream } from './forceorder.ts';
import { klineStream } from './kline.ts';
import { markPriceStream } from './markprice.ts';
import { miniTickerStream } from './miniticker.ts';
import { tickerStream } from './ticker.ts';
import { tradeStream } from './trade.ts';

/** Every stream that is one row a message. Depth is not here: its messages become a row per level. */
const DEFINITIONS: readonly StreamDefinition[] = [
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
  DEFINITIONS.map((definition) => [definition.kind, definition]),
);

export function streamDefinition(kind: Exclude<StreamKind, 'depth'>): StreamDefinition {
  return BY_KIND.get(kind)!;
}

const HEADERS: ReadonlyMap<string, string> = new Map<FileKind, string>([
  ...DEFINITIONS.map((definition): [FileKind, string] => [definition.kind, headerOf(definition)]),
  ['depth', DEPTH_HEADER],
  ['orderbook', ORDERBOOK_HEADER],
  ['gaps', GAPS_HEADER],
  ['rejected', ''],
]);

/** The header line of a kind of file without LF: '' where it has none, undefined for an unknown kind. */
export function fileHeader(kind: string): string | undefined {
  return HEADERS.get(kind);
}
