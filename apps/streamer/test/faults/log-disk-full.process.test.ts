import { auditFigures, printFigures, SOUND } from './figures.ts';
import { fillLogDisk } from './fill-log-disk.ts';
import { itNeeds } from './machine.ts';
import { removeDisks } from './mounted-disk.ts';

describe('a recorder whose log disk is full', () => {
  afterEach(removeDisks);

  itNeeds('tmpfs')(
    'records on from its start to its end, and has its log when there is room',
    async () => {
      const exchange = ['--rate', '50', '--trades', '20'];
      const { audit, ...figures } = await fillLogDisk({
        symbols: ['BTCUSDT'],
        exchange,
        isFullAtStart: true,
        durationMs: 1500,
      });
      const { hasFirstLine, ...numbers } = figures;
      printFigures('log disk full', { ...numbers, ...auditFigures(audit) });
      expect(hasFirstLine).toBe(true);
      expect(figures.restarts).toBe(0);
      expect(figures.events).toBeGreaterThan(50);
      expect(audit).toMatchObject({ ...SOUND, lost: 0, declared: 0, gapRows: 0 });
    },
    120_000,
  );
});
