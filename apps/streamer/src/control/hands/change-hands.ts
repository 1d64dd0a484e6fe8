import type { RecorderPlan } from '../recorder-plan.ts';
import type { WorkerPlan } from '../assign-symbols.ts';

/** The same workers with other symbols: those that are not named are taken away, new ones go to whom has the least load. */
export function planWithSymbols(
  plan: RecorderPlan,
  symbols: readonly string[],
  loadOf: (worker: string) => number,
): RecorderPlan {
  const wanted = new Set(symbols);
  const recorded = new Set(plan.symbols);
  const added = symbols.filter((symbol) => !recorded.has(symbol));
  let workers: readonly WorkerPlan[] = plan.workers.map((worker) => ({
    ...worker,
    symbols: worker.symbols.filter((symbol) => wanted.has(symbol)),
  }));
  for (const symbol of added) workers = withSymbol(workers, symbol, loadOf);
  return { ...plan, symbols, workers };
}

/** One symbol to one worker of each line, so that its lines stay in different processes. */
function withSymbol(
  workers: readonly WorkerPlan[],
  symbol: string,
  loadOf: (worker: string) => number,
): readonly WorkerPlan[] {
  const lines = new Set(workers.map(({ line }) => line));
  const takers = new Set(
    [...lines].map((line) =>
      leastLoaded(
        workers.filter((worker) => worker.line === line),
        loadOf,
      ),
    ),
  );
  return workers.map((worker) =>
    takers.has(worker) ? { ...worker, symbols: [...worker.symbols, symbol] } : worker,
  );
}

/** By measured load, then by the number of symbols: what was added a moment ago has no measured load yet. */
function leastLoaded(workers: readonly WorkerPlan[], loadOf: (worker: string) => number): WorkerPlan {
  return workers.reduce((least, worker) => {
    const difference = loadOf(worker.id) - loadOf(least.id) || worker.symbols.length - least.symbols.length;
    return difference < 0 ? worker : least;
  });
}

/** A symbol that goes from one worker to another one of its line. */
export interface Move {
  readonly symbol: string;
  readonly from: string;
  readonly to: string;
}

/** The new workers have the symbols as well: the first half of a move. */
export function withTakers(plan: RecorderPlan, moves: readonly Move[]): RecorderPlan {
  return changed(plan, ({ id, symbols }) => [
    ...symbols,
    ...moves.flatMap(({ symbol, to }) => (to === id && !symbols.includes(symbol) ? symbol : [])),
  ]);
}

/** The old workers do not have them any more: the second half. With `to` and `from` exchanged it takes the first back. */
export function withoutGivers(plan: RecorderPlan, moves: readonly Move[]): RecorderPlan {
  return changed(plan, ({ id, symbols }) => {
    const given = new Set(moves.flatMap(({ symbol, from }) => (from === id ? symbol : [])));
    return symbols.filter((symbol) => !given.has(symbol));
  });
}

function changed(plan: RecorderPlan, symbolsOf: (worker: WorkerPlan) => readonly string[]): RecorderPlan {
  return { ...plan, workers: plan.workers.map((worker) => ({ ...worker, symbols: symbolsOf(worker) })) };
}
