import { auditFigures, printFigures, SOUND } from './figures.ts';
import { fillDisk, startOnFullDisk } from './fill-disk.ts';
import { itNeeds } from './machine.ts';
import { MountedDisk, removeDisks } from './mounted-disk.ts';

/** Too small for a whole segment of the main queue, so that its last small one is full soon. */
const SHAPE = {
  symbols: ['BTCUSDT'],
  exchange: ['--rate', '400', '--trades', '100'],
  disk: () => MountedDisk.tmpfs(24 * 1024),
};

describe('a recorder whose disk is full', () => {
  const test = itNeeds('tmpfs');
  afterEach(removeDisks);

  test('keeps everything in its queues, and stores it when there is room', async () => {
    const { audit, ...figures } = await fillDisk({ ...SHAPE, outageMs: 2000, until: 'SinkBlocked' });
    printFigures('disk full', { ...figures, ...auditFigures(audit) });
    expect(figures).toMatchObject({ restarts: 0, foundNoRoom: true, isComplete: true });
    expect(figures.resumedMs).toBeLessThanOrEqual(5000);
    expect(audit).toMatchObject({ ...SOUND, lost: 0, declared: 0 });
  }, 120_000);

  test('declares exactly what its queues could not hold', async () => {
    const performance = { queue_size: '128KiB', batch_size: '16KiB', spool_size: '64KiB' };
    const { audit, ...figures } = await fillDisk({
      ...SHAPE,
      performance,
      outageMs: 2000,
      until: 'QueueOverflowed',
    });
    printFigures('disk full, queue too small', { ...figures, ...auditFigures(audit) });
    expect(figures).toMatchObject({ restarts: 0, foundNoRoom: true, isComplete: true });
    expect(figures.reasons).toContain('overflow');
    expect(audit).toMatchObject({ ...SOUND, lost: audit.declared });
  }, 120_000);

  test('starts, and records when there is room', async () => {
    const { audit, ...figures } = await startOnFullDisk({ ...SHAPE, outageMs: 1000 });
    printFigures('disk full at the start', { ...figures, ...auditFigures(audit) });
    expect(figures).toMatchObject({ restarts: 0, isComplete: true });
    expect(figures.resumedMs).toBeLessThanOrEqual(5000);
    expect(audit.rows).toBeGreaterThan(100);
    expect(audit).toMatchObject({ ...SOUND, lost: 0, declared: 0 });
  }, 120_000);
});
