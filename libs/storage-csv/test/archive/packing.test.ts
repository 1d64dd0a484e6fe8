import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  closedDays,
  fileHeader,
  findDepthSources,
  packDay,
  readDepthSource,
  type Manifest,
  type PackDayOptions,
} from '@org/storage-csv';
import { FaultyFileSystem, systemError } from '../faulty-file-system.ts';
import { collect, newStore, temporaryFolder } from '../store.ts';

const folder = temporaryFolder();
const DATE = '2026-01-02';
const DEPTH = `depth_${DATE}.csv`;
const TRADES = `aggtrade_${DATE}.csv`;
const GAPS = `gaps_${DATE}.csv`;
const MANIFEST = `manifest_${DATE}.json`;

const depthRows = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `${1_767_355_200_000_000 + i},${5 + i},4,${i},${i + 1},${i},diff,bid,60000.10,0.${i + 1}\n`,
  ).join('');
const tradeRows = (first: number, count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `${first + i},1.0,2.0,1,1,4,true,2.0,${7 + i},${900 + i},ws\n`,
  ).join('');
const csv = (kind: string, rows: string): string => `${fileHeader(kind)}\n${rows}`;
const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

class Day {
  readonly outputDir = newStore(folder);
  readonly path = join(this.outputDir, 'BTCUSDT');
  readonly fileSystem = new FaultyFileSystem();
  readonly #names: readonly string[];

  constructor(files: Readonly<Record<string, string | Buffer>>) {
    mkdirSync(this.path, { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.path, name), content);
    this.#names = Object.keys(files).filter((name) => /\.(?:csv|jsonl)$/.test(name));
  }

  pack(options: Partial<PackDayOptions> = {}, names = this.#names) {
    const { fileSystem, outputDir } = this;
    const common = {
      fileSystem,
      outputDir,
      token: 'test',
      compression: 'gzip',
      recorderVersion: '1.2.3',
    } as const;
    return packDay({ folder: 'BTCUSDT', date: DATE, names }, { ...common, ...options });
  }

  names(): string[] {
    return readdirSync(this.path).sort();
  }

  read(name: string): Buffer {
    return readFileSync(join(this.path, name));
  }

  manifest(): Manifest {
    return JSON.parse(this.read(MANIFEST).toString()) as Manifest;
  }

  sha256sum(): string {
    return execFileSync('sh', ['-c', 'sha256sum -c *.CHECKSUM'], { cwd: this.path, encoding: 'utf8' });
  }
}

