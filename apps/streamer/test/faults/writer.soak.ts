import { seedOfRun } from './chance.ts';
import { LIVE_AGAIN } from './ending.ts';
import { auditFigures, printFigures, SOUND } from './figures.ts';
import { killWriter } from './kill-writer.ts';

describe('the writer', () => {
  it('is killed 100 times under load and loses nothing', async () => {
    const seed = seedOfRun();
    const { audit, replays, ...figures } = await killWriter({
      seed,
      kills: Number(process.env['FAULT_COUNT'] ?? 100),
      pauseMsMax: 1000,
      symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'],
      exchange: ['--rate', '700', '--trades', '100'],
    });
    printFigures('writer kill -9', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject({ ...SOUND, lost: 0, declared: 0, gapRows: 0 });
    for (const book of replays) expect(book).toMatchObject(LIVE_AGAIN);
    expect(figures.rowsPerSecond).toBeGreaterThanOrEqual(20_000);
    expect(figures.worstRecoveryMs).toBeLessThanOrEqual(2000);
  });
});
