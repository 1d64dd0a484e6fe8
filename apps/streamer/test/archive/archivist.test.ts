import type { ClosingTime, PackOutcome } from '@org/storage-csv';
import type { ChildExit, ChildHandle } from '@org/supervision';
import { Archivist } from '../../src/archive/archivist.ts';
import { closingTimeUs } from '../../src/archive/closing-time.ts';
import type { PackOrder } from '../../src/archive/pack-messages.ts';
import { leveledLog } from '../../src/logging/child-log.ts';
import { HandClock } from '../hand-clock.ts';

const FILE = 'BTCUSDT/depth_2026-01-02.csv';
const OTHER = 'ETHUSDT/depth_2026-01-02.csv';
const FIGURES = { duplicatesDropped: 17, connections: 4 };
const CLOSED = { waiting: 1, packed: 0, failed: 0, bytesIn: 0, bytesOut: 0, current: null };

const packed = (path: string): PackOutcome => ({ path, result: 'packed', bytesIn: 100, bytesOut: 25 });
const failed = (path: string, code: string): PackOutcome => ({ path, result: 'failed', code, problem: 'no' });

/** A packer that does what the test says. */
class HandPacker implements ChildHandle {
  readonly pid = 1;
  readonly received: unknown[] = [];
  killed: string | undefined;
  #message: (message: unknown) => void = () => undefined;
  #exit: (exit: ChildExit) => void = () => undefined;

  send(message: unknown): void {
    this.received.push(message);
  }

  kill(signal: NodeJS.Signals): void {
    this.killed = signal;
    this.exit(null, signal);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#message = listener;
  }

  onExit(listener: (exit: ChildExit) => void): void {
    this.#exit = listener;
  }

  says(message: unknown): void {
    this.#message(message);
  }

  exit(code: number | null, signal: string | null = null): void {
    this.#exit({ code, signal });
  }

  get paths(): readonly string[] {
    const days = this.received.flatMap((message) => (message as Partial<PackOrder>).days ?? []);
    return days.flatMap(({ folder, names }) => names.map((name) => `${folder}/${name}`));
  }
}

function setUp(closed: string[] = [FILE]) {
  const hand = new HandClock();
  const packers: HandPacker[] = [];
  const times: ClosingTime[] = [];
  const lines: string[] = [];
  const sink = {
    failure: undefined as Error | undefined,
    closeFiles: (time: ClosingTime) => {
      times.push(time);
      return sink.failure === undefined ? Promise.resolve([...closed]) : Promise.reject(sink.failure);
    },
    packed: (paths: readonly string[]) => {
      for (const path of paths) closed.splice(closed.indexOf(path), 1);
      return Promise.resolve();
    },
  };
  const archivist = new Archivist({
    sink,
    timeUs: () => hand.nowAtMs * 1000,
    dayFigures: (symbol, date) => (symbol === 'BTCUSDT' && date === '2026-01-02' ? FIGURES : undefined),
    outputDir: '/data',
    compression: 'gzip',
    spawn: () => {
      const packer = new HandPacker();
      packers.push(packer);
      return packer;
    },
    clock: hand.clock,
    log: leveledLog((level, event) => void lines.push(`${level} ${event}`)),
  });
  return { hand, packers, times, lines, sink, archivist, closed };
}

/** One that has its order. */
async function atWork(closed?: string[]) {
  const set = setUp(closed);
  set.archivist.start();
  await set.hand.turn(10_000);
  const [packer] = set.packers;
  packer!.says({ type: 'ready' });
  return { ...set, packer: packer! };
}

