import type { Clock, ClockTimer } from '@org/binance-client';
import type { SymbolRecorder } from './symbol-recorder.ts';

/** How long a symbol is kept for a successor that is ahead; then the merge judges what is missing. */
const PATIENCE_MS = 30_000;
const LOOK_INTERVAL_MS = 100;

export interface DeparturesOptions {
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout' | 'clearTimeout'>;
  readonly recorders: ReadonlyMap<string, Pick<SymbolRecorder, 'hasReached'>>;
  /** Ends the recording of the symbol here. */
  readonly leave: (symbol: string) => void;
}

/**
 * Symbols that another worker records already and this one leaves: each as soon as it has delivered all that lies before
 * the successor's beginning. A worker that is behind would else take to its end what nobody else has.
 */
export class Departures {
  readonly #options: DeparturesOptions;
  readonly #waiting = new Map<
    string,
    { readonly orders: ReadonlyMap<string, number>; readonly sinceMs: number }
  >();
  #timer: ClockTimer | undefined;

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  /** `orders`: of each stream key the order that the successor has reached. */
  add(symbols: readonly string[], orders: ReadonlyMap<string, number>): void {
    const sinceMs = this.#options.clock.nowMs();
    for (const symbol of symbols) this.#waiting.set(symbol, { orders, sinceMs });
    this.#look();
  }

  /** The symbols stay here after all. */
  cancel(symbols: readonly string[]): void {
    for (const symbol of symbols) this.#waiting.delete(symbol);
  }

  stop(): void {
    this.#waiting.clear();
    this.#options.clock.clearTimeout(this.#timer);
  }

  #look(): void {
    const { clock, recorders, leave } = this.#options;
    clock.clearTimeout(this.#timer);
    for (const [symbol, { orders, sinceMs }] of this.#waiting) {
      const hasReached = recorders.get(symbol)?.hasReached(orders) ?? true;
      if (!hasReached && clock.nowMs() - sinceMs < PATIENCE_MS) continue;
      this.#waiting.delete(symbol);
      leave(symbol);
    }
    if (this.#waiting.size > 0) this.#timer = clock.setTimeout(() => this.#look(), LOOK_INTERVAL_MS);
  }
}
