import fc from 'fast-check';
import { CsvSink, type FileSystem } from '@org/storage-csv';
import { seededRandom, SimFileSystem } from './sim-file-system.ts';
import { aggTradeFrame, batchOf, depthFrame, NOON_US, type TestRecord } from './store.ts';

const OUTPUT_DIR = '/data';
const DAY_US = 86_400_000_000;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'XRPUSDT'];

/** What a caller does: appends the next batch, or commits. */
type Step = { readonly batch: Buffer } | { readonly commit: string | undefined };

const record = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  kind: fc.constantFrom('depth', 'aggTrade', 'aggTrade', 'torn'),
  day: fc.constantFrom(0, 0, 0, 1, 2),
});
const step = fc.oneof(
  { weight: 3, arbitrary: fc.array(record, { maxLength: 4 }) },
  { weight: 2, arbitrary: fc.option(fc.string(), { nil: undefined }) },
);
const script = fc.record({
  steps: fc.array(step, { minLength: 3, maxLength: 8 }),
  openFilesMax: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer(),
});

interface Script {
  readonly steps: readonly Step[];
  readonly openFilesMax: number;
  readonly seed: number;
}

/** Every record has an id of its own, so a row that is there twice, or in another place, is seen. */
function scriptOf({ steps, ...rest }: typeof script extends fc.Arbitrary<infer T> ? T : never): Script {
  let id = 0;
  const recordOf = ({ symbol, kind, day }: { symbol: string; kind: string; day: number }): TestRecord => {
    id += 10;
    const at = { receivedAtUs: NOON_US + day * DAY_US + id, order: id, follows: id - 1 };
    const s = { s: symbol };
    if (kind === 'depth') {
      return { ...at, stream: `${symbol}@depth@0ms`, payload: depthFrame(id, [['1', '2']], [['3', '4']], s) };
    }
    return {
      ...at,
      stream: `${symbol}@aggTrade`,
      payload: kind === 'torn' ? `torn ${id}` : aggTradeFrame(id, s),
    };
  };
  const made = steps.map((each): Step =>
    Array.isArray(each) ? { batch: batchOf(...each.map(recordOf)) } : { commit: each },
  );
  // The last rows are to be durable, so that every run ends in the same files.
  return { ...rest, steps: [...made, { commit: 'end' }] };
}

interface Told {
  readonly position: number;
  readonly state: string | undefined;
}

/**
 * Runs the steps from a position on. A position counts the batches; so the commits that belong to a position are those
 * between its batch and the next.
 */
async function run(sink: CsvSink, steps: readonly Step[], from: number, committed: (told: Told) => void) {
  let position = 0;
  for (const each of steps) {
    if ('batch' in each) {
      position++;
      if (position > from) await sink.append(each.batch, position);
    } else if (position >= from) {
      await sink.commit(each.commit);
      committed({ position, state: each.commit });
    }
  }
}

/** The files after each position, and the states that a commit at it may have stored, of a run without any failure. */
async function expectedOf({ steps, openFilesMax }: Script) {
  const fileSystem = new SimFileSystem(0);
  const sink = new CsvSink({ outputDir: OUTPUT_DIR, fileSystem, openFilesMax });
  await sink.open();
  const files = [new Map<string, string>()];
  const states: Set<string | undefined>[] = [new Set([undefined])];
  let last: string | undefined;
  for (const each of steps) {
    if ('batch' in each) {
      await sink.append(each.batch, files.length);
      files.push(fileSystem.contents());
      states.push(new Set());
    } else {
      await sink.commit(each.commit);
      last = each.commit ?? last;
      states.at(-1)!.add(last);
    }
  }
  await sink.close();
  return { files, states, calls: fileSystem.calls };
}

type Expected = Awaited<ReturnType<typeof expectedOf>>;
type Crash = 'process is killed' | 'power is cut';

