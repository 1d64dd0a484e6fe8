import { seedOfRun } from './chance.ts';
import { auditFigures, printFigures, SOUND } from './figures.ts';
import { killOrderBook } from './kill-order-book.ts';
import { killPrimary } from './kill-primary.ts';
import { killWorkers } from './kill-workers.ts';
import { killWriter } from './kill-writer.ts';

/* The short forms of the kill tests; `npm run soak` has the long ones. */
const load = { symbols: ['BTCUSDT', 'ETHUSDT'], exchange: ['--rate', '50', '--trades', '20'] };
const NO_LOSS = { ...SOUND, lost: 0, gapRows: 0 };

describe('a recorder under load', () => {
  it('stores everything once while its writer is killed', async () => {
    const seed = seedOfRun();
    const { audit, ...figures } = await killWriter({ ...load, seed, kills: 3, pauseMsMax: 500 });
    printFigures('writer kill -9', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject(NO_LOSS);
  }, 60_000);

  it('misses nothing while workers are killed, with two lines', async () => {
    const seed = seedOfRun();
    const { audit, ...figures } = await killWorkers({
      ...load, seed, kills: 2, redundancy: 2, pauseMs: 500, settleMs: 0,
    }); // prettier-ignore
    printFigures('worker kill -9, redundancy 2', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject(NO_LOSS);
  }, 60_000);

  it('declares exactly what it misses while workers are killed, with one line', async () => {
    const seed = seedOfRun();
    const { audit, ...figures } = await killWorkers({
      ...load, seed, kills: 1, redundancy: 1, pauseMs: 500, settleMs: 4000,
    }); // prettier-ignore
    printFigures('worker kill -9, redundancy 1', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject({ ...SOUND, lost: audit.declared });
    expect(audit.gapRows).toBeGreaterThan(0);
  }, 60_000);

  it('does not notice that its order-book manager is killed', async () => {
    const seed = seedOfRun();
    const { audit, ...figures } = await killOrderBook({ ...load, seed, kills: 1, pauseMsMax: 500 });
    printFigures('order-book kill -9', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject(NO_LOSS);
  }, 60_000);

  it('records on while its primary is dead, and goes over to the next one', async () => {
    const { audit, ...figures } = await killPrimary({ ...load, kills: 1, aloneMs: 1000 });
    printFigures('primary kill -9', { ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject(NO_LOSS);
  }, 90_000);
});
