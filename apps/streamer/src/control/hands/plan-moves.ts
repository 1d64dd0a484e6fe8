import type { Move } from './change-hands.ts';

/** What one worker carries: events a second of each of its symbols. */
export interface WorkerLoad {
  readonly id: string;
  readonly rates: ReadonlyMap<string, number>;
}

/** The busiest worker may carry so many times the mean. */
const IMBALANCE_MAX = 1.5;

/** Symbols that move at once at most; each is carried twice for a moment. */
const MOVES_MAX = 5;

/** A symbol that would change less than this share of the mean is not worth a move. */
const WORTH_SHARE = 0.02;

/**
 * Which symbols should move so that the workers of one line carry about the same. Always from the busiest to the least
 * busy one, and each time at most half of the difference: then the giver stays at least as busy as the taker, and the sum of
 * the squared loads falls with every move. So repeating it ends, and no distribution comes twice.
 */
export function planMoves(loads: readonly WorkerLoad[]): readonly Move[] {
  if (!isUnbalanced(loads)) return [];
  const totals = new Map(loads.map((load) => [load, totalOf(load)]));
  const busiest = extreme(loads, (load, best) => totals.get(load)! > totals.get(best)!);
  const idlest = extreme(loads, (load, best) => totals.get(load)! < totals.get(best)!);
  const worthRate = WORTH_SHARE * meanOf(loads);
  const moves: Move[] = [];
  let spareRate = (totals.get(busiest)! - totals.get(idlest)!) / 2;
  for (const [symbol, rate] of heaviestFirst(busiest)) {
    if (moves.length === MOVES_MAX || rate < worthRate) break;
    if (rate > spareRate) continue;
    spareRate -= rate;
    moves.push({ symbol, from: busiest.id, to: idlest.id });
  }
  return moves;
}

/** Whether the busiest worker carries more than it may. */
export function isUnbalanced(loads: readonly WorkerLoad[]): boolean {
  if (loads.length < 2) return false;
  return Math.max(...loads.map(totalOf)) > IMBALANCE_MAX * meanOf(loads);
}

export function totalOf({ rates }: WorkerLoad): number {
  let total = 0;
  for (const rate of rates.values()) total += rate;
  return total;
}

function meanOf(loads: readonly WorkerLoad[]): number {
  return loads.reduce((total, load) => total + totalOf(load), 0) / loads.length;
}

function heaviestFirst({ rates }: WorkerLoad): readonly (readonly [string, number])[] {
  return [...rates].sort(([, left], [, right]) => right - left);
}

function extreme(
  loads: readonly WorkerLoad[],
  isBetter: (load: WorkerLoad, best: WorkerLoad) => boolean,
): WorkerLoad {
  return loads.reduce((best, load) => (isBetter(load, best) ? load : best));
}
