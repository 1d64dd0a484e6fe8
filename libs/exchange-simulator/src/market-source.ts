import type { Buffer } from 'node:buffer';
import type { LoadReport } from './load/load-report.ts';
import type { MarketLag } from './market-lag.ts';
import type { MarketHistory } from './trade-history.ts';

/** One message of one stream, ready for the wire. */
export interface StreamMessage {
  /** Stream name as on the wire, for example `btcusdt@depth@0ms`. */
  readonly stream: string;
  /** Upper case, as the exchange lists it. */
  readonly symbol: string;
  /** The combined envelope `{"stream":…,"data":…}`, never changed after this. */
  readonly frame: Buffer;
  /** Where the bare payload starts; it ends before the last byte. */
  readonly dataStart: number;
  /** Id by which the stream's continuity is judged: `u`, `a`, `t`, or a bar's open time; undefined where there is none. */
  readonly id: number | undefined;
}

/** What REST says about a symbol. */
export interface SymbolRules {
  readonly symbol: string;
  readonly pair: string;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  readonly tickSize: string;
  readonly stepSize: string;
}

/** State of one book of the exchange. */
export interface BookState {
  readonly symbol: string;
  readonly lastUpdateId: number;
  /** Prices and quantities of all levels, best first, without trailing zeros. */
  readonly bids: readonly (readonly [price: string, quantity: string])[];
  readonly asks: readonly (readonly [price: string, quantity: string])[];
}

/** Where messages go. The two halves of a pair: `send` for each message, `flush` at the end of a burst. */
export interface MessageOutlet {
  /** Whether anybody would hear the stream; what nobody hears need not be encoded. */
  isHeard(stream: string): boolean;
  send(message: StreamMessage): void;
  flush(): void;
}

/** A market: recorded or made up. It owns the books; the exchange around it owns sockets and requests. */
export interface MarketSource {
  /** Of the symbols that it opens with, those that trade most first. */
  readonly rules: readonly SymbolRules[];
  readonly history: MarketHistory;
  /** Resolves when the market has said everything it has to say; a generated one does so when it is stopped. */
  readonly finished: Promise<void>;
  /** Called once, when the exchange listens. */
  start(outlet: MessageOutlet): void;
  /** Somebody subscribed to a stream on a route that carries it. */
  subscribed(stream: string): void;
  /** Body of the depth answer, or undefined when the book is not known. May wait until it is. */
  depth(symbol: string, limit: number): Promise<Buffer | undefined>;
  /** Whether the symbol could be listed: a replay knows nothing but what was recorded. */
  admits(symbol: string): boolean;
  /** The symbol begins to trade, or goes on; it is one that the market admits. */
  list(symbol: string): SymbolRules;
  /** The symbol falls silent: no messages and no book. */
  delist(symbol: string): void;
  /** Price at which the symbol trades now, in units of its last price decimal; 0 when it is not known. */
  lastPriceUnits(symbol: string): number;
  books(): readonly BookState[];
  /** How late it says what it has to say. */
  lag(): MarketLag;
  /** Of a market that is a load. */
  load?(): LoadReport;
  /** What of the market could not be shown, one line each. */
  problems(): readonly string[];
  stop(): Promise<void>;
}
