import { seedOfRun } from './chance.ts';
import { LIVE_AGAIN } from './ending.ts';
import { auditFigures, printFigures, SOUND } from './figures.ts';
import { killWorkers } from './kill-workers.ts';

/* The short forms of the kill tests; `npm run soak` has the long ones. */
const load = { symbols: ['BTCUSDT', 'ETHUSDT'], exchange: ['--rate', '50', '--trades', '20'] };
const NO_LOSS = { ...SOUND, lost: 0, gapRows: 0 };

describe('a recorder under load', () => {
  it('misses nothing while workers are killed, with two lines', async () => {
    const seed = seedOfRun();
    const { audit, replays, ...figures } = await killWorkers({
      ...load, seed, kills: 2, redundancy: 2, pauseMs: 500, settleMs: 0,
    }); // prettier-ignore
    printFigures('worker kill -9, redundancy 2', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject(NO_LOSS);
    expect(figures.restarts).toBe(2);
    for (const book of replays) expect(book).toMatchObject(LIVE_AGAIN);
  }, 60_000);

  it('declares exactly what it misses while workers are killed, with one line', async () => {
    const seed = seedOfRun();
    const { audit, replays, ...figures } = await killWorkers({
      ...load, seed, kills: 1, redundancy: 1, pauseMs: 500, settleMs: 4000,
    }); // prettier-ignore
    printFigures('worker kill -9, redundancy 1', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject({ ...SOUND, lost: audit.declared });
    expect(figures.restarts).toBe(1);
    for (const book of replays) expect(book).toMatchObject(LIVE_AGAIN);
    expect(audit.gapRows).toBeGreaterThan(0);
  }, 60_000);
});
