import { auditFigures, printFigures, SOUND } from './figures.ts';
import { freezeWriter } from './freeze-writer.ts';

const MIB = 1024 * 1024;

describe('a recorder whose writer stands still for 30 s', () => {
  const SHAPE = {
    symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'],
    exchange: ['--rate', '250', '--trades', '50'],
    frozenMs: 30_000,
  };

  it('keeps what comes in its queues', async () => {
    const { audit, ...figures } = await freezeWriter(SHAPE);
    printFigures('writer stopped', { ...figures, ...auditFigures(audit) });
    expect(figures).toMatchObject({ restarts: 0, otherWriters: 0 });
    // The queue of 64 MiB, and as much again for what collects garbage.
    expect(figures.grownBytesMax).toBeLessThan(128 * MIB);
    expect(audit).toMatchObject({ ...SOUND, lost: 0, declared: 0, gapRows: 0 });
  });

  it('keeps what comes in its spools where the queues are small', async () => {
    const config = { performance: { queue_size: '1MiB', batch_size: '128KiB' } };
    const { audit, ...figures } = await freezeWriter({ ...SHAPE, config });
    printFigures('writer stopped, small queues', { ...figures, ...auditFigures(audit) });
    expect(figures).toMatchObject({ restarts: 0, otherWriters: 0 });
    expect(figures.queuedBytesMax).toBeGreaterThan(MIB);
    expect(figures.grownBytesMax).toBeLessThan(64 * MIB);
    expect(audit).toMatchObject({ ...SOUND, lost: 0, declared: 0, gapRows: 0 });
  });
});
