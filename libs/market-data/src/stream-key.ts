import { isSymbol } from './symbol.ts';

/**
 * Which stream a record belongs to, in one text that queues, logs and gap rows share: `<SYMBOL>@<stream>`, with the
 * symbol as the exchange lists it and the stream as the configuration names it, for example `BTCUSDT@depth@0ms`.
 */
export interface StreamKey {
  readonly symbol: string;
  readonly stream: string;
}

/** What is stored in one file: rows of one header. */
export type StreamKind =
  | 'aggtrade'
  | 'depth'
  | 'kline'
  | 'bookticker'
  | 'trade'
  | 'markprice'
  | 'forceorder'
  | 'ticker'
  | 'miniticker';

/** Bar lengths that USD-M futures offer (no `1s` there); developers.binance.com, kline streams, seen 2026-11. */
export const KLINE_INTERVALS = [
  '1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '3d', '1w', '1M',
] as const; // prettier-ignore

const FIXED_STREAMS: ReadonlyMap<string, StreamKind> = new Map([
  ['aggTrade', 'aggtrade'],
  ['depth', 'depth'],
  ['depth@0ms', 'depth'],
  ['depth@100ms', 'depth'],
  ['depth@250ms', 'depth'],
  ['depth@500ms', 'depth'],
  ['depth@1000ms', 'depth'],
  ['bookTicker', 'bookticker'],
  ['trade', 'trade'],
  ['markPrice', 'markprice'],
  ['markPrice@1s', 'markprice'],
  ['forceOrder', 'forceorder'],
  ['ticker', 'ticker'],
  ['miniTicker', 'miniticker'],
]);

/** Every stream that can be recorded, in the words of the configuration. */
export const STREAM_NAMES: readonly string[] = [
  ...FIXED_STREAMS.keys(),
  ...KLINE_INTERVALS.map((interval) => `kline_${interval}`),
];

/** The kind of a stream, or undefined when no such stream is known. Case matters, as it does on the wire. */
export function streamKind(stream: string): StreamKind | undefined {
  const kind = FIXED_STREAMS.get(stream);
  if (kind !== undefined) return kind;
  const interval = stream.startsWith('kline_') ? stream.slice('kline_'.length) : '';
  return (KLINE_INTERVALS as readonly string[]).includes(interval) ? 'kline' : undefined;
}

export function formatStreamKey(key: StreamKey): string {
  return `${key.symbol}@${key.stream}`;
}

/** The parts of a stream key, or undefined when the text is not one. */
export function parseStreamKey(text: string): StreamKey | undefined {
  const at = text.indexOf('@');
  if (at <= 0 || at === text.length - 1) return undefined;
  const symbol = text.slice(0, at);
  return isSymbol(symbol) ? { symbol, stream: text.slice(at + 1) } : undefined;
}

/**
 * The name on the wire: the symbol in lower case (of its script, never of a locale), for example `btcusdt@depth@0ms`.
 */
export function wireStreamName(key: StreamKey): string {
  return `${key.symbol.toLowerCase()}@${key.stream}`;
}
