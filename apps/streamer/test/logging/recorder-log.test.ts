import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { RecorderLog } from '../../src/logging/recorder-log.ts';
import { FakeLogDisk } from './fake-log-disk.ts';
import { TurnedClock } from './turned-clock.ts';

const config = (dir: string) => ({ level: 'info' as const, dir, maxSizeBytes: 1_000_000, maxFiles: 2 });

function inMemory() {
  const disk = new FakeLogDisk();
  const clock = new TurnedClock();
  const ending = new EventEmitter();
  const terminal = { isTTY: false, writableLength: 0, text: '', write(text: string) { this.text += text; }, on: () => undefined }; // prettier-ignore
  const logs = new RecorderLog(config('logs'), terminal, { disk, clock, ending });
  const lines = (source: string) =>
    disk.linesOf(`logs/${source}.log`).map((line) => JSON.parse(line) as Record<string, unknown>);
  const close = async (): Promise<void> => {
    const closed = logs.close();
    for (let turn = 0; turn < 5; turn++) {
      await clock.settle();
      clock.advance(1000);
    }
    await closed;
  };
  return { logs, disk, clock, ending, terminal, lines, close };
}

describe('the log of the recorder', () => {
  it('keeps a file of JSON lines for each source, and lines for people', async () => {
    const { logs, terminal, lines, close } = inMemory();
    const pipe = new PassThrough();
    logs.childOutput('worker-1', pipe);
    logs.of('primary').info('Recording', { symbols: 2, message: 'a fact', 币: '安' });
    pipe.end('{"level":"error","event":"StreamSilent","fields":{"stream":"A@trade"}}\n');
    await close();
    expect(lines('primary')).toEqual([
      { timestamp: expect.stringMatching(/^20.*Z$/), level: 'info', message: 'Recording', source: 'primary', symbols: 2, message_: 'a fact', 币: '安' },
    ]); // prettier-ignore
    expect(lines('worker-1')).toMatchObject([{ level: 'error', message: 'StreamSilent', stream: 'A@trade' }]);
    expect(terminal.text).toMatch(
      /info {2}primary +Recording symbols=2 .*\n.*error worker-1 +StreamSilent stream=A@trade\n$/,
    );
  });

  it('shows no escape sequence of what a child or the exchange says, and colours on a terminal only', async () => {
    const { logs, terminal, close } = inMemory();
    logs.of('primary').warn('Odd', { text: '\u001b[2Jgone\nnew line' });
    await close();
    expect(terminal.text).not.toContain('\u001b');
    expect(terminal.text.split('\n').length).toBe(2);
  });

  it('counts every line as written, suppressed or lost', async () => {
    const source = fc.constantFrom('primary', 'writer', 'worker-1', 'worker-1-r1');
    const burst = fc.record({
      source,
      event: fc.constantFrom('A', 'B', 'C'),
      stream: fc.constantFrom(undefined, 'x', 'y'),
      count: fc.integer({ min: 1, max: 120 }),
      room: fc.boolean(),
      waitMs: fc.integer({ min: 0, max: 12_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(burst, { maxLength: 8 }), async (bursts) => {
        const { logs, disk, clock, close } = inMemory();
        let asked = 0;
        for (const { source: id, event, stream, count, room, waitMs } of bursts) {
          disk.capacityBytes = room ? Infinity : disk.bytes;
          for (let line = 0; line < count; line++, asked++) logs.of(id).warn(event, { stream });
          clock.advance(waitMs);
          await clock.settle();
        }
        disk.capacityBytes = Infinity;
        await close();
        const stored = [...disk.files.keys()].flatMap((path) => disk.linesOf(path));
        const said = stored.map((line) => JSON.parse(line) as { message: string; count: number });
        const suppressions = said.filter(({ message }) => message === 'Suppressed');
        const notices = said.filter(({ message }) => message === 'LogLinesLost');
        const { written, suppressed, lost } = logs.counters();
        expect(written).toBe(stored.length);
        expect(suppressions.reduce((total, { count }) => total + count, 0)).toBe(suppressed);
        expect(written - suppressions.length - notices.length + suppressed + lost).toBe(asked);
      }),
      { numRuns: 20 },
    );
  });

  it('takes over what a child has counted', async () => {
    const { logs, close } = inMemory();
    const pipe = new PassThrough();
    logs.childOutput('worker-1', pipe);
    pipe.write('{"level":"warn","event":"Suppressed","fields":{"event":"A","count":70}}\n');
    pipe.end('{"level":"warn","event":"LogLinesLost","fields":{"count":9}}\n');
    await close();
    expect(logs.counters()).toEqual({ written: 2, suppressed: 70, lost: 9 });
  });

  it('tells of a storm of a child when that has ended, and keeps the count', async () => {
    const { logs, clock, lines, close } = inMemory();
    const pipe = new PassThrough();
    logs.childOutput('worker-1-r3', pipe);
    pipe.end('Warning: 12 of 13\n'.repeat(100));
    await new Promise((resolve) => setImmediate(resolve));
    await clock.settle();
    expect(lines('worker-1').at(-1)).toMatchObject({
      message: 'Suppressed', event: 'Warning: 0 of 0', count: 60, source: 'worker-1-r3',
    }); // prettier-ignore
    expect(clock.timers).toBe(1);
    await close();
    expect(logs.counters()).toEqual({ written: 41, suppressed: 60, lost: 0 });
  });

  it('tells once that the files cannot be written, and has them when they can', async () => {
    const { logs, disk, clock, terminal, lines, close } = inMemory();
    disk.broken = Object.assign(new Error('read-only file system'), { code: 'EROFS' });
    logs.of('primary').info('First');
    logs.of('writer').info('Second');
    for (let turn = 0; turn < 5; turn++) {
      await clock.settle();
      clock.advance(10_000);
    }
    expect(terminal.text.match(/LogFileUnavailable dir=logs .*EROFS/g)?.length).toBe(1);
    disk.broken = undefined;
    clock.advance(10_000);
    await clock.settle();
    expect([...lines('primary'), ...lines('writer')].map(({ message }) => message)).toEqual([
      'First',
      'Second',
    ]);
    await close();
  });

  it('has the reason of a crash, and all before it, on the disk when the process exits', () => {
    const { logs, ending, lines } = inMemory();
    for (let count = 0; count < 60; count++) logs.of('primary').info('Before');
    ending.emit(
      'uncaughtExceptionMonitor',
      Object.assign(new Error('boom'), { code: 'X' }),
      'unhandledRejection',
    );
    ending.emit('exit', 1);
    expect(lines('primary').at(-2)).toMatchObject({
      level: 'error', message: 'Crashed', origin: 'unhandledRejection', problem: 'boom', code: 'X',
      stack: expect.stringContaining('boom\n    at '),
    }); // prettier-ignore
    expect(lines('primary').at(-1)).toMatchObject({ message: 'Suppressed', event: 'Before' });
  });

  it('listens to nothing any more when it is closed', async () => {
    const { ending, clock, close } = inMemory();
    await close();
    expect([ending.eventNames(), clock.timers]).toEqual([[], 0]);
  });
});

describe('the log of the recorder on a real disk', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recorder-log-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('rotates by size and keeps so many closed files', async () => {
    const dir = join(folder, 'logs');
    const logs = new RecorderLog({ ...config(dir), maxSizeBytes: 1024 }, new PassThrough().resume());
    for (let count = 0; count < 100; count++) logs.of('primary').info(`Event${'x'.repeat(count)}`);
    await logs.close();
    expect(readdirSync(dir).sort()).toEqual(['primary.1.log', 'primary.2.log', 'primary.log']);
    const last = readFileSync(join(dir, 'primary.log'), 'utf8').split('\n').at(-2)!;
    expect(JSON.parse(last)).toMatchObject({ level: 'info', source: 'primary' });
  });

  it('goes on without files where the folder cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const logs = new RecorderLog(config(join(folder, 'file', 'logs')), new PassThrough().resume());
    logs.of('primary').info('Recording');
    await logs.close();
    expect(existsSync(join(folder, 'file', 'logs'))).toBe(false);
    expect(logs.counters()).toEqual({ written: 0, suppressed: 0, lost: 1 });
  });
});
