import { auditFigures, printFigures, SOUND } from './figures.ts';
import { freezeWriter } from './freeze-writer.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('a recorder whose writer stands still', () => {
  it('keeps what comes in queues and spools, and waits for it', async () => {
    const { audit, ...figures } = await freezeWriter({
      symbols: ['BTCUSDT'],
      exchange: ['--rate', '400', '--trades', '100'],
      config: { performance: { queue_size: '256KiB', batch_size: '32KiB', spool_size: '64MiB' } },
      frozenMs: 4000,
    });
    printFigures('writer stopped', { ...figures, ...auditFigures(audit) });
    expect(figures).toMatchObject({ restarts: 0, otherWriters: 0 });
    // More than the queue holds, so that the spool has its part in it.
    expect(figures.queuedBytesMax).toBeGreaterThan(256 * KIB);
    expect(figures.grownBytesMax).toBeLessThan(64 * MIB);
    expect(audit).toMatchObject({ ...SOUND, lost: 0, declared: 0, gapRows: 0 });
  }, 120_000);
});
