import fc from 'fast-check';
import { decideRestart, NO_HISTORY } from '@org/supervision';
import type { RestartDecision, RestartPolicy } from '@org/supervision';

const policy: RestartPolicy = {
  delayInitialMs: 100,
  delayMaxMs: 5000,
  budget: { restarts: 5, windowMs: 60_000 },
  onBudgetSpent: 'slow-down',
  healthyAfterMs: 300_000,
};
const longest = (): number => 0.999_999;

/** The decisions about a child that ends at these times, never healthy. */
function decisions(of: RestartPolicy, timesMs: readonly number[], random = longest): RestartDecision[] {
  let history = NO_HISTORY;
  return timesMs.map((nowMs) => {
    const decision = decideRestart(of, history, { nowMs, readyForMs: 0 }, random);
    history = decision.history;
    return decision;
  });
}

const delays = (made: readonly RestartDecision[]): (number | 'give-up')[] =>
  made.map(({ action }) => (action === 'give-up' ? action : action.restartInMs));

describe('the restart policy', () => {
  it('doubles the longest delay with every failure up to the maximum', () => {
    const farApart = Array.from({ length: 10 }, (_, index) => index * 100_000);
    expect(delays(decisions(policy, farApart))).toEqual([
      99, 199, 399, 799, 1599, 3199, 4999, 4999, 4999, 4999,
    ]);
  });

  it('lets chance take the whole delay', () => {
    expect(delays(decisions(policy, [0, 100_000, 200_000], () => 0))).toEqual([0, 0, 0]);
  });

  it('restarts at once, every time, when the delay is 0 and the budget lasts', () => {
    expect(delays(decisions({ ...policy, delayInitialMs: 0 }, [0, 1, 2, 3, 4]))).toEqual([0, 0, 0, 0, 0]);
  });

  it('slows down to the longest delay when the budget is spent, and goes on for ever', () => {
    const made = decisions(policy, [0, 1, 2, 3, 4, 5, 6]);
    expect(made.map(({ budgetSpent }) => budgetSpent)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(delays(made).slice(5)).toEqual([5000, 5000]);
  });

  it('gives up when the budget is spent and the policy says so', () => {
    const made = decisions({ ...policy, onBudgetSpent: 'give-up' }, [0, 1, 2, 3, 4, 5]);
    expect(delays(made).slice(4)).toEqual([1599, 'give-up']);
  });

  it('counts only the ends within the window', () => {
    const made = decisions(policy, [0, 1, 2, 3, 4, 60_000, 60_001]);
    expect(made.map(({ budgetSpent }) => budgetSpent)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('starts over after a healthy life, but not after one that was merely ready', () => {
    const history = { exitsAtMs: [], failures: 4 };
    const decide = (readyForMs: number) => decideRestart(policy, history, { nowMs: 0, readyForMs }, longest);
    expect(decide(300_000)).toMatchObject({ action: { restartInMs: 99 }, history: { failures: 1 } });
    expect(decide(299_999)).toMatchObject({ action: { restartInMs: 1599 }, history: { failures: 5 } });
  });

  it('never takes a child that was never ready for healthy', () => {
    const strict = { ...policy, healthyAfterMs: 0 };
    expect(decisions(strict, [0, 100_000]).at(-1)!.history.failures).toBe(2);
  });

  it('keeps its promises for every policy and every series of ends', () => {
    const anyPolicy = fc.record({
      delayInitialMs: fc.nat(2000),
      delayMaxMs: fc.nat(60_000),
      budget: fc.record({ restarts: fc.nat(10), windowMs: fc.integer({ min: 1, max: 100_000 }) }),
      onBudgetSpent: fc.constantFrom('slow-down' as const, 'give-up' as const),
      healthyAfterMs: fc.nat(100_000),
    });
    const ends = fc.array(
      fc.tuple(fc.nat(50_000), fc.nat(200_000), fc.double({ min: 0, max: 0.999, noNaN: true })),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(anyPolicy, ends, (of, series) => {
        const endsAtMs: number[] = [];
        let history = NO_HISTORY;
        let nowMs = 0;
        for (const [laterMs, readyForMs, chance] of series) {
          nowMs += laterMs;
          endsAtMs.push(nowMs);
          const { action, budgetSpent, ...rest } = decideRestart(
            of,
            history,
            { nowMs, readyForMs },
            () => chance,
          );
          history = rest.history;
          const inWindow = endsAtMs.filter((atMs) => nowMs - atMs < of.budget.windowMs).length;
          expect(budgetSpent).toBe(inWindow > of.budget.restarts);
          expect(action === 'give-up').toBe(budgetSpent && of.onBudgetSpent === 'give-up');
          if (action !== 'give-up') expect(action.restartInMs).toBeLessThanOrEqual(of.delayMaxMs);
          expect(history.exitsAtMs.length).toBeLessThanOrEqual(of.budget.restarts + 1);
        }
      }),
    );
  });
});
