import { gunzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  closedDays,
  CsvSink,
  fileHeader,
  packDay,
  parseFileName,
  type FileSystem,
  type Manifest,
} from '@org/storage-csv';
import { seededRandom, SimFileSystem } from '../sim-file-system.ts';
import { aggTradeFrame, batchOf, NOON_US, type TestRecord } from '../store.ts';

const OUTPUT_DIR = '/data';
const DAY_US = 86_400_000_000;

/** What a recorder does: it stores, it commits, a day is over (also while its rows still come), it packs. */
type Step =
  | { readonly batch: Buffer }
  | { readonly commit: string }
  | { readonly closeUs: number }
  | { readonly pack: true };

const record = fc.record({ symbol: fc.constantFrom('BTCUSDT', 'ETHUSDT'), day: fc.constantFrom(0, 0, 1, 2) });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.array(record, { minLength: 1, maxLength: 3 }) },
  { weight: 2, arbitrary: fc.constant('commit' as const) },
  { weight: 2, arbitrary: fc.constantFrom(1, 2, 3).map((days) => ({ days })) },
  { weight: 2, arbitrary: fc.constant('pack' as const) },
);
const script = fc.record({ steps: fc.array(step, { minLength: 4, maxLength: 9 }), seed: fc.integer() });

type Made = typeof script extends fc.Arbitrary<infer T> ? T : never;

function stepsOf({ steps }: Made): readonly Step[] {
  let id = 0;
  const recordOf = ({ symbol, day }: { symbol: string; day: number }): TestRecord => ({
    stream: `${symbol}@aggTrade`,
    receivedAtUs: NOON_US + day * DAY_US + ++id,
    payload: aggTradeFrame(id, { s: symbol }),
  });
  const made = steps.map((each, index): Step => {
    if (each === 'pack') return { pack: true };
    if (each === 'commit') return { commit: `state ${index}` };
    if ('days' in each) return { closeUs: NOON_US + each.days * DAY_US };
    return { batch: batchOf(...each.map(recordOf)) };
  });
  // In the end every day is over, and everything is closed and packed.
  return [...made, { commit: 'end' }, { closeUs: NOON_US + 9 * DAY_US }, { pack: true }];
}

/** The next steps of a recorder that opened the store at a position; a position counts the batches. */
async function run(sink: CsvSink, disk: FileSystem, steps: readonly Step[], from: number): Promise<void> {
  let position = 0;
  let waiting: readonly string[] = [];
  for (const each of steps) {
    if ('batch' in each) {
      position++;
      if (position > from) await sink.append(each.batch, position);
    } else if (position < from) continue;
    else if ('commit' in each) await sink.commit(each.commit);
    else if ('closeUs' in each) waiting = await sink.closeFiles({ nowUs: each.closeUs, isEnding: true });
    else {
      await pack(sink, disk, waiting);
      // A name that was let go of may be taken again.
      waiting = [];
    }
  }
}

let tokens = 0;

async function pack(sink: CsvSink, disk: FileSystem, waiting: readonly string[]): Promise<void> {
  const options = {
    fileSystem: disk,
    outputDir: OUTPUT_DIR,
    compression: 'gzip',
    token: `t${tokens++}`,
    recorderVersion: '1',
  } as const;
  for (const day of closedDays(waiting)) {
    const outcomes = await packDay(day, options);
    const isDead = outcomes.find(({ result }) => result === 'failed');
    // What a dead file system answers ends the process here.
    if (isDead?.result === 'failed') throw new Error(isDead.problem);
    await sink.packed(outcomes.map(({ path }) => path));
  }
}

/** The rows of each place over all its parts, sorted: a reader takes the file that is not packed where there are both. */
function rowsIn(disk: SimFileSystem): Map<string, string[]> {
  const names = [...disk.contents().keys()];
  const rows = new Map<string, string[]>();
  for (const path of names) {
    const [, , symbol, name] = path.split('/');
    const parts = name === undefined ? undefined : parseFileName(name);
    if (parts === undefined) continue;
    if (parts.isCompressed && names.includes(path.slice(0, -'.gz'.length))) continue;
    const bytes = disk.content(path)!;
    const [header, ...lines] = (parts.isCompressed ? gunzipSync(bytes) : bytes)
      .toString()
      .trimEnd()
      .split('\n');
    expect(header).toBe(fileHeader(parts.kind));
    const place = `${symbol}/${parts.period}`;
    rows.set(place, [...(rows.get(place) ?? []), ...lines].sort());
  }
  return new Map([...rows].sort());
}

/** The rows after each position of a recorder that nothing disturbs and that closes nothing. */
async function expectedOf(steps: readonly Step[]) {
  const disk = new SimFileSystem(0);
  const sink = new CsvSink({ outputDir: OUTPUT_DIR, fileSystem: disk });
  await sink.open();
  const rows = [rowsIn(disk)];
  for (const each of steps) {
    if (!('batch' in each)) continue;
    await sink.append(each.batch, rows.length);
    rows.push(rowsIn(disk));
  }
  await sink.close();
  return rows;
}

