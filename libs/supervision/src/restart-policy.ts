/** When and how often a child that ended comes back. */
export interface RestartPolicy {
  /** Longest delay after the first failure; it doubles with every further one, and chance takes up to all of it. 0: at once. */
  readonly delayInitialMs: number;
  /** Where the doubling ends; the delay once the budget is spent. */
  readonly delayMaxMs: number;
  /** Restarts that count as normal within the window, which slides. */
  readonly budget: { readonly restarts: number; readonly windowMs: number };
  /** `slow-down`: restart for ever, every `delayMaxMs`. `give-up`: the child has failed. */
  readonly onBudgetSpent: 'slow-down' | 'give-up';
  /** A child that was ready for so long was healthy: its end is a first failure again. */
  readonly healthyAfterMs: number;
}

export interface RestartHistory {
  /** Ends within the window. */
  readonly exitsAtMs: readonly number[];
  /** Failures since the child was last healthy. */
  readonly failures: number;
}

export const NO_HISTORY: RestartHistory = { exitsAtMs: [], failures: 0 };

export interface RestartDecision {
  readonly action: { readonly restartInMs: number } | 'give-up';
  readonly budgetSpent: boolean;
  readonly history: RestartHistory;
}

const DOUBLINGS_MAX = 30;

/**
 * Decides about a child that ended at `nowMs` after being ready for `readyForMs` (0: it never was). Pure; `random` is in
 * [0, 1). Full jitter, so that children that died of one cause do not come back in one moment.
 */
export function decideRestart(
  policy: RestartPolicy,
  history: RestartHistory,
  exit: { readonly nowMs: number; readonly readyForMs: number },
  random: () => number,
): RestartDecision {
  const { budget, delayInitialMs, delayMaxMs } = policy;
  const failures = exit.readyForMs >= policy.healthyAfterMs && exit.readyForMs > 0 ? 0 : history.failures;
  const inWindow = history.exitsAtMs.filter((atMs) => exit.nowMs - atMs < budget.windowMs);
  // One more than the budget proves that it is spent; remembering more would only grow.
  const exitsAtMs = [...inWindow, exit.nowMs].slice(-(budget.restarts + 1));
  const budgetSpent = exitsAtMs.length > budget.restarts;
  const next = { budgetSpent, history: { exitsAtMs, failures: failures + 1 } };
  if (budgetSpent && policy.onBudgetSpent === 'give-up') return { ...next, action: 'give-up' };
  if (budgetSpent) return { ...next, action: { restartInMs: delayMaxMs } };
  const ceilingMs = Math.min(delayMaxMs, delayInitialMs * 2 ** Math.min(failures, DOUBLINGS_MAX));
  return { ...next, action: { restartInMs: Math.floor(random() * ceilingMs) } };
}