describe('a closed day', () => {
  it('becomes packed files that sha256sum accepts and zcat gives back, and a manifest that counts them', async () => {
    const files = {
      [DEPTH]: csv('depth', depthRows(40_000)),
      [TRADES]: csv('aggtrade', tradeRows(10, 3)),
      [`aggtrade_${DATE}.1.csv`]: csv('aggtrade', tradeRows(5, 1)),
    };
    const day = new Day(files);
    const outcomes = await day.pack();
    expect(outcomes.map(({ path, result }) => [path, result])).toEqual(
      Object.keys(files).sort().map((name) => [`BTCUSDT/${name}`, 'packed']), // prettier-ignore
    );
    expect(day.names()).toEqual(
      [MANIFEST, ...Object.keys(files).flatMap((name) => [`${name}.gz`, `${name}.gz.CHECKSUM`])].sort(),
    );
    expect(day.sha256sum().match(/: OK$/gm)).toHaveLength(3);
    for (const [name, content] of Object.entries(files)) {
      const unpacked = execFileSync('zcat', [join(day.path, `${name}.gz`)], { maxBuffer: 1e8 });
      expect(sha256(unpacked)).toBe(sha256(content));
    }
    const { files: entries, ...manifest } = day.manifest();
    const bytes = Object.values(files).reduce((sum, { length }) => sum + length, 0);
    expect(manifest).toEqual({
      version: 1, symbol: 'BTCUSDT', date: DATE, recorderVersion: '1.2.3', rows: 40_004, bytes,
      gaps: { total: 0, healed: 0, byStreamAndReason: {} }, duplicatesDropped: null, connections: null,
    }); // prettier-ignore
    const gz = day.read(`${DEPTH}.gz`);
    expect(entries.find(({ kind }) => kind === 'depth')).toEqual({
      name: `${DEPTH}.gz`, kind: 'depth', period: DATE, part: 0, rows: 40_000, bytes: files[DEPTH].length,
      sha256: sha256(files[DEPTH]), packed: { bytes: gz.length, sha256: sha256(gz) },
      first: { id: 1, eventTime: 5, localTime: 1_767_355_200_000_000 },
      last: { id: 40_000, eventTime: 40_004, localTime: 1_767_355_200_039_999 },
    }); // prettier-ignore
    expect(entries.map(({ part, rows, first, last }) => [part, rows, first?.id, last?.id])).toEqual([
      [1, 1, 5, 5],
      [0, 3, 10, 12],
      [0, 40_000, 1, 40_000],
    ]);
  });

  it('is packed in members of a MiB, so that what is cut can be read up to there', async () => {
    const content = csv('depth', depthRows(40_000));
    const day = new Day({ [DEPTH]: content });
    await day.pack();
    expect(content.length).toBeGreaterThan(2 * 1024 * 1024);
    const packed = day.read(`${DEPTH}.gz`);
    const secondMember = packed.indexOf(Buffer.from([0x1f, 0x8b, 0x08]), 10);
    expect(gunzipSync(packed.subarray(0, secondMember)).toString()).toBe(content.slice(0, 1024 * 1024));
  });

  it('counts its gaps by stream and reason', async () => {
    const rows = [
      'BTCUSDT@depth@0ms,reconnect,1,5,10,20,30,0,',
      'BTCUSDT@aggTrade,reconnect,1,5,10,20,31,0,rest',
      'BTCUSDT@depth@0ms,reconnect,8,9,10,20,32,1,',
    ];
    const day = new Day({ [GAPS]: csv('gaps', `${rows.join('\n')}\n`) });
    await day.pack();
    const byStreamAndReason = { 'BTCUSDT@aggTrade reconnect': 1, 'BTCUSDT@depth@0ms reconnect': 2 };
    expect(day.manifest().gaps).toEqual({ total: 3, healed: 1, byStreamAndReason });
    expect(day.manifest().files).toMatchObject([
      { rows: 3, first: { localTime: 30 }, last: { localTime: 32 } },
    ]);
  });

  it('gets its checksums and its manifest without compression as well, and keeps its files', async () => {
    const files = { [DEPTH]: csv('depth', depthRows(3)), [`rejected_${DATE}.jsonl`]: '{"a":1}\n{"b":2}\n' };
    const day = new Day(files);
    await day.pack({ compression: 'none' });
    expect(day.names()).toEqual(
      [MANIFEST, ...Object.keys(files).flatMap((name) => [name, `${name}.CHECKSUM`])].sort(),
    );
    expect(day.sha256sum().match(/: OK$/gm)).toHaveLength(2);
    expect(day.manifest()).toMatchObject({
      rows: 5,
      files: [
        { name: DEPTH, rows: 3 },
        { kind: 'rejected', rows: 2 },
      ],
    });
    expect(day.manifest().files[0]).not.toHaveProperty('packed');
  });

  it('that was packed already is not read again', async () => {
    const day = new Day({ [DEPTH]: csv('depth', depthRows(3)) });
    const [first] = await day.pack();
    day.fileSystem.operations.length = 0;
    expect(await day.pack()).toEqual([{ ...first, bytesOut: 0 }]);
    expect(day.fileSystem.operations).toEqual([`open ${join(day.path, MANIFEST)}`]);
  });

  it('keeps in its manifest what was packed before', async () => {
    const day = new Day({ [DEPTH]: csv('depth', depthRows(3)) });
    await day.pack();
    writeFileSync(join(day.path, TRADES), csv('aggtrade', tradeRows(1, 2)));
    await day.pack({ recorderVersion: '2.0.0' }, [TRADES]);
    expect(day.manifest()).toMatchObject({ recorderVersion: '2.0.0', rows: 5 });
  });

  it('has a manifest for each of several writers, whose folders are put together', async () => {
    const [first, second] = [`depth_${DATE}.100.csv`, `depth_${DATE}.200.csv`];
    const day = new Day({ [first]: csv('depth', depthRows(3)), [second]: csv('depth', depthRows(5)) });
    await day.pack({ writer: 'w-1' }, [first]);
    const other = new Day({ [second]: csv('depth', depthRows(5)) });
    await other.pack({ writer: 'w_2' });
    expect(readdirSync(day.path).filter((name) => name.startsWith('manifest'))).toEqual([`manifest_${DATE}.w-1.json`]);
    expect(readdirSync(other.path).filter((name) => name.startsWith('manifest'))).toEqual([`manifest_${DATE}.w_2.json`]);
    expect(JSON.parse(readFileSync(join(day.path, `manifest_${DATE}.w-1.json`), 'utf8'))).toMatchObject({
      rows: 3, files: [{ name: `${first}.gz`, part: 100 }],
    });
  }); // prettier-ignore

  it('has in its manifest what its recorder knows beyond the files, the latest of it', async () => {
    const day = new Day({ [DEPTH]: csv('depth', depthRows(3)) });
    const figures = async (known?: PackDayOptions['figures']) => {
      // Killed before the file was removed: packing again writes the manifest again.
      writeFileSync(join(day.path, DEPTH), csv('depth', depthRows(3)));
      await day.pack({ figures: known });
      const { duplicatesDropped, connections, rows } = day.manifest();
      expect(rows).toBe(3);
      return [duplicatesDropped, connections];
    };
    expect(await figures()).toEqual([null, null]);
    expect(await figures({ duplicatesDropped: 0, connections: 2 })).toEqual([0, 2]);
    expect(await figures({ duplicatesDropped: 9, connections: 3 })).toEqual([9, 3]);
    // Nothing is known any more: what was known then stands.
    expect(await figures()).toEqual([9, 3]);
    // A recorder that was started again, and has not come as far as the one before.
    expect(await figures({ duplicatesDropped: 7, connections: 4 })).toEqual([9, 4]);
    // Nobody can know it: it was counted from the middle of the day.
    expect(await figures({ duplicatesDropped: null, connections: null })).toEqual([null, null]);
  });

  it.each(['"12"', '-1', '0.5', '{}'])('does not keep a figure that is none: %s', async (text) => {
    const day = new Day({ [DEPTH]: csv('depth', depthRows(3)) });
    await day.pack({ figures: { duplicatesDropped: 1234, connections: 2 } });
    writeFileSync(join(day.path, MANIFEST), day.read(MANIFEST).toString().replace('1234', text));
    writeFileSync(join(day.path, TRADES), csv('aggtrade', tradeRows(1, 2)));
    await day.pack({}, [TRADES]);
    expect(day.manifest()).toMatchObject({ duplicatesDropped: null, connections: 2, rows: 5 });
  });

  it.each([
    '{"version":1,"files":{',
    '{"version":2,"files":[]}',
    'null',
    '{"version":1,"files":[null,{"name":3}]}',
  ])('whose manifest is %s gets it anew from the packed files', async (text) => {
    const day = new Day({ [DEPTH]: csv('depth', depthRows(3)) });
    await day.pack();
    const { files } = day.manifest();
    writeFileSync(join(day.path, MANIFEST), text);
    writeFileSync(join(day.path, TRADES), csv('aggtrade', tradeRows(1, 2)));
    await day.pack({}, [TRADES]);
    expect(day.manifest().files).toEqual([expect.objectContaining({ kind: 'aggtrade', rows: 2 }), ...files]);
  });

  it('is found by its paths, the oldest day first', () => {
    const paths = ['BTCUSDT/depth_2026-01-03T10.csv', 'ETHUSDT/depth_2026-01-02.csv', 'rejected_2026-01-03.jsonl', 'BTCUSDT/depth_2026-01-03T11.1.csv', '../x/depth_2026-01-02.csv']; // prettier-ignore
    expect(closedDays(paths)).toEqual([
      { folder: 'ETHUSDT', date: '2026-01-02', names: ['depth_2026-01-02.csv'] },
      { folder: '', date: '2026-01-03', names: ['rejected_2026-01-03.jsonl'] },
      {
        folder: 'BTCUSDT',
        date: '2026-01-03',
        names: ['depth_2026-01-03T10.csv', 'depth_2026-01-03T11.1.csv'],
      },
    ]);
  });
});

