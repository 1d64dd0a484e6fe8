import { seedOfRun } from '../faults/chance.ts';
import { auditFigures, printFigures, SOUND } from '../faults/figures.ts';
import { stopDatabase } from './stop-database.ts';

const KILLS = Number(process.env['FAULT_COUNT'] ?? 20);

describe('a recorder whose PostgreSQL is stopped for a minute under load', () => {
  it('records on, and has everything in both stores afterwards, also when both are killed', async () => {
    const seed = seedOfRun();
    const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'];
    const exchange = ['--rate', '200', '--trades', '60'];
    const { audit, replays, files, database, ...figures } = await stopDatabase({
      seed,
      symbols,
      exchange,
      stopMs: 60_000,
      kills: KILLS,
    });
    printFigures('postgres stopped for a minute', { seed, ...figures, ...auditFigures(audit) });
    expect(audit).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
    expect(figures.eventsWhileDown).toBeGreaterThan(0);
    expect(database).toEqual(files);
    expect(replays).toHaveLength(symbols.length);
  });
});
