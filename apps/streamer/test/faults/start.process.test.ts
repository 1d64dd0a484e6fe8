import { printFigures } from './figures.ts';
import { startUnderLimit } from './start-under-limit.ts';

/** More than are asked for at once, so that some are left when the ban begins. */
const symbols = Array.from({ length: 24 }, (_, index) => `T${index + 1}USDT`);

describe('a recorder that is banned while it starts', () => {
  it('asks nothing more before the end of the ban, not even when it is killed and started again', async () => {
    const weightLimit = 1600;
    const figures = await startUnderLimit({
      symbols,
      exchange: ['--rate', '3', '--trades', '3', '--levels', '50'],
      weightLimit,
      banMs: 3000,
      answerMs: 500,
      restart: true,
      timeoutMs: 30_000,
      config: { symbols: { pairs: symbols, per_worker: 24 } },
    });
    printFigures('start under a ban, killed meanwhile', figures);
    expect(figures).toMatchObject({ defiant: 0, premature: 0 });
    expect(figures.refused).toBeGreaterThan(0);
    expect(figures.highestRolling).toBeLessThanOrEqual(weightLimit);
  }, 60_000);
});
