import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Sink } from '@org/storage';
import { CsvSink, closedDays, packDay } from '@org/storage-csv';
import { CheckpointCopy, FIRST_CURSOR, settleStore, type Cursor } from '@org/transport-nats';
import fc from 'fast-check';
import { PartitionFiles } from '../../src/cluster/partition-files.ts';
import { MortalFileSystem } from './mortal-file-system.ts';
import { tradeBatch } from './trade-batch.ts';

const DAY_US = 86_400_000_000;
const FIRST_US = Date.UTC(2026, 0, 2, 12) * 1000;
const DAYS = 3;
const NAME = 'w1';

/** What happens to a writer of one partition; it may die in the middle of any of it. */
type Step =
  | { readonly type: 'append'; readonly symbol: string; readonly day: number }
  | { readonly type: 'commit' | 'commit-refused' | 'commit-unheard' | 'lose' | 'pack' }
  | { readonly type: 'close'; readonly day: number };

const day = fc.nat({ max: DAYS - 1 });
const plain = (type: 'commit' | 'commit-refused' | 'commit-unheard' | 'lose' | 'pack') => fc.constant<Step>({ type }); // prettier-ignore
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('append' as const), symbol: fc.constantFrom('AUSDT', 'BUSDT'), day }) },
  { weight: 5, arbitrary: plain('commit') },
  { weight: 1, arbitrary: plain('commit-refused') },
  { weight: 1, arbitrary: plain('commit-unheard') },
  { weight: 1, arbitrary: plain('lose') },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('close' as const), day: fc.integer({ min: 1, max: DAYS }) }) },
  { weight: 4, arbitrary: plain('pack') },
); // prettier-ignore

const LAST: readonly Step[] = [
  { type: 'append', symbol: 'AUSDT', day: DAYS },
  { type: 'commit' },
  { type: 'close', day: DAYS + 1 },
  { type: 'pack' },
];

let folder: string;
let ids = 0;
let tokens = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'closing-'));
  ids = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What outlives the process: the cursor, and what it says of rows. */
class Servers {
  cursor: Cursor = FIRST_CURSOR;
  /** Ids of rows of confirmed commits. */
  confirmed: readonly number[] = [];

  get book() {
    return {
      read: () => Promise.resolve({ cursor: this.cursor, revision: 1 }),
      fence: () => Promise.resolve(this.cursor),
    };
  }

  takeOver(): number {
    const generation = this.cursor.generation + 1;
    this.cursor = { ...this.cursor, generation };
    return generation;
  }

  confirm(name: string, rows: readonly number[]): void {
    this.cursor = { ...this.cursor, commit: this.cursor.commit + 1, stores: { [NAME]: name } };
    this.confirmed = [...this.confirmed, ...rows];
  }
}

/** One life of the process. */
class Life {
  readonly #servers: Servers;
  readonly #disk: MortalFileSystem;
  readonly #files: PartitionFiles;
  #sink: Sink | undefined;
  #position = 0;
  #uncommitted: number[] = [];
  #closed: readonly string[] = [];

