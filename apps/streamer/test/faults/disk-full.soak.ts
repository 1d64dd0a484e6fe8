import { auditFigures, printFigures, SOUND } from './figures.ts';
import { fillDisk, startOnFullDisk, stopOnFullDisk } from './fill-disk.ts';
import { itNeeds } from './machine.ts';
import { MountedDisk, removeDisks } from './mounted-disk.ts';

const SHAPE = {
  symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'],
  exchange: ['--rate', '250', '--trades', '50'],
  disk: () => MountedDisk.ext4(256),
};

describe('a recorder under load whose disk is full', () => {
  const test = itNeeds('power cuts');
  afterEach(removeDisks);

  test('keeps the 60 s of it in its queues, and stores them when there is room', async () => {
    const { audit, ...figures } = await fillDisk({ ...SHAPE, outageMs: 60_000 });
    printFigures('disk full', { ...figures, ...auditFigures(audit) });
    expect(figures).toMatchObject({ restarts: 0, isComplete: true });
    expect(figures.resumedMs).toBeLessThanOrEqual(5000);
    expect(audit).toMatchObject({ ...SOUND, lost: 0, declared: 0 });
  });

  // So small a disk has no room for a whole segment of the main queue, which is full within seconds.
  test('declares exactly what queues of 1 MiB could not hold of 60 s', async () => {
    const performance = { queue_size: '1MiB', batch_size: '128KiB' };
    const disk = (): MountedDisk => MountedDisk.ext4(36);
    const { audit, ...figures } = await fillDisk({ ...SHAPE, disk, performance, outageMs: 60_000 });
    printFigures('disk full, queues of 1 MiB', { ...figures, ...auditFigures(audit) });
    expect(figures).toMatchObject({ restarts: 0, foundNoRoom: true, isComplete: true });
    expect(figures.resumedMs).toBeLessThanOrEqual(5000);
    expect(figures.reasons).toContain('overflow');
    expect(audit).toMatchObject({ ...SOUND, lost: audit.declared });
  });

  test('starts, and records when there is room after 20 s', async () => {
    const { audit, ...figures } = await startOnFullDisk({ ...SHAPE, outageMs: 20_000 });
    printFigures('disk full at the start', { ...figures, ...auditFigures(audit) });
    expect(figures).toMatchObject({ restarts: 0, isComplete: true });
    expect(figures.resumedMs).toBeLessThanOrEqual(5000);
    expect(audit).toMatchObject({ ...SOUND, lost: 0, declared: 0 });
  });

  test('stops when it is told to, and its successor has every durable row', async () => {
    const { audit, ...figures } = await stopOnFullDisk({ ...SHAPE, outageMs: 10_000 });
    printFigures('disk full at the stop', { ...figures, ...auditFigures(audit) });
    expect(figures.isComplete).toBe(true);
    expect(figures.stopMs).toBeLessThanOrEqual(30_000);
    expect(figures.rowsAfterwards).toBeGreaterThan(figures.rowsAtStop);
    expect(audit).toMatchObject({ ...SOUND, lost: audit.declared });
  });
});