describe('the archivist', () => {
  it('looks when everybody had time to come back, and starts a packer only when there is something to pack', async () => {
    const { hand, packers, times, archivist, closed } = setUp([]);
    archivist.start();
    await hand.turn(9999);
    expect(times).toEqual([]);
    await hand.turn(1);
    expect(times).toEqual([{ nowUs: 10_000_000, isEnding: false }]);
    expect(packers).toEqual([]);
    closed.push(FILE);
    await hand.turn(2000);
    expect(packers).toHaveLength(1);
    packers[0]!.says({ type: 'ready' });
    expect(packers[0]!.received).toEqual([
      {
        type: 'pack',
        outputDir: '/data',
        compression: 'gzip',
        pauseMs: 50,
        days: [{ folder: 'BTCUSDT', date: '2026-01-02', names: ['depth_2026-01-02.csv'], figures: FIGURES }],
      },
    ]);
  });

  it('says nothing of a day that the writer knows nothing of', async () => {
    const { packer } = await atWork([FILE, OTHER]);
    const [{ days }] = packer.received as [PackOrder];
    expect(days.map(({ folder, figures }) => [folder, figures])).toEqual([
      ['BTCUSDT', FIGURES],
      ['ETHUSDT', undefined],
    ]);
  });

  it('tells what it does, and the sink what is done', async () => {
    const { hand, packer, packers, archivist, closed, lines } = await atWork();
    packer.says({ type: 'began', path: FILE });
    expect(archivist.report()).toEqual({ ...CLOSED, current: FILE });
    packer.says({ type: 'outcomes', outcomes: [packed(FILE)] });
    packer.exit(0);
    await hand.turn(4000);
    expect(closed).toEqual([]);
    expect(archivist.report()).toEqual({ ...CLOSED, waiting: 0, packed: 1, bytesIn: 100, bytesOut: 25 });
    expect(packers).toHaveLength(1);
    expect(lines).toEqual(['info FilesPacked']);
  });

  it('lets a file that is gone be forgotten, with a warning', async () => {
    const { hand, packer, closed, lines } = await atWork();
    packer.says({ type: 'outcomes', outcomes: [{ path: FILE, result: 'gone' }] });
    packer.exit(0);
    await hand.turn(2000);
    expect(closed).toEqual([]);
    expect(lines).toEqual(['warn ClosedFileGone']);
  });

  it.each([
    ['DISK_FULL', 60_000],
    ['HEADER_MISMATCH', 900_000],
  ])('tries a file that failed with %s again after %d ms, and others at once', async (code, retryMs) => {
    const { hand, packer, packers, archivist, closed } = await atWork();
    packer.says({ type: 'outcomes', outcomes: [failed(FILE, code)] });
    packer.exit(0);
    await hand.turn(2000);
    expect(archivist.report()).toEqual({ ...CLOSED, failed: 1 });
    closed.push(OTHER);
    await hand.turn(2000);
    packers[1]!.says({ type: 'ready' });
    expect(packers[1]!.paths).toEqual([OTHER]);
    packers[1]!.says({ type: 'outcomes', outcomes: [packed(OTHER)] });
    packers[1]!.exit(0);
    await hand.turn(retryMs);
    packers[2]!.says({ type: 'ready' });
    expect(packers[2]!.paths).toEqual([FILE]);
    packers[2]!.says({ type: 'outcomes', outcomes: [packed(FILE)] });
    expect(archivist.report()).toMatchObject({ waiting: 0, failed: 0, packed: 2 });
  });

  it('warns of ten files that fail, and counts the others', async () => {
    const paths = Array.from({ length: 30 }, (_, i) => `S${i}USDT/depth_2026-01-02.csv`);
    const { hand, packer, lines } = await atWork(paths);
    packer.says({ type: 'outcomes', outcomes: paths.map((path) => failed(path, 'EACCES')) });
    packer.exit(0);
    await hand.turn(0);
    expect(lines).toEqual([
      ...Array.from({ length: 10 }, () => 'warn PackingFailed'),
      'warn PackingFailedForMany',
    ]);
  });

  it('starts another packer after one that died, and blames the file of two that died of it', async () => {
    const { hand, packer, packers, archivist } = await atWork([FILE, OTHER]);
    packer.says({ type: 'began', path: FILE });
    packer.exit(null, 'SIGKILL');
    await hand.turn(2000);
    expect(archivist.report()).toMatchObject({ waiting: 2, failed: 0 });
    packers[1]!.says({ type: 'ready' });
    expect(packers[1]!.paths).toEqual([FILE, OTHER]);
    packers[1]!.says({ type: 'began', path: FILE });
    packers[1]!.exit(134);
    await hand.turn(4000);
    expect(archivist.report()).toMatchObject({ waiting: 2, failed: 1 });
    packers[2]!.says({ type: 'ready' });
    expect(packers[2]!.paths).toEqual([OTHER]);
  });

  it('starts packers that cannot start less and less often', async () => {
    const { hand, packers } = await atWork();
    let seen = 0;
    const dies = async (ms: number): Promise<number> => {
      for (let waited = 0; waited < ms; waited += 500) {
        for (; seen < packers.length; seen++) packers[seen]!.exit(null);
        await hand.turn(500);
      }
      return packers.length;
    };
    const inTenMinutes = await dies(600_000);
    expect(inTenMinutes).toBeLessThan(20);
    expect(inTenMinutes).toBeGreaterThan(10);
  });

  it('goes on when the sink has no room to remember what is closed', async () => {
    const { hand, sink, packers, archivist } = setUp();
    sink.failure = new Error('full');
    archivist.start();
    await hand.turn(20_000);
    expect(packers).toEqual([]);
    sink.failure = undefined;
    await hand.turn(2000);
    expect(packers).toHaveLength(1);
  });
});

