import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatFileName, type Rotation } from '@org/storage-csv';
import fc from 'fast-check';
import { Retention } from '../../src/disk/retention.ts';
import { type RetentionFileSystem, retentionFileSystem } from '../../src/disk/retention-file-system.ts';
import { leveledLog } from '../../src/logging/child-log.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.parse('2026-03-10T12:00:00Z');
const folders: string[] = [];

function store(files: readonly string[], listed: readonly string[] | string = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'retention-'));
  folders.push(folder);
  const checkpoint =
    typeof listed === 'string'
      ? listed
      : JSON.stringify({ version: 1, files: Object.fromEntries(listed.map((path) => [path, 7])) });
  for (const [path, text] of [...files.map((path) => [path, 'rows'] as const), ['.csv-checkpoint.json', checkpoint]] as const) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
    utimesSync(join(folder, path), new Date(NOW_MS - 2 * HOUR_MS), new Date(NOW_MS - 2 * HOUR_MS));
  } // prettier-ignore
  return folder;
}

const left = (folder: string) =>
  listed(folder)
    .filter((path) => !path.split('/').at(-1)!.startsWith('.csv-checkpoint.'))
    .sort();

/** Links are not followed, which `readdir` does in some versions of Node. */
const listed = (folder: string, below = ''): string[] =>
  readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? listed(folder, join(below, entry.name)) : [join(below, entry.name)],
  );

function retention(
  outputPath: string,
  options: {
    retentionMs?: number;
    rotation?: Rotation;
    isPartitioned?: boolean;
    fileSystem?: Partial<RetentionFileSystem>;
  } = {},
) {
  const lines: string[] = [];
  const clock = { wallMs: NOW_MS, nowMs: 0 };
  const subject = new Retention({
    outputPath,
    retentionMs: options.retentionMs ?? 3 * DAY_MS,
    rotation: options.rotation ?? 'hourly',
    isPartitioned: options.isPartitioned ?? false,
    fileSystem: { ...retentionFileSystem, ...options.fileSystem },
    wallMs: () => clock.wallMs,
    nowMs: () => clock.nowMs,
    log: leveledLog((level, event, fields) => lines.push(`${level} ${event} ${JSON.stringify(fields)}`)),
  });
  return { subject, lines, clock };
}

