import { seedOfRun } from './chance.ts';
import { LIVE_AGAIN } from './ending.ts';
import { auditFigures, printFigures, SOUND } from './figures.ts';
import { killOrderBook } from './kill-order-book.ts';
import { killWriter } from './kill-writer.ts';

/* The short forms of the kill tests; `npm run soak` has the long ones. */
const load = { symbols: ['BTCUSDT', 'ETHUSDT'], exchange: ['--rate', '50', '--trades', '20'] };
const NO_LOSS = { ...SOUND, lost: 0, gapRows: 0 };

describe('a recorder under load', () => {
  it('stores everything once while its writer is killed', async () => {
    const seed = seedOfRun();
    const { audit, replays, ...figures } = await killWriter({ ...load, seed, kills: 3, pauseMsMax: 500 });
    printFigures('writer kill -9', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject(NO_LOSS);
    expect(figures.restarts).toBe(3);
    for (const book of replays) expect(book).toMatchObject(LIVE_AGAIN);
  }, 60_000);

  it('does not notice that its order-book manager is killed', async () => {
    const seed = seedOfRun();
    const { audit, replays, ...figures } = await killOrderBook({ ...load, seed, kills: 1, pauseMsMax: 500 });
    printFigures('order-book kill -9', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject(NO_LOSS);
    expect(figures.restarts).toBe(1);
    for (const book of replays) expect(book).toMatchObject(LIVE_AGAIN);
  }, 60_000);
});