async function callsOf(steps: readonly Step[]): Promise<number> {
  const disk = new SimFileSystem(0);
  const sink = new CsvSink({ outputDir: OUTPUT_DIR, fileSystem: disk });
  await sink.open();
  await run(sink, disk, steps, 0);
  await sink.close();
  return disk.calls;
}

type Crash = 'process is killed' | 'power is cut';

async function crashAndGoOn(
  made: Made,
  expected: readonly Map<string, string[]>[],
  crash: Crash,
  crashAt: number,
  wrap: (disk: SimFileSystem) => FileSystem,
): Promise<void> {
  const steps = stepsOf(made);
  const random = seededRandom(made.seed + crashAt);
  const disk = new SimFileSystem(made.seed ^ crashAt);
  disk.crashAt = crashAt;
  for (let isDone = false; !isDone;) {
    const sink = new CsvSink({ outputDir: OUTPUT_DIR, fileSystem: wrap(disk) });
    try {
      const { position, isPositionLost } = await sink.open();
      expect(isPositionLost).toBe(false);
      expect(rowsIn(disk)).toEqual(expected[position]);
      await run(sink, wrap(disk), steps, position);
      isDone = true;
    } catch (error) {
      if (!disk.isDead) throw error;
    }
    await sink.close().catch(() => undefined);
    if (crash === 'power is cut') disk.cutPower();
    else disk.restartProcess();
    disk.crashAt = random() < 0.5 ? Math.ceil(random() * 40) : 0;
  }
  // The last life may have ended right behind its last step: one more look finds what is left.
  disk.crashAt = 0;
  const last = new CsvSink({ outputDir: OUTPUT_DIR, fileSystem: disk });
  await last.open();
  await pack(last, disk, await last.closeFiles({ nowUs: NOON_US + 9 * DAY_US, isEnding: true }));
  await last.close();
  expect(rowsIn(disk)).toEqual(expected.at(-1));
  expectAllPacked(disk, expected.at(-1)!);
}

/** Nothing but packed files, each with its checksum, and a manifest that counts every row. */
function expectAllPacked(disk: SimFileSystem, expected: ReadonlyMap<string, readonly string[]>): void {
  const paths = [...disk.contents().keys()];
  const files = paths.filter((path) => parseFileName(path.split('/').at(-1)!) !== undefined);
  const rest = paths.filter((path) => !files.includes(path));
  const manifests = [...expected.keys()].map((place) => `/data/${place.replace('/', '/manifest_')}.json`);
  expect(rest.sort()).toEqual([...manifests, ...files.map((path) => `${path}.CHECKSUM`)].sort());
  for (const path of files) {
    expect(path).toMatch(/\.gz$/);
    const sum = createHash('sha256').update(disk.content(path)!).digest('hex');
    expect(disk.content(`${path}.CHECKSUM`)!.toString()).toBe(`${sum}  ${path.split('/').at(-1)}\n`);
  }
  for (const [index, rows] of [...expected.values()].entries()) {
    const manifest = JSON.parse(disk.content(manifests[index]!)!.toString()) as Manifest;
    expect(manifest.rows).toBe(rows.length);
  }
}

async function atEveryCall(
  made: Made,
  crash: Crash,
  wrap: (disk: SimFileSystem) => FileSystem = (disk) => disk,
): Promise<void> {
  const steps = stepsOf(made);
  const expected = await expectedOf(steps);
  const calls = await callsOf(steps);
  for (let call = 1; call <= calls; call++) await crashAndGoOn(made, expected, crash, call, wrap);
}

/** What is to be a part of the file system is done some other way. */
function changed(change: (disk: SimFileSystem) => Partial<FileSystem>): (disk: SimFileSystem) => FileSystem {
  return (disk) =>
    new Proxy(disk, {
      get(target, name) {
        const own: unknown = Reflect.get(change(target), name);
        if (own !== undefined) return own;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
}

/** A day is packed, and then a row of it comes late. */
const LATE_ROW: Made = {
  steps: [[{ symbol: 'BTCUSDT', day: 0 }], 'commit', { days: 1 }, 'pack', [{ symbol: 'BTCUSDT', day: 0 }]],
  seed: 1,
};

describe('every row is there once, and in the end packed, when at any call of the file system', () => {
  it.each<Crash>(['process is killed', 'power is cut'])(
    'the %s',
    async (crash) => {
      await atEveryCall(LATE_ROW, crash);
      await fc.assert(
        fc.asyncProperty(script, (made) => atEveryCall(made, crash)),
        { numRuns: 3, endOnFailure: true },
      );
    },
    60_000,
  );
});

describe('the test of crashes', () => {
  it('notices a packed file that is written anew', async () => {
    const blind = changed((disk) => ({
      list: async (path) => (await disk.list(path)).filter(({ name }) => !name.endsWith('.gz')),
    }));
    await expect(atEveryCall(LATE_ROW, 'process is killed', blind)).rejects.toThrow();
  }, 60_000);

  it('notices folders that are not synced before a file is removed', async () => {
    const hasty = changed(() => ({ syncFolder: () => Promise.resolve() }));
    await expect(atEveryCall(LATE_ROW, 'power is cut', hasty)).rejects.toThrow();
  }, 60_000);
});
