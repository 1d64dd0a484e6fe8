import type { Clock } from '@org/binance-client';
import type { Log } from '../../logging/child-log.ts';
import type { StatusBoard } from '../../monitoring/status-board.ts';
import type { Children, HandChange } from '../children.ts';
import { recordedStreams, type RecorderPlan } from '../recorder-plan.ts';
import { type Move, withoutGivers, withTakers } from './change-hands.ts';

export interface MoveSymbolsOptions {
  readonly children: Pick<Children, 'plan'>;
  readonly assign: (plan: RecorderPlan, change: HandChange) => void;
  readonly board: Pick<StatusBoard, 'carriedBy'>;
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout'>;
  readonly isStopping: () => boolean;
  readonly log: Log;
}

/** How long a new worker may take to deliver every stream of a symbol. */
const PATIENCE_MS = 30_000;
const LOOK_INTERVAL_MS = 200;

/**
 * Moves symbols from worker to worker, make-before-break: the takers subscribe, and a giver leaves a symbol when its taker has
 * delivered every stream of it. Symbols that the takers do not deliver in time stay where they were. Returns those that moved.
 */
export async function moveSymbols(
  moves: readonly Move[],
  options: MoveSymbolsOptions,
): Promise<readonly Move[]> {
  const { children, assign, clock, isStopping, log } = options;
  const possible = moves.filter((move) => isPossible(move, children.plan));
  assign(withTakers(children.plan, possible), { joinsRunning: true });
  const deadlineMs = clock.nowMs() + PATIENCE_MS;
  const isDelivered = (move: Move): boolean => ordersOf(move, options) !== undefined;
  while (!possible.every(isDelivered) && clock.nowMs() < deadlineMs && !isStopping())
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, LOOK_INTERVAL_MS));
  const done = possible.filter(isDelivered);
  const undone = possible.filter((move) => !isDelivered(move));
  const reached = new Map(done.flatMap((move) => [...ordersOf(move, options)!]));
  assign(withoutGivers(children.plan, done), { reached });
  if (undone.length > 0) assign(withoutGivers(children.plan, undone.map(reversed)), {});
  for (const { symbol, from, to } of done) log.info('SymbolMoved', { symbol, from, to });
  for (const { symbol, from, to } of undone)
    log.warn('SymbolNotMoved', { symbol, from, to, reaction: 'stays' });
  return done;
}

/** The plan may have changed since the move was planned. */
function isPossible({ symbol, from, to }: Move, { workers }: RecorderPlan): boolean {
  const giver = workers.find(({ id }) => id === from);
  const taker = workers.find(({ id }) => id === to);
  return giver?.symbols.includes(symbol) === true && taker !== undefined && !taker.symbols.includes(symbol);
}

function reversed({ symbol, from, to }: Move): Move {
  return { symbol, from: to, to: from };
}

/** How far the taker has come in each stream of the symbol; undefined while one has delivered nothing. */
function ordersOf(
  { symbol, to }: Move,
  { children, board }: MoveSymbolsOptions,
): ReadonlyMap<string, number> | undefined {
  const orders = new Map<string, number>();
  for (const stream of recordedStreams(children.plan)) {
    const key = `${symbol}@${stream}`;
    const lastOrder = board.carriedBy(to, key)?.lastOrder;
    if (lastOrder === undefined) return undefined;
    orders.set(key, lastOrder);
  }
  return orders;
}
