import { auditFigures, printFigures, SOUND } from './figures.ts';
import { fillLogDisk } from './fill-log-disk.ts';
import { itNeeds } from './machine.ts';
import { removeDisks } from './mounted-disk.ts';

describe('a recorder under load', () => {
  afterEach(removeDisks);

  itNeeds('tmpfs')('records on when its log disk fills up, and logs again when there is room', async () => {
    const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'];
    const exchange = ['--rate', '250', '--trades', '50'];
    const { audit, ...figures } = await fillLogDisk({
      symbols,
      exchange,
      isFullAtStart: false,
      durationMs: 60_000,
    });
    const { hasFirstLine, ...numbers } = figures;
    printFigures('log disk full', { ...numbers, ...auditFigures(audit) });
    expect(hasFirstLine).toBe(true);
    expect(figures.restarts).toBe(0);
    expect(audit).toMatchObject({ ...SOUND, lost: 0, declared: 0, gapRows: 0 });
  });
});
