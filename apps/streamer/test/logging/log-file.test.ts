import fc from 'fast-check';
import { LogFile, type LogFileOptions, LogMemory } from '../../src/logging/log-file.ts';
import { fileStem, superfluousLogs } from '../../src/logging/log-folder.ts';
import { FakeLogDisk } from './fake-log-disk.ts';
import { TurnedClock } from './turned-clock.ts';

function opened(options: Partial<LogFileOptions> = {}) {
  const disk = new FakeLogDisk();
  const clock = new TurnedClock();
  const memory = new LogMemory(1000);
  const told: string[] = [];
  const file = new LogFile({
    folder: 'logs', stem: 'writer', maxSizeBytes: 10_000, maxFiles: 3, disk, clock, memory,
    lostLine: (count) => `lost ${count}`,
    failed: (error) => told.push((error as NodeJS.ErrnoException).code ?? 'failed'),
    freed: () => told.push('freed'),
    rotated: () => told.push('rotated'),
    ...options,
  }); // prettier-ignore
  return { file, disk, clock, memory, told, lines: () => disk.linesOf('logs/writer.log') };
}

describe('a log file', () => {
  it('has the lines in their order', async () => {
    const { file, lines } = opened();
    for (const line of ['one', 'two', '币安人生USDT']) file.append(line);
    await file.close();
    expect(lines()).toEqual(['one', 'two', '币安人生USDT']);
    expect(file).toMatchObject({ written: 3, lost: 0 });
  });

  it('is closed before a line that does not fit, and as many closed ones are kept as are asked for', async () => {
    const { file, disk, clock } = opened({ maxSizeBytes: 20, maxFiles: 2, memory: new LogMemory(10_000) });
    for (let number = 0; number < 100; number++) file.append(`line ${String(number).padStart(2, '0')}`);
    await clock.settle(2000);
    await file.close();
    expect(Object.fromEntries(disk.files)).toEqual({
      'logs/writer.log': 'line 98\nline 99\n',
      'logs/writer.1.log': 'line 96\nline 97\n',
      'logs/writer.2.log': 'line 94\nline 95\n',
    });
  });

  it('takes a line that is larger than a file may be alone', async () => {
    const { file, disk, clock } = opened({ maxSizeBytes: 10 });
    for (const line of ['a', 'b'.repeat(50), 'c']) file.append(line);
    await clock.settle(200);
    await file.close();
    expect([...disk.files.values()].sort()).toEqual(['a\n', `${'b'.repeat(50)}\n`, 'c\n']);
  });

  it('keeps what memory has room for while the disk is full, counts the rest, and says so when there is room', async () => {
    const { file, disk, clock, told, memory, lines } = opened();
    disk.capacityBytes = 0;
    for (let number = 0; number < 300; number++) file.append(`line ${number}`);
    await clock.settle();
    expect(memory.bytes).toBeLessThanOrEqual(1000);
    expect(told).toEqual(['ENOSPC']);
    clock.advance(60_000);
    await clock.settle();
    disk.capacityBytes = Infinity;
    const kept = 300 - file.lost;
    expect(kept).toBeGreaterThan(50);
    clock.advance(5000);
    await clock.settle();
    expect(told).toEqual(['ENOSPC', 'freed']);
    file.append('after');
    await file.close();
    expect(lines()).toEqual([
      ...Array.from({ length: kept }, (_, number) => `line ${number}`),
      `lost ${300 - kept}`,
      'after',
    ]);
    expect(memory.bytes).toBe(0);
  });

  it('keeps a bound while the disk answers nothing at all, and its end waits for a second only', async () => {
    const { file, disk, clock, memory } = opened();
    disk.isHanging = true;
    for (let number = 0; number < 1000; number++) file.append(`line ${number}`);
    await clock.settle();
    for (let number = 0; number < 1000; number++) file.append(`line ${number}`);
    expect(memory.bytes).toBeLessThanOrEqual(1000);
    const closed = file.close();
    clock.advance(2000);
    await closed;
  });

  it('gives up what the disk does not take at the end', async () => {
    const { file, disk, clock } = opened();
    disk.broken = Object.assign(new Error('input/output error'), { code: 'EIO' });
    for (const line of ['a', 'b']) file.append(line);
    await clock.settle();
    await file.close();
    expect(file).toMatchObject({ written: 0, lost: 2 });
    expect(clock.timers).toBe(0);
  });

  it('has everything on the disk when the process ends at once, and once', async () => {
    const { file, disk, clock, lines } = opened();
    file.append('written');
    await clock.settle();
    disk.isHanging = true;
    file.append('being written');
    await clock.settle();
    file.append('waiting');
    file.flushLast();
    expect(lines()).toEqual(['written', 'being written', 'waiting']);
  });

  it('is written when the process ends before it was ever opened', () => {
    const { file, lines } = opened();
    file.append('first and last');
    file.flushLast();
    expect(lines()).toEqual(['first and last']);
  });

  it('writes or counts every line, in order, whatever the disk does meanwhile', async () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 40 }).map((append) => ({ append })) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 3000 }).map((room) => ({ room })) },
      { weight: 2, arbitrary: fc.integer({ min: 100, max: 6000 }).map((waitMs) => ({ waitMs })) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const { file, disk, clock, memory } = opened({ maxSizeBytes: 400, maxFiles: 1000 });
        let asked = 0;
        for (const step of actions) {
          if ('append' in step) for (let line = 0; line < step.append; line++) file.append(`line ${asked++}`);
          if ('room' in step) disk.capacityBytes = disk.bytes + step.room;
          if ('waitMs' in step) clock.advance(step.waitMs);
          await clock.settle(30);
          expect(memory.bytes).toBeLessThanOrEqual(1000);
        }
        disk.capacityBytes = Infinity;
        clock.advance(60_000);
        await clock.settle(3000);
        await file.close();
        const stored = [...disk.files]
          .sort(([a], [b]) => numberOf(b) - numberOf(a))
          .flatMap(([path]) => disk.linesOf(path));
        const lines = stored.filter((line) => line.startsWith('line ')).map((line) => Number(line.slice(5)));
        expect(lines).toEqual([...lines].sort((a, b) => a - b));
        expect(lines.length + file.lost).toBe(asked);
        const told = stored.filter((line) => line.startsWith('lost ')).map((line) => Number(line.slice(5)));
        expect(told.reduce((total, count) => total + count, 0)).toBe(file.lost);
        expect(memory.bytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

function numberOf(path: string): number {
  return Number(/\.(\d+)\.log$/.exec(path)?.[1] ?? 0);
}

describe('the folder of the logs', () => {
  it('has one file for the workers that follow each other in a place', () => {
    expect(['worker-1', 'worker-1-r1', 'worker-1-r25', 'worker-1b-r2', 'order-book'].map(fileStem)).toEqual([
      'worker-1', 'worker-1', 'worker-1', 'worker-1b', 'order-book',
    ]); // prettier-ignore
  });

  it('does not leave itself by the name of a source', () => {
    expect(fileStem('../../etc/passwd')).toBe('______etc_passwd');
  });

  it('keeps of workers that there are no more what one source may have, the youngest', () => {
    const files = [
      { name: 'worker-1.log', bytes: 900, modifiedAtMs: 1 },
      { name: 'worker-7.log', bytes: 90, modifiedAtMs: 9 },
      { name: 'worker-7.1.log', bytes: 90, modifiedAtMs: 8 },
      { name: 'worker-8b.log', bytes: 90, modifiedAtMs: 7 },
      { name: 'worker-9.log', bytes: 90, modifiedAtMs: 6 },
      { name: 'writer.9.log', bytes: 1, modifiedAtMs: 5 },
      { name: 'primary.log', bytes: 900, modifiedAtMs: 0 },
      { name: 'my-notes.9.log', bytes: 5000, modifiedAtMs: 0 },
    ];
    const quota = { maxFiles: 2, maxSizeBytes: 100 };
    expect(superfluousLogs(files, new Set(['worker-1', 'primary']), quota)).toEqual([
      'writer.9.log',
      'worker-9.log',
    ]);
  });
});
