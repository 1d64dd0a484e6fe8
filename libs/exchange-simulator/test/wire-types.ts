/** What the tests read of the wire; the exchange sends more. */

export type Levels = [price: string, quantity: string][];

export interface DepthPayload {
  readonly T: number;
  readonly U: number;
  readonly u: number;
  readonly pu: number;
  readonly b: Levels;
  readonly a: Levels;
}

export interface TickerPayload {
  readonly u: number;
  readonly b: string;
  readonly B: string;
  readonly a: string;
  readonly A: string;
}

export interface TradePayload {
  readonly T: number;
  readonly t: number;
  readonly p: string;
  readonly q: string;
  readonly X: string;
  readonly m: boolean;
}

export interface AggTradePayload {
  readonly a: number;
  readonly p: string;
  readonly q: string;
  readonly nq: string;
  readonly f: number;
  readonly l: number;
  readonly T: number;
  readonly m: boolean;
}

export interface Bar {
  readonly t: number;
  readonly T: number;
  readonly i: string;
  readonly o: string;
  readonly h: string;
  readonly l: string;
  readonly c: string;
  readonly v: string;
  readonly n: number;
  readonly x: boolean;
  readonly q: string;
  readonly V: string;
  readonly Q: string;
  readonly B: string;
}

/** A frame of a stream, or the answer to a request. */
export interface Message {
  readonly stream?: string;
  readonly data: { readonly u: number; readonly T: number; readonly k: Bar };
  readonly e?: string;
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly msg: string };
}

export interface DepthAnswer {
  readonly lastUpdateId: number;
  readonly bids: Levels;
  readonly asks: Levels;
}

export interface ExchangeInfo {
  readonly rateLimits: readonly unknown[];
  readonly symbols: readonly {
    readonly symbol: string;
    readonly pricePrecision: number;
    readonly filters: readonly [{ readonly tickSize: string }, { readonly stepSize: string }];
  }[];
}

export interface ErrorAnswer {
  readonly code: number;
  readonly msg: string;
}
