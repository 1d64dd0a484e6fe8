/** Time over which rates are averaged. */
const AVERAGE_MS = 60_000;

interface Measured {
  events: number;
  /** Events a second; undefined until there are two counts. */
  rate: number | undefined;
}

/**
 * Events a second of every symbol of one worker, from counts that only grow: an average whose weights fall
 * exponentially with age. A count that fell, as after a restart, begins anew.
 */
export class RateMeter {
  #measured = new Map<string, Measured>();
  #atMs: number | undefined;

  /** `counts`: events so far, by symbol. */
  sample(counts: ReadonlyMap<string, number>, nowMs: number): void {
    const elapsedMs = nowMs - (this.#atMs ?? nowMs);
    this.#atMs = nowMs;
    const share = 1 - Math.exp(-elapsedMs / AVERAGE_MS);
    const next = new Map<string, Measured>();
    for (const [symbol, events] of counts)
      next.set(symbol, measure(this.#measured.get(symbol), events, elapsedMs, share));
    this.#measured = next;
  }

  /** Of the symbols that were there at the last sample; 0 where nothing is known yet. */
  rates(): ReadonlyMap<string, number> {
    return new Map([...this.#measured].map(([symbol, { rate }]) => [symbol, rate ?? 0]));
  }
}

function measure(before: Measured | undefined, events: number, elapsedMs: number, share: number): Measured {
  if (before === undefined || events < before.events || elapsedMs <= 0) return { events, rate: before?.rate };
  const rate = (events - before.events) / (elapsedMs / 1000);
  return { events, rate: before.rate === undefined ? rate : before.rate + share * (rate - before.rate) };
}
