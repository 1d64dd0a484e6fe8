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

/** One worker process. */
export interface WorkerPlan {
  /** What logs and status call it. */
  readonly id: string;
  /** Its place in the plan; what replaces it has the same. */
  readonly slot: string;
  readonly symbols: readonly string[];
  readonly line: number;
}

/** A worker for each hand of symbols and each line, all lines of a hand in different processes. */
export function planWorkers(hands: readonly (readonly string[])[], lines: number): readonly WorkerPlan[] {
  return Array.from({ length: lines }, (_, line) => line).flatMap((line) =>
    hands.map((symbols, index) => {
      const slot = `worker-${index + 1}${LINE_SUFFIXES[line]}`;
      return { id: slot, slot, symbols, line };
    }),
  );
}

const LINE_SUFFIXES = ['', 'b'];
