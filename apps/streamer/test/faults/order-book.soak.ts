import { seedOfRun } from './chance.ts';
import { LIVE_AGAIN } from './ending.ts';
import { auditFigures, printFigures, SOUND } from './figures.ts';
import { killOrderBook } from './kill-order-book.ts';

describe('the order-book manager', () => {
  it('is killed 20 times; the recording does not notice and the books come back', async () => {
    const seed = seedOfRun();
    const { audit, replays, ...figures } = await killOrderBook({
      seed, kills: Number(process.env['FAULT_COUNT'] ?? 20), symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'], exchange: ['--rate', '100', '--trades', '50'], pauseMsMax: 1000,
    }); // prettier-ignore
    printFigures('order-book kill -9', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
    for (const book of replays) expect(book).toMatchObject(LIVE_AGAIN);
    expect(figures.worstResyncMs).toBeLessThanOrEqual(10_000);
  });
});