  constructor(servers: Servers, disk: MortalFileSystem) {
    this.#servers = servers;
    this.#disk = disk;
    const copy = new CheckpointCopy(join(folder, '.csv-checkpoint.json'), join(folder, '.csv-checkpoint.confirmed.json')); // prettier-ignore
    const change = async <T>(made: () => Promise<T>): Promise<T> => {
      disk.change();
      const result = await made();
      disk.change();
      return result;
    };
    this.#files = new PartitionFiles({
      createSink: (generation) =>
        new CsvSink({ outputDir: folder, firstPart: generation * 100, fileSystem: disk }),
      copy: {
        keep: () => change(() => copy.keep()),
        putBack: () => change(() => copy.putBack()),
        isNew: () => copy.isNew(),
      },
    });
  }

  /** As a writer does before it takes a partition, and for those of others. */
  async settle(): Promise<void> {
    if (!(await this.#files.isNew())) await settleStore(this.#servers.book, 0, NAME, this.#files);
    this.#files.confirmed();
    expect(storedIds()).toEqual([...this.#servers.confirmed].sort((a, b) => a - b));
  }

  async do(each: Step): Promise<void> {
    switch (each.type) {
      case 'append':
        return this.#append(each);
      case 'close':
        return this.#close(each.day);
      case 'pack':
        return this.#pack();
      case 'lose':
        return this.#lose();
      default:
        return this.#commit(each.type);
    }
  }

  async #append({ symbol, day: dayOf }: Step & { type: 'append' }): Promise<void> {
    const sink = (this.#sink ??= await this.#take());
    const id = ++ids;
    await sink.append(tradeBatch(symbol, id, FIRST_US + dayOf * DAY_US + id), ++this.#position);
    this.#uncommitted.push(id);
  }

  async #take(): Promise<Sink> {
    await this.settle();
    const sink = this.#files.createSink(this.#servers.takeOver());
    this.#position = (await sink.open()).position;
    return sink;
  }

  async #commit(type: 'commit' | 'commit-refused' | 'commit-unheard'): Promise<void> {
    if (this.#sink === undefined) return;
    const { cursor } = this.#servers;
    const name = `${cursor.generation}.${cursor.commit + 1}`;
    await this.#files.keep();
    // Somebody closes and packs whenever he likes.
    const both = await Promise.allSettled([this.#close(DAYS), this.#sink.commit(name)]);
    for (const result of both) if (result.status === 'rejected') throw result.reason;
    await this.#close(DAYS);
    await this.#pack();
    if (type === 'commit-refused') return this.#lose();
    this.#servers.confirm(name, this.#uncommitted.splice(0));
    // It was confirmed, and the answer is lost.
    if (type === 'commit-unheard') return this.#lose();
    this.#files.confirmed();
  }

  /** Another writer has the partition. */
  async #lose(): Promise<void> {
    this.#uncommitted = [];
    this.#servers.takeOver();
    await this.#sink?.close();
    this.#sink = undefined;
    await this.#close(DAYS);
    await this.#pack();
    await this.settle();
  }

  async #close(days: number): Promise<void> {
    const nowUs = FIRST_US + days * DAY_US;
    this.#closed = await this.#files.closeFiles({ nowUs, isEnding: true });
  }

  async #pack(): Promise<void> {
    for (const path of this.#closed) expect({ path, isOpen: openPaths().has(path) }).toEqual({ path, isOpen: false }); // prettier-ignore
    const options = { fileSystem: this.#disk, outputDir: folder, compression: 'gzip', recorderVersion: '1', writer: NAME } as const; // prettier-ignore
    for (const each of closedDays(this.#closed)) {
      const outcomes = await packDay(each, { ...options, token: `t${tokens++}` });
      this.#disk.alive();
      expect(outcomes.filter(({ result }) => result === 'failed')).toEqual([]);
      await this.#files.packed(outcomes.map(({ path }) => path));
    }
    this.#closed = [];
  }
}

const inFolders = (): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('/'));

/** What both checkpoints say that rows may come to. */
function openPaths(): ReadonlySet<string> {
  const paths = ['.csv-checkpoint.json', '.csv-checkpoint.confirmed.json']
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path));
  return new Set(
    paths.flatMap((path) => Object.keys((JSON.parse(readFileSync(path, 'utf8')) as { files: object }).files)),
  );
}

/** As a reader sees them: of a file that is there packed and plain, the plain one. */
function storedIds(): number[] {
  const names = new Set(inFolders());
  const texts = [...names].flatMap((path) => {
    if (path.endsWith('.csv')) return readFileSync(join(folder, path), 'utf8');
    if (!path.endsWith('.csv.gz') || names.has(path.slice(0, -'.gz'.length))) return [];
    return gunzipSync(readFileSync(join(folder, path))).toString('utf8');
  });
  return texts
    .flatMap((text) => text.split('\n').slice(1, -1))
    .map((row) => Number(row.slice(0, row.indexOf(','))))
    .sort((a, b) => a - b);
}

/** Plays the steps; each life makes as many changes to the disk as it is given, the last one as many as it needs. */
async function play(steps: readonly Step[], lives: readonly number[]): Promise<void> {
  const servers = new Servers();
  const left = [...steps, ...LAST];
  for (const changes of [...lives, Infinity]) {
    const disk = new MortalFileSystem(changes);
    const life = new Life(servers, disk);
    try {
      await life.settle();
      while (left.length > (changes === Infinity ? 0 : LAST.length)) await life.do(left.shift()!);
    } catch (error) {
      if (!disk.isDead) throw error;
    }
    await disk.bury();
  }
  const files = inFolders();
  expect(storedIds()).toEqual([...servers.confirmed].sort((a, b) => a - b));
  expect(servers.confirmed).toContain(ids);
  // Empty files are of commits that were undone; they are gone after the next start.
  expect(files.filter((path) => path.endsWith('.csv') && readFileSync(join(folder, path)).length > 0)).toEqual([]); // prettier-ignore
  expect(files.filter((path) => path.endsWith('.csv.gz') && !files.includes(`${path}.CHECKSUM`))).toEqual([]);
}

describe('files of a partition', () => {
  it('hold every confirmed row once and are all packed, wherever their writer dies', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 14 }),
        fc.array(fc.nat({ max: 60 }), { maxLength: 4 }),
        async (steps, lives) => {
          rmSync(folder, { recursive: true, force: true });
          folder = mkdtempSync(join(tmpdir(), 'closing-'));
          ids = 0;
          await play(steps, lives);
        },
      ),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    );
  });

  it('that are packed make their writer refuse a cursor that was set back, and nothing is cut', async () => {
    const servers = new Servers();
    const life = new Life(servers, new MortalFileSystem(Infinity));
    await life.settle();
    const store = async (): Promise<Cursor> => {
      await life.do({ type: 'append', symbol: 'AUSDT', day: 0 });
      await life.do({ type: 'commit' });
      return servers.cursor;
    };
    const before = await store();
    await store();
    for (const each of [{ type: 'close', day: 1 }, { type: 'pack' }] as const) await life.do(each);
    servers.cursor = before;
    const next = new Life(servers, new MortalFileSystem(Infinity));
    await expect(next.settle()).rejects.toMatchObject({ code: 'STORE_UNCONFIRMED' });
    expect(storedIds()).toEqual([1, 2]);
  });
});
