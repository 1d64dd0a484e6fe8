/** Up to this many symbols, `auto` gives each a worker of its own. */
export const OWN_WORKER_MAX = 8;

/**
 * Deals symbols to workers, the heaviest first, each to the worker that has the least so far. `auto` is a worker a symbol
 * up to eight symbols, then as many workers as there are cores: at 50 symbols a process each costs four times the CPU
 * and ten times the memory of one that carries them all. A number is kept to: no worker gets more symbols.
 */
export function assignSymbols(
  symbols: readonly string[],
  perWorker: 'auto' | number,
  cores: number,
  weightOf: (symbol: string) => number = () => 1,
): readonly (readonly string[])[] {
  const workers = Math.min(workerCount(symbols.length, perWorker, cores), symbols.length);
  const hands = Array.from({ length: workers }, () => ({ symbols: [] as string[], weight: 0 }));
  const max = perWorker === 'auto' ? Infinity : perWorker;
  const heaviestFirst = [...symbols].sort((left, right) => weightOf(right) - weightOf(left));
  for (const symbol of heaviestFirst) {
    const hand = lightest(hands, max);
    hand.symbols.push(symbol);
    hand.weight += weightOf(symbol);
  }
  return hands.map((hand) => hand.symbols);
}

function workerCount(symbols: number, perWorker: 'auto' | number, cores: number): number {
  if (perWorker !== 'auto') return Math.ceil(symbols / perWorker);
  return symbols <= OWN_WORKER_MAX ? symbols : Math.max(1, cores);
}

interface Hand {
  readonly symbols: string[];
  weight: number;
}

/** Of those with room; there is one, for the workers were counted so. An empty one comes first, so none stays idle. */
function lightest(hands: readonly Hand[], max: number): Hand {
  let best: Hand | undefined;
  for (const hand of hands) {
    if (hand.symbols.length >= max) continue;
    if (hand.symbols.length === 0) return hand;
    if (best === undefined || hand.weight < best.weight) best = hand;
  }
  return best!;
}

/** One worker process. */
export interface WorkerPlan {
  /** What logs and status call it. */
  readonly id: string;
  /** Its place in the plan; what replaces it has the same. */
  readonly slot: string;
  /** Most important first. */
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