describe('packing', () => {
  it('without room leaves the file and nothing else behind, and says so of every file', async () => {
    const day = new Day({ [DEPTH]: csv('depth', depthRows(3)), [TRADES]: csv('aggtrade', tradeRows(1, 2)) });
    day.fileSystem.fault = (operation) => (operation === 'write' ? systemError('ENOSPC') : undefined);
    const before = day.names();
    expect(await day.pack()).toMatchObject([
      { path: `BTCUSDT/${TRADES}`, result: 'failed', code: 'DISK_FULL' },
      { path: `BTCUSDT/${DEPTH}`, result: 'failed', code: 'DISK_FULL' },
    ]);
    expect(day.names()).toEqual(before);
    day.fileSystem.fault = () => undefined;
    expect(await day.pack()).toMatchObject([{ result: 'packed' }, { result: 'packed' }]);
    expect(day.fileSystem.openFiles).toBe(0);
  });

  it.each(['.gz.test.tmp', '.gz.CHECKSUM.test.tmp', 'manifest'])(
    'that finds no room for %s keeps the file, and becomes complete later',
    async (part) => {
      const content = csv('depth', depthRows(3));
      const day = new Day({ [DEPTH]: content });
      day.fileSystem.fault = (operation, path) =>
        operation === 'write' && path.includes(part) ? systemError('ENOSPC') : undefined;
      expect(await day.pack()).toMatchObject([{ result: 'failed', code: 'DISK_FULL' }]);
      expect(day.read(DEPTH).toString()).toBe(content);
      expect(day.names().filter((name) => name.endsWith('.tmp'))).toEqual([]);
      day.fileSystem.fault = () => undefined;
      expect(await day.pack()).toMatchObject([{ result: 'packed', bytesIn: content.length }]);
      expect(day.names()).toEqual([`${DEPTH}.gz`, `${DEPTH}.gz.CHECKSUM`, MANIFEST]);
      expect(day.sha256sum()).toContain('OK');
    },
  );

  it('skips what is gone, what is not ours and what cannot be read, and packs the rest', async () => {
    const [unreadable, foreign] = [`kline_${DATE}.csv`, `trade_${DATE}.csv`];
    const day = new Day({ [DEPTH]: csv('depth', depthRows(3)), [foreign]: 'a,b\n1,2\n', [unreadable]: 'x' });
    day.fileSystem.fault = (operation, path) =>
      operation === 'open' && path.endsWith(unreadable) ? systemError('EACCES') : undefined;
    expect(await day.pack({}, [DEPTH, TRADES, foreign, unreadable])).toMatchObject([
      { path: `BTCUSDT/${TRADES}`, result: 'gone' },
      { path: `BTCUSDT/${unreadable}`, result: 'failed', code: 'EACCES' },
      { path: `BTCUSDT/${foreign}`, result: 'failed', code: 'HEADER_MISMATCH' },
      { path: `BTCUSDT/${DEPTH}`, result: 'packed' },
    ]);
    expect(day.read(foreign).toString()).toBe('a,b\n1,2\n');
    expect(day.names()).toHaveLength(5);
  });

  it('of a folder that is gone fails, file by file', async () => {
    const day = new Day({ [DEPTH]: csv('depth', depthRows(3)) });
    rmSync(day.path, { recursive: true });
    expect(await day.pack()).toMatchObject([{ path: `BTCUSDT/${DEPTH}`, result: 'failed', code: 'ENOENT' }]);
  });

  it('never removes a file whose packed form has other content, or that grew', async () => {
    const day = new Day({
      [DEPTH]: csv('depth', depthRows(3)),
      [`${DEPTH}.gz`]: gzipSync(csv('depth', depthRows(2))),
    });
    expect(await day.pack()).toMatchObject([{ result: 'failed', code: 'SEGMENT_CORRUPT' }]);
    expect(day.names()).toEqual([DEPTH, `${DEPTH}.gz`]);
    writeFileSync(join(day.path, `${DEPTH}.gz`), gzipSync(csv('depth', depthRows(3))).subarray(0, 90));
    expect(await day.pack()).toMatchObject([{ result: 'failed', code: 'SEGMENT_CORRUPT' }]);
    rmSync(join(day.path, `${DEPTH}.gz`));
    day.fileSystem.fault = (operation, path) => {
      if (operation === 'rename' && path.endsWith(MANIFEST))
        writeFileSync(join(day.path, DEPTH), 'x', { flag: 'a' });
      return undefined;
    };
    expect(await day.pack()).toMatchObject([{ result: 'failed', code: 'SEGMENT_CORRUPT' }]);
    expect(existsSync(join(day.path, DEPTH))).toBe(true);
  });

  it('removes what packers before it left unfinished, and an empty file', async () => {
    const day = new Day({
      [DEPTH]: csv('depth', depthRows(3)),
      [TRADES]: '',
      [`${DEPTH}.gz.0-killed.tmp`]: 'half',
      [`${MANIFEST}.0-killed.tmp`]: 'half',
      'notes.tmp': 'not ours',
    });
    expect(await day.pack()).toMatchObject([{ result: 'empty' }, { result: 'packed' }]);
    expect(day.names()).toEqual([`${DEPTH}.gz`, `${DEPTH}.gz.CHECKSUM`, MANIFEST, 'notes.tmp']);
  });

  it('that is told to stop does so between two pieces, and leaves the file as it was', async () => {
    const abort = new AbortController();
    const day = new Day({ [DEPTH]: csv('depth', depthRows(40_000)) });
    let writes = 0;
    day.fileSystem.fault = (operation) => {
      if (operation === 'write' && ++writes === 2) abort.abort(new Error('told to stop'));
      return undefined;
    };
    await expect(day.pack({ signal: abort.signal })).rejects.toThrow('told to stop');
    expect(day.names()).toEqual([DEPTH]);
    expect(writes).toBe(2);
  });

  it('says where a row was not finished, and keeps it', async () => {
    const day = new Day({ [TRADES]: `${csv('aggtrade', tradeRows(1, 2))}3,1.0` });
    await day.pack();
    expect(day.manifest().files).toMatchObject([{ rows: 3, unfinishedBytes: 5, last: { id: 2 } }]);
  });
});

describe('a reader', () => {
  const messagesIn = async (day: Day) =>
    collect(readDepthSource(await findDepthSources(day.outputDir, 'BTCUSDT')));

  it('sees every message once, before, while and after a file is packed', async () => {
    const day = new Day({ [DEPTH]: csv('depth', depthRows(3)) });
    const before = await messagesIn(day);
    const during: Promise<number>[] = [];
    day.fileSystem.fault = () => {
      during.push(findDepthSources(day.outputDir, 'BTCUSDT').then(({ paths }) => paths.length));
      return undefined;
    };
    await day.pack();
    expect(before).toHaveLength(3);
    expect(await messagesIn(day)).toEqual(before);
    expect(new Set(await Promise.all(during))).toEqual(new Set([1]));
    expect(during.length).toBeGreaterThan(10);
  });

  it('that found a file before it was packed reads the packed one', async () => {
    const day = new Day({ [DEPTH]: csv('depth', depthRows(3)) });
    const source = await findDepthSources(day.outputDir, 'BTCUSDT');
    await day.pack();
    expect(await collect(readDepthSource(source))).toHaveLength(3);
  });
});
