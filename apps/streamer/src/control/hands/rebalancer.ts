import type { Clock } from '@org/binance-client';
import type { Move } from './change-hands.ts';
import { isUnbalanced, planMoves, totalOf, type WorkerLoad } from './plan-moves.ts';
import { RateMeter } from './rate-meter.ts';

/** How often the loads are measured, and how often in a row they must differ too much before somebody moves. */
export interface RebalancePace {
  readonly lookIntervalMs: number;
  readonly looks: number;
  /** Nobody moves in the first so many milliseconds. */
  readonly calmAfterMs: number;
}

/** Three minutes of imbalance, not before the snapshots of 600 symbols are there. */
export const REBALANCE_PACE: RebalancePace = { lookIntervalMs: 30_000, looks: 6, calmAfterMs: 600_000 };

export interface RebalancerOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly pace: RebalancePace;
  /** Workers of each line. */
  readonly lines: () => readonly (readonly string[])[];
  /** Events so far of each symbol of a worker. */
  readonly countsOf: (worker: string) => ReadonlyMap<string, number>;
  /** Whether nothing else is under way that a move could disturb. */
  readonly isCalm: () => boolean;
  readonly move: (moves: readonly Move[]) => Promise<void>;
}

/** Measures what each worker carries, and moves symbols when one of them has carried too much for long. */
export class Rebalancer {
  readonly #options: RebalancerOptions;
  readonly #startedAtMs: number;
  #meters = new Map<string, RateMeter>();
  #unbalancedLooks = 0;

  constructor(options: RebalancerOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.nowMs();
  }

  /** Events a second of all symbols of a worker; 0 while nothing is measured. */
  loadOf(worker: string): number {
    return totalOf(this.#load(worker));
  }

  /** To be called at the interval of the pace. */
  async look(): Promise<void> {
    const { pace, clock, isCalm, move } = this.#options;
    const lines = this.#measure();
    const isDue = isCalm() && clock.nowMs() - this.#startedAtMs >= pace.calmAfterMs;
    this.#unbalancedLooks = isDue && lines.some(isUnbalanced) ? this.#unbalancedLooks + 1 : 0;
    if (this.#unbalancedLooks < pace.looks) return;
    this.#unbalancedLooks = 0;
    const moves = lines.flatMap(planMoves);
    if (moves.length > 0) await move(moves);
  }

  #measure(): readonly (readonly WorkerLoad[])[] {
    const { clock, lines, countsOf } = this.#options;
    const nowMs = clock.nowMs();
    const workers = lines();
    const meters = new Map(workers.flat().map((id) => [id, this.#meters.get(id) ?? new RateMeter()]));
    for (const [id, meter] of meters) meter.sample(countsOf(id), nowMs);
    this.#meters = meters;
    return workers.map((line) => line.map((id) => this.#load(id)));
  }

  #load(id: string): WorkerLoad {
    return { id, rates: this.#meters.get(id)?.rates() ?? new Map<string, number>() };
  }
}
