import { printFigures } from './figures.ts';
import { startUnderLimit } from './start-under-limit.ts';

const symbols = Array.from({ length: 200 }, (_, index) => `T${index + 1}USDT`);
const exchange = ['--rate', '2', '--trades', '2', '--changes', '3', '--levels', '100'];
const weightLimit = 2400;
const banMs = 30_000;

/** A snapshot weighs 20, exchangeInfo 1; what the ban refused counts once more. Whole minutes, and the ban. */
function timeAllowedMs(starts: number): number {
  const weight = starts * (symbols.length * 20 + 1) + 16 * 20;
  return (Math.ceil(weight / weightLimit) - 1) * 60_000 + banMs + 30_000;
}

describe('a recorder of 200 symbols', () => {
  it.each([false, true])(
    'starts within the request weight and a ban (killed meanwhile: %s)',
    async (restart) => {
      const timeoutMs = timeAllowedMs(restart ? 4 / 3 : 1);
      const figures = await startUnderLimit({
      symbols, exchange, weightLimit, banMs, restart, timeoutMs, answerMs: 1000,
    }); // prettier-ignore
      printFigures('start of 200 symbols', { restart, timeoutMs, ...figures });
      expect(figures).toMatchObject({ defiant: 0, premature: 0 });
      expect(figures.refused).toBeGreaterThan(0);
      expect(figures.highestRolling).toBeLessThanOrEqual(weightLimit);
      expect(figures.highestFixed).toBeLessThanOrEqual(weightLimit);
    },
  );

  it('asks during the ban when it has forgotten it, so that the check is no blind one', async () => {
    const pairs = symbols.slice(0, 24);
    const figures = await startUnderLimit({
      symbols: pairs, exchange, weightLimit, banMs: 8000, answerMs: 500, restart: 'amnesic', timeoutMs: 60_000,
      config: { symbols: { pairs, per_worker: 24 } },
    }); // prettier-ignore
    printFigures('start without memory of the ban', figures);
    expect(figures.defiant).toBeGreaterThan(0);
  });
});