describe('the archivist at a clean end', () => {
  it('closes without waiting, packs what there is, and leaves nothing running', async () => {
    const { hand, packers, times, archivist } = setUp();
    archivist.start();
    let isDone = false;
    const finished = archivist.finish().then(() => (isDone = true));
    await hand.turn(0);
    expect(times).toEqual([{ nowUs: 0, isEnding: true }]);
    packers[0]!.says({ type: 'ready' });
    packers[0]!.says({ type: 'outcomes', outcomes: [packed(FILE)] });
    expect(isDone).toBe(false);
    packers[0]!.exit(0);
    await finished;
    await hand.turn(0);
    expect(hand.timers).toBe(0);
    expect(packers).toHaveLength(1);
  });

  it('waits three seconds, then stops the packer, and kills one that does not stop', async () => {
    const { hand, packer, archivist } = await atWork();
    packer.says({ type: 'began', path: FILE });
    const finished = archivist.finish();
    await hand.turn(2999);
    expect(packer.received).toHaveLength(1);
    await hand.turn(1);
    expect(packer.received.at(-1)).toEqual({ type: 'stop' });
    expect(packer.killed).toBeUndefined();
    await hand.turn(1000);
    expect(packer.killed).toBe('SIGKILL');
    await finished;
    expect(hand.timers).toBe(0);
    expect(archivist.report()).toEqual({ ...CLOSED, current: null });
  });

  it('does not try again what failed', async () => {
    const { hand, packer, packers, archivist } = await atWork();
    packer.says({ type: 'outcomes', outcomes: [failed(FILE, 'DISK_FULL')] });
    packer.exit(0);
    await hand.turn(0);
    await archivist.finish();
    expect(packers).toHaveLength(1);
  });
});

describe('the closing time', () => {
  it('is now, unless the sink is behind: then it is what the sink has come to', () => {
    expect(closingTimeUs({ nowMs: 50, backlogBytes: 0, latestReceiptUs: 7 })).toBe(50_000);
    expect(closingTimeUs({ nowMs: 50, backlogBytes: 1, latestReceiptUs: 7 })).toBe(7);
    expect(closingTimeUs({ nowMs: 50, backlogBytes: 1, latestReceiptUs: 70_000 })).toBe(50_000);
  });
});
