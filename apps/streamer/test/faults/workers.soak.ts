import { seedOfRun } from './chance.ts';
import { LIVE_AGAIN } from './ending.ts';
import { auditFigures, printFigures, SOUND } from './figures.ts';
import { killWorkers } from './kill-workers.ts';

const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'];
const exchange = ['--rate', '100', '--trades', '50'];

describe('workers', () => {
  it('are killed 20 times with two lines, and nothing is missing', async () => {
    const seed = seedOfRun();
    const { audit, replays, ...figures } = await killWorkers({
      seed, kills: Number(process.env['FAULT_COUNT'] ?? 20), redundancy: 2, symbols, exchange, pauseMs: 3000, settleMs: 0,
    }); // prettier-ignore
    printFigures('worker kill -9, redundancy 2', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
    for (const book of replays) expect(book).toMatchObject(LIVE_AGAIN);
  });

  it('are killed 20 times with one line, and exactly what is missing is declared', async () => {
    const seed = seedOfRun();
    const { audit, replays, ...figures } = await killWorkers({
      seed, kills: Number(process.env['FAULT_COUNT'] ?? 20), redundancy: 1, symbols, exchange, pauseMs: 3000, settleMs: 20_000,
    }); // prettier-ignore
    printFigures('worker kill -9, redundancy 1', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject({ ...SOUND, lost: audit.declared });
    for (const book of replays) expect(book).toMatchObject(LIVE_AGAIN);
    expect(audit.gapRows).toBeGreaterThan(0);
  });
});
