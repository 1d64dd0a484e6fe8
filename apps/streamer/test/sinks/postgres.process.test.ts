import { findPostgres } from '../../../../tools/test-servers/postgres.mjs';
import { seedOfRun } from '../faults/chance.ts';
import { LIVE_AGAIN } from '../faults/ending.ts';
import { auditFigures, printFigures, SOUND } from '../faults/figures.ts';
import { stopDatabase } from './stop-database.ts';

const found = findPostgres();
const maybe = found === undefined ? it.skip : it;
if (found === undefined) console.warn('skipped: no PostgreSQL here (apt-get install postgresql)');

describe('a recorder whose PostgreSQL is stopped under load', () => {
  maybe(
    'records on, and has everything in both stores afterwards',
    async () => {
      const seed = seedOfRun();
      const { audit, replays, files, database, ...figures } = await stopDatabase({
        seed,
        symbols: ['BTCUSDT', 'ETHUSDT'],
        exchange: ['--rate', '50', '--trades', '20'],
        stopMs: 3000,
        kills: 2,
      });
      printFigures('postgres stopped', { seed, ...figures, ...auditFigures(audit) });
      expect(audit).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
      expect(figures.eventsWhileDown).toBeGreaterThan(0);
      expect(database).toEqual(files);
      for (const book of replays) expect(book).toMatchObject(LIVE_AGAIN);
    },
    120_000,
  );
});
