/** Up to this many symbols, `auto` gives each a worker of its own. */
const OWN_WORKER_MAX = 8;

/**
 * Deals symbols to workers. `auto` is a worker a symbol up to eight symbols, then as many workers as there are cores:
 * at 50 symbols a process each costs four times the CPU and ten times the memory of one that carries them all.
 */
export function assignSymbols(
  symbols: readonly string[],
  perWorker: 'auto' | number,
  cores: number,
): readonly (readonly string[])[] {
  const workers =
    perWorker === 'auto'
      ? symbols.length <= OWN_WORKER_MAX
        ? symbols.length
        : Math.max(1, cores)
      : Math.ceil(symbols.length / perWorker);
  const hands: string[][] = Array.from({ length: Math.min(workers, symbols.length) }, () => []);
  symbols.forEach((symbol, index) => hands[index % hands.length]!.push(symbol));
  return hands;
}

/** The workers by the id that logs, status and lanes know them by, each with its symbols. */
export function nameWorkers(hands: readonly (readonly string[])[]): ReadonlyMap<string, readonly string[]> {
  return new Map(hands.map((symbols, index) => [`worker-${index + 1}`, symbols]));
}