/** The period of the 7th was over at midnight of the 8th, less than three days ago; that of the 6th before that. */
const OLD = '2026-03-06';
const NEW = '2026-03-07';
const packed = (symbol: string, date: string, kind = 'depth') => [
  `${symbol}/${kind}_${date}.csv.gz`,
  `${symbol}/${kind}_${date}.csv.gz.CHECKSUM`,
];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('retention', () => {
  it('removes closed files of periods that ended before it, with checksums and manifests, and says so once a day', async () => {
    const kept = [...packed('A', NEW), `A/manifest_${NEW}.json`, `A/depth_2026-03-10.csv`, `A/depth_${NEW}.parquet`];
    const gone = [...packed('A', OLD), `A/aggtrade_${OLD}.csv`, `A/gaps_${OLD}.1.csv`, `A/rejected_${OLD}.jsonl`, `A/depth_${OLD}.parquet`, `A/manifest_${OLD}.json`, ...packed('B', '2025-01-01')]; // prettier-ignore
    const folder = store([...kept, ...gone]);
    const { subject, lines } = retention(folder);
    await subject.look();
    expect(left(folder)).toEqual([...kept].sort());
    expect(lines).toEqual([
      'info RecordingRemoved {"symbol":"B","date":"2025-01-01","files":1,"bytes":4}',
      'info RecordingRemoved {"symbol":"A","date":"2026-03-06","files":6,"bytes":24}',
    ]);
    expect(subject.counters()).toEqual({ removedFiles: 7, removedBytes: 28, failures: 0 });
    await subject.look();
    expect(lines).toHaveLength(2);
  });

  it('keeps everything when it is 0', async () => {
    const folder = store(packed('A', '2020-01-01'));
    await retention(folder, { retentionMs: 0 }).subject.look();
    expect(left(folder)).toHaveLength(2);
  });

  it('counts hours from the end of the hour, and keeps the manifest until the whole day is over', async () => {
    const hour = (hh: string) => `A/depth_2026-03-10T${hh}.csv.gz`;
    const folder = store([hour('08'), hour('09'), hour('10'), 'A/manifest_2026-03-10.json']);
    await retention(folder, { retentionMs: 2 * HOUR_MS }).subject.look();
    expect(left(folder)).toEqual([hour('10'), 'A/manifest_2026-03-10.json']);
  });

  it('counts shorter periods from their ends, which the rotation says', async () => {
    const at = (time: string) => `A/depth_2026-03-10T${time}.csv.gz`;
    const folder = store([at('09-15'), at('09-30'), at('09-45'), at('10-00'), at('09-15-30')]);
    await retention(folder, { retentionMs: 2 * HOUR_MS, rotation: HOUR_MS / 4 }).subject.look();
    expect(left(folder)).toEqual([at('10-00')]);
    const halfDays = store([at('00'), at('12')]);
    await retention(halfDays, { retentionMs: HOUR_MS, rotation: 12 * HOUR_MS }).subject.look();
    expect(left(halfDays)).toEqual([at('00'), at('12')]);
  });

  it('never touches what is not ours by name, in other folders, or behind a link', async () => {
    const strangers = [
      `A/notes_${OLD}.csv`, `A/notes_${OLD}.parquet`, `A/depth_${OLD}.1.parquet`, `A/depth_${OLD}.jsonl`, `A/depth_${OLD}.0.csv`, `A/depth_${OLD}.csv.gz.tmp`, `A/depth_${OLD}.csv.bak`,
      'A/depth_2026-02-30.csv', 'A/depth_0000-00-00.csv', 'A/depth_2026-03-01T24.csv', `A/manifest_${OLD}.json.tmp`, 'A/manifest_2026-02-30.json',
      `A/notes_${OLD}.csv.gz.CHECKSUM`, `A/deeper/depth_${OLD}.csv`, `not a symbol/depth_${OLD}.csv`, `.journal/depth_${OLD}.csv`, `backup.old/depth_${OLD}.csv`,
    ]; // prettier-ignore
    const folder = store(strangers);
    const elsewhere = store(packed('B', OLD));
    symlinkSync(join(elsewhere, 'B'), join(folder, 'B'));
    symlinkSync(join(elsewhere, 'B', `depth_${OLD}.csv.gz`), join(folder, 'A', `depth_${OLD}.csv.gz`));
    const { subject } = retention(folder);
    await subject.look();
    expect(left(folder)).toEqual([...strangers, 'B', `A/depth_${OLD}.csv.gz`].sort());
    expect(left(elsewhere)).toHaveLength(2);
    expect(subject.counters()).toEqual({ removedFiles: 0, removedBytes: 0, failures: 0 });
  });

  it('keeps what the sink lists, packed or not, with the manifest of its day', async () => {
    const kept = [`A/depth_${OLD}.csv`, `A/aggtrade_${OLD}.csv.gz`, `A/manifest_${OLD}.json`, `gaps_${OLD}.csv`];
    const folder = store([...kept, `A/kline_${OLD}.csv`], [`A/depth_${OLD}.csv`, `A/aggtrade_${OLD}.csv`, `gaps_${OLD}.csv`]); // prettier-ignore
    await retention(folder).subject.look();
    expect(left(folder)).toEqual([...kept].sort());
  });

  it('looks into the folders of partitions, each with a list of its own, where a writer of several machines stores', async () => {
    const listed = (path: string) => JSON.stringify({ files: { [path]: 7 } });
    const old = (symbol: string) => [...packed(symbol, OLD), `${symbol}/manifest_${OLD}.w-1.json`];
    const gone = old('p00/A');
    const kept = [...old('p01/B'), ...old('p02/C'), ...old('p03/D'), ...old('E'), ...old('backup/F'), `p00/A/depth_${OLD}.100.csv`];
    const folder = store([...gone, ...kept]);
    const checkpoint = (partition: string, name: string, text: string) =>
      writeFileSync(join(folder, partition, name), text);
    checkpoint('p00', '.csv-checkpoint.json', listed(`A/depth_${OLD}.100.csv`));
    // What may be put back lists what the checkpoint does not.
    checkpoint('p01', '.csv-checkpoint.json', listed('B/depth_2026-03-10.csv'));
    checkpoint('p01', '.csv-checkpoint.confirmed.json', listed(`B/depth_${OLD}.csv`));
    checkpoint('p02', '.csv-checkpoint.json', listed('C/depth_2026-03-10.csv'));
    checkpoint('p02', '.csv-checkpoint.confirmed.json', 'no JSON');
    const { subject, lines } = retention(folder, { isPartitioned: true });
    await subject.look();
    // The manifest stays as long as a file of its day does.
    expect(left(folder)).toEqual([...kept, `p00/A/manifest_${OLD}.w-1.json`].sort());
    expect(lines.sort()).toEqual([
      'info RecordingRemoved {"symbol":"A","date":"2026-03-06","files":1,"bytes":4}',
      'warn RetentionHeld {"problem":"nothing says which files are still written","folder":"p02"}',
      'warn RetentionHeld {"problem":"nothing says which files are still written","folder":"p03"}',
    ]);
  }); // prettier-ignore

  it.each(['', 'no JSON', '[]', '{"files": 7}', '{"files": null}'])(
    'removes nothing while the list of the sink is %j, and says so',
    async (checkpoint) => {
      const folder = store(packed('A', OLD), checkpoint);
      const { subject, lines } = retention(folder);
      await subject.look();
      expect(left(folder)).toHaveLength(2);
      expect(lines).toEqual([expect.stringContaining('warn RetentionHeld')]);
    },
  );

  it('removes nothing while the sink has no list at all, and one too large is none', async () => {
    const folder = store(packed('A', OLD));
    rmSync(join(folder, '.csv-checkpoint.json'));
    await retention(folder).subject.look();
    const read: RetentionFileSystem['read'] = (file) => retentionFileSystem.read(file, 1);
    const large = store(packed('A', OLD));
    await retention(large, { fileSystem: { read } }).subject.look();
    expect([left(folder).length, left(large).length]).toEqual([2, 2]);
  });

  it('leaves what was written within the hour, and the manifest of its day', async () => {
    const folder = store([...packed('A', OLD), `A/kline_${OLD}.csv`, `A/manifest_${OLD}.json`]);
    const file = join(folder, `A/kline_${OLD}.csv`);
    utimesSync(file, new Date(NOW_MS - 1000), new Date(NOW_MS - 1000));
    const { subject, clock } = retention(folder);
    await subject.look();
    expect(left(folder)).toEqual([`A/kline_${OLD}.csv`, `A/manifest_${OLD}.json`]);
    clock.wallMs += HOUR_MS;
    clock.nowMs += HOUR_MS;
    await subject.look();
    expect(left(folder)).toEqual([]);
  });

  it('leaves out a look when the clock was set ahead', async () => {
    const folder = store(packed('A', NEW));
    const { subject, clock, lines } = retention(folder);
    clock.wallMs += 365 * DAY_MS;
    clock.nowMs += HOUR_MS;
    await subject.look();
    expect({ left: left(folder).length, line: lines[0] }).toMatchObject({ left: 2, line: expect.stringContaining('RetentionHeld') }); // prettier-ignore
    clock.wallMs -= 365 * DAY_MS - HOUR_MS;
    clock.nowMs += HOUR_MS;
    await subject.look();
    expect(left(folder)).toHaveLength(2);
  });

  it('goes on behind files and folders that it cannot read or remove, counts them, and tries them again', async () => {
    const folder = store([...packed('A', OLD), `A/manifest_${OLD}.json`, ...packed('B', OLD), ...packed('C', OLD)]);
    let isBroken = true;
    const refuse = (path: string): void => {
      if (isBroken && path.includes('/A/depth')) throw Object.assign(new Error('no'), { code: 'EACCES' });
    };
    const { subject, lines } = retention(folder, {
      fileSystem: {
        list: (path) =>
          isBroken && path.endsWith('/C')
            ? Promise.reject(Object.assign(new Error('no'), { code: 'EIO' }))
            : retentionFileSystem.list(path),
        remove: async (path) => {
          refuse(path);
          await retentionFileSystem.remove(path);
        },
      },
    });
    await subject.look();
    expect(left(folder)).toEqual([...packed('A', OLD), `A/manifest_${OLD}.json`, ...packed('C', OLD)].sort());
    expect(subject.counters()).toMatchObject({ removedFiles: 1, failures: 2 });
    expect(lines.filter((line) => line.includes('RetentionFailed'))).toHaveLength(2);
    isBroken = false;
    await subject.look();
    expect(left(folder)).toEqual([]);
  });

  it('removes the oldest first', async () => {
    const removed: string[] = [];
    const days = ['2026-03-02', '2025-12-31', '2026-01-15', '2026-03-05'];
    const folder = store(days.flatMap((date) => [...packed('B', date), ...packed('A', date)]));
    const remove: RetentionFileSystem['remove'] = (path) => {
      removed.push(/\d{4}-\d{2}-\d{2}/.exec(path)![0]);
      return retentionFileSystem.remove(path);
    };
    await retention(folder, { fileSystem: { remove } }).subject.look();
    expect(removed).toEqual([...removed].sort());
    expect(removed).toHaveLength(16);
  });

  it('removes 20,000 files a look at most, the oldest of all, and the rest at the next one', async () => {
    const days = Array.from({ length: 600 }, (_, day) => new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10));
    const names = new Map(Array.from({ length: 50 }, (_, symbol) => [`/S${symbol}`, new Set(days.map((day) => `depth_${day}.csv`))])); // prettier-ignore
    const entries = (found: Iterable<string>, type: 'file' | 'folder') => [...found].map((name) => ({ name, type }));
    const { subject } = retention('/', {
      fileSystem: {
        read: () => Promise.resolve('{"files":{}}'),
        list: (folder) =>
          Promise.resolve(folder === '/' ? entries([...names.keys()].map((path) => path.slice(1)), 'folder') : entries(names.get(folder)!, 'file')), // prettier-ignore
        facts: () => Promise.resolve({ bytes: 1, modifiedAtMs: 0 }),
        remove: (path) => {
          names.get(path.slice(0, path.lastIndexOf('/')))!.delete(path.slice(path.lastIndexOf('/') + 1));
          return Promise.resolve();
        },
      },
    });
    await subject.look();
    expect([...names.values()].map((found) => [...found])).toEqual(Array(50).fill(days.slice(400).map((day) => `depth_${day}.csv`)));
    await subject.look();
    expect([...names.values()].every(({ size }) => size === 0)).toBe(true);
  });

  it('stops between two files when it is closed', async () => {
    const folder = store([...packed('A', OLD), ...packed('B', OLD)]);
    const { subject } = retention(folder, {
      fileSystem: {
        facts: (path) => {
          subject.close();
          return retentionFileSystem.facts(path);
        },
      },
    });
    await subject.look();
    expect(left(folder)).toEqual(packed('B', OLD));
  });

  it('leaves no checksum without its file wherever it is killed, and the next look does the rest', async () => {
    const files = [...packed('A', OLD), ...packed('A', OLD, 'kline'), `A/manifest_${OLD}.json`, ...packed('B', OLD), ...packed('B', NEW)]; // prettier-ignore
    for (let removals = 0; removals <= 8; removals++) {
      const folder = store(files);
      let done = 0;
      const remove = (path: string): Promise<void> =>
        done++ < removals ? retentionFileSystem.remove(path) : new Promise<void>(() => undefined);
      void retention(folder, { fileSystem: { remove } }).subject.look();
      while (done <= removals && done < 7) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      const present = new Set(left(folder));
      for (const name of present)
        if (name.endsWith('.CHECKSUM')) expect(present).toContain(name.slice(0, -'.CHECKSUM'.length));
      await retention(folder).subject.look();
      expect(left(folder)).toEqual(packed('B', NEW));
    }
  });

  it('removes checksums that have lost their file already', async () => {
    const folder = store([`A/depth_${OLD}.csv.gz.CHECKSUM`, `A/depth_${NEW}.csv.gz.CHECKSUM`]);
    await retention(folder).subject.look();
    expect(left(folder)).toEqual([`A/depth_${NEW}.csv.gz.CHECKSUM`]);
  });

  it('removes exactly what is ours, expired and not listed, whatever is there', async () => {
    const anyFile = fc.record({
      symbol: fc.constantFrom('A', 'B'),
      kind: fc.constantFrom('depth', 'gaps', 'rejected', 'orderbook'),
      day: fc.integer({ min: 1, max: 10 }),
      part: fc.integer({ min: 0, max: 2 }),
      isPacked: fc.boolean(),
      isListed: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyFile, { maxLength: 12 }), async (files) => {
        const nameOf = ({ kind, day, part }: (typeof files)[number]) =>
          formatFileName(kind, `2026-03-${String(day).padStart(2, '0')}`, part);
        const pathOf = (file: (typeof files)[number]) => `${file.symbol}/${nameOf(file)}${file.isPacked ? '.gz' : ''}`;
        const listed = new Set(files.filter(({ isListed }) => isListed).map((file) => `${file.symbol}/${nameOf(file)}`));
        const folder = store(files.map(pathOf), [...listed]);
        await retention(folder).subject.look();
        const kept = files.filter((file) => file.day > 6 || listed.has(`${file.symbol}/${nameOf(file)}`));
        expect(left(folder)).toEqual([...new Set(kept.map(pathOf))].sort());
      }),
      { numRuns: 40 },
    );
  });
}); // prettier-ignore