/** Dies at a call, goes on, dies while it goes on, and so forth; then compares every file with the undisturbed run. */
async function crashAndGoOn(
  { steps, openFilesMax, seed }: Script,
  expected: Expected,
  crash: Crash,
  crashAt: number,
  wrap: (fileSystem: SimFileSystem) => FileSystem = (fileSystem) => fileSystem,
): Promise<void> {
  const random = seededRandom(seed + crashAt);
  const disk = new SimFileSystem(seed ^ crashAt);
  disk.crashAt = crashAt;
  let durable: Told = { position: 0, state: undefined };
  for (let isDone = false; !isDone;) {
    const sink = new CsvSink({ outputDir: OUTPUT_DIR, fileSystem: wrap(disk), openFilesMax });
    try {
      const { position, state } = await sink.open();
      expect(position).toBeGreaterThanOrEqual(durable.position);
      expect([...expected.states[position]!]).toContain(state);
      expect(disk.contents()).toEqual(expected.files[position]);
      await run(sink, steps, position, (told) => (durable = told));
      isDone = true;
    } catch (error) {
      if (!disk.isDead) throw error;
    }
    await sink.close().catch(() => undefined);
    if (crash === 'power is cut') disk.cutPower();
    else disk.restartProcess();
    // Later lives are as likely to end early as not.
    disk.crashAt = random() < 0.5 ? Math.ceil(random() * 20) : 0;
  }
  disk.crashAt = 0;
  const last = new CsvSink({ outputDir: OUTPUT_DIR, fileSystem: wrap(disk), openFilesMax });
  expect(await last.open()).toMatchObject({ position: expected.files.length - 1, state: 'end' });
  expect(disk.contents()).toEqual(expected.files.at(-1));
  await last.close();
}

/** What a control finds is not made smaller: that would take long, and nobody reads it. */
async function everyCrash(crash: Crash, wrap?: (fileSystem: SimFileSystem) => FileSystem): Promise<void> {
  await fc.assert(
    fc.asyncProperty(script, async (made) => {
      const steps = scriptOf(made);
      const expected = await expectedOf(steps);
      for (let call = 1; call <= expected.calls; call++)
        await crashAndGoOn(steps, expected, crash, call, wrap);
    }),
    { numRuns: 8, endOnFailure: wrap !== undefined },
  );
}

/** A device that says it has what it has not. */
function withoutSyncs(disk: SimFileSystem): FileSystem {
  disk.syncs = false;
  return disk;
}

/** Forgets what is listed between two commits: the files are written all the same. */
function withoutListings(disk: SimFileSystem): FileSystem {
  const filesIn = (path: string) => {
    const bytes = disk.content(path);
    if (bytes === undefined || bytes.length === 0) return undefined;
    const { owner, position, state, files } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    return { place: JSON.stringify([owner, position, state]), files: Object.keys(files as object).length };
  };
  return new Proxy(disk, {
    get(target, name) {
      if (name !== 'rename') return bound(target, name);
      return async (from: string, to: string) => {
        const [after, before] = [filesIn(from), filesIn(to)];
        if (after?.place === before?.place && after!.files > before!.files) return;
        await target.rename(from, to);
      };
    },
  });
}

function bound(target: SimFileSystem, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
}

describe('every row is stored once, in its place, when at any call of the file system', () => {
  it.each<Crash>(['process is killed', 'power is cut'])(
    'the %s',
    async (crash) => {
      await everyCrash(crash);
    },
    60_000,
  );
});

describe('a file that was cut when the store was opened', () => {
  const trade = (id: number, symbol: string, day: number): Buffer =>
    batchOf({
      stream: `${symbol}@aggTrade`,
      receivedAtUs: NOON_US + day * DAY_US,
      payload: aggTradeFrame(id, { s: symbol }),
    });

  it.each(Array.from({ length: 12 }, (_, seed) => seed))(
    'stays cut when it leaves the list and the power is cut then (seed %i)',
    async (seed) => {
      const disk = new SimFileSystem(seed);
      const open = async () => {
        const sink = new CsvSink({ outputDir: OUTPUT_DIR, fileSystem: disk, openFilesMax: 1 });
        return { sink, ...(await sink.open()) };
      };
      const first = await open();
      await first.sink.append(trade(1, 'ETHUSDT', 0), 1);
      await first.sink.commit();
      const committed = new Map(disk.contents());
      await first.sink.append(trade(2, 'BTCUSDT', 1), 2);
      await first.sink.append(trade(3, 'ETHUSDT', 0), 3);
      await first.sink.append(trade(4, 'BTCUSDT', 1), 4);
      disk.restartProcess();
      const second = await open();
      expect(second.position).toBe(1);
      await second.sink.append(trade(2, 'BTCUSDT', 1), 2);
      await second.sink.commit();
      disk.cutPower();
      const third = await open();
      expect(third.position).toBe(2);
      const path = '/data/ETHUSDT/aggtrade_2026-01-02.csv';
      expect(disk.contents().get(path)).toBe(committed.get(path));
      await third.sink.close();
    },
  );
});

describe('the test of crashes', () => {
  it('notices a device that does not sync', async () => {
    await expect(everyCrash('power is cut', withoutSyncs)).rejects.toThrow(/Property failed/);
  }, 60_000);

  it('notices files that are written before they are listed', async () => {
    await expect(everyCrash('process is killed', withoutListings)).rejects.toThrow(/Property failed/);
  }, 60_000);
});
