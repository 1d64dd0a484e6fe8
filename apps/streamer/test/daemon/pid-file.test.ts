import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { findRecorder, signalRecorder } from '../../src/daemon/find-recorder.ts';
import {
  type PidEntry,
  pidFilePath,
  parsePidEntry,
  readPidFile,
  removePidFile,
  writePidFile,
} from '../../src/daemon/pid-file.ts';
import { PidKeeper } from '../../src/daemon/pid-keeper.ts';
import { startTicksOf, systemProcesses } from '../../src/daemon/process-table.ts';
import { temporaryFolder } from '../process/recorder.ts';
import { BOOT_ID, FakeProcesses } from './fake-processes.ts';

const onLinux = process.platform === 'linux' ? it : it.skip;

const LOG = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

const ENTRY: PidEntry = {
  pid: 4711,
  startTicks: '100',
  bootId: BOOT_ID,
  url: 'http://127.0.0.1:8710',
  version: '1.2.3',
  isDetached: true,
  canReload: true,
  cwd: '/home/recorder',
  flags: { config: 'my.yaml', symbols: 'BTCUSDT' },
};

describe('a PID file', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let processes: FakeProcesses;

  beforeEach(() => {
    folder = temporaryFolder();
    processes = new FakeProcesses();
  });

  afterEach(() => folder.remove());

  const put = (content: string | Uint8Array): void => writeFileSync(pidFilePath(folder.path), content);
  const found = () => findRecorder(folder.path, processes);

  it('leads to the recorder that wrote it while that lives', () => {
    processes.start(4711);
    writePidFile(folder.path, ENTRY);
    expect(found()).toEqual({ kind: 'running', entry: ENTRY });
    expect(signalRecorder(ENTRY, 'SIGTERM', processes)).toBe(true);
    expect(processes.signals).toEqual(['SIGTERM 4711']);
    expect(readdirSync(folder.path)).toEqual(['.streamer.pid']);
  });

  it.each<[string, () => void, RegExp | undefined]>([
    ['is absent', () => rmSync(pidFilePath(folder.path)), undefined],
    [
      'names a process that has ended',
      () => processes.end(4711),
      /4711 of the PID file has ended without removing it; .* `start` takes over/,
    ],
    ['names a process id that is used again', () => processes.start(4711, '101'), /another one/],
    ['belongs to another user than its process', () => processes.start(4711, '100', 65_534), /another user/],
    [
      'is of an earlier start of the machine',
      () => writePidFile(folder.path, { ...ENTRY, bootId: BOOT_ID.replace('1', '2') }),
      /another one/,
    ],
    ['is empty', () => put(''), /not one that a recorder writes/],
    [
      'holds a bare number, as that of any other program',
      () => put('4711\n'),
      /not one that a recorder writes/,
    ],
    ['is torn', () => put(JSON.stringify(ENTRY).slice(0, -9)), /not one that a recorder writes/],
    ['is far too long', () => put(JSON.stringify({ ...ENTRY, x: 'x'.repeat(20_000) })), /not one that/],
    [
      'is a link to one that would be believed',
      () => {
        const elsewhere = join(folder.path, 'elsewhere');
        mkdirSync(elsewhere);
        writePidFile(elsewhere, ENTRY);
        rmSync(pidFilePath(folder.path));
        symlinkSync(pidFilePath(elsewhere), pidFilePath(folder.path));
      },
      /not one that a recorder writes/,
    ],
    [
      'is a folder',
      () => {
        rmSync(pidFilePath(folder.path));
        mkdirSync(pidFilePath(folder.path));
      },
      /not one that a recorder writes/,
    ],
  ])('that %s finds nobody', (_what, spoil, why) => {
    processes.start(4711);
    writePidFile(folder.path, ENTRY);
    spoil();
    const { kind, ...rest } = found();
    expect(kind).toBe('not-running');
    if (why === undefined) expect(rest).toEqual({ why: undefined });
    else expect(rest).toEqual({ why: expect.stringMatching(why) });
    expect(processes.signals).toEqual([]);
  });

  it('of any bytes whatsoever never throws, and finds and signals nobody', () => {
    for (let pid = 1; pid < 200; pid++) processes.start(pid);
    const texts = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.json({ maxDepth: 2 }).map((text) => Buffer.from(text)),
      // One byte of a good one changed, or cut off: it may still be an entry, but of a process that is not there.
      fc
        .tuple(fc.nat(JSON.stringify(ENTRY).length - 1), fc.option(fc.nat(255), { nil: undefined }))
        .map(([at, byte]) => {
          const bytes = Buffer.from(JSON.stringify(ENTRY));
          if (byte === undefined) return bytes.subarray(0, at);
          bytes[at] = byte;
          return bytes;
        }),
    );
    fc.assert(
      fc.property(texts, (bytes) => {
        put(bytes);
        expect(found().kind).toBe('not-running');
        expect(processes.signals).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('reads back whatever a recorder writes into it', () => {
    const text = fc.string({ maxLength: 20, unit: 'grapheme' });
    const entries = fc.record(
      {
        pid: fc.integer({ min: 1, max: 2 ** 22 }),
        startTicks: fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }).map(String),
        bootId: fc.constant(BOOT_ID),
        url: fc.constantFrom('http://127.0.0.1:8710', 'http://[::1]:1', 'http://localhost:65535'),
        version: text,
        isDetached: fc.boolean(),
        canReload: fc.boolean(),
        cwd: text,
        flags: fc.record(
          { config: text, symbols: text, duration: text, outputDir: text },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ['pid', 'startTicks', 'bootId', 'version', 'isDetached', 'canReload', 'cwd', 'flags'] },
    );
    fc.assert(
      fc.property(entries, (entry) => {
        expect(parsePidEntry(JSON.stringify(entry))).toEqual(JSON.parse(JSON.stringify(entry)));
      }),
    );
  });

  onLinux(
    'that names a living process of another start is not believed, and the process hears nothing',
    async () => {
      const stranger = spawn('sleep', ['30'], { stdio: 'ignore' });
      try {
        await once(stranger, 'spawn');
        const identity = systemProcesses.identityOf(stranger.pid!)!;
        const before = String(BigInt(identity.startTicks) - 1n);
        writePidFile(folder.path, { ...ENTRY, ...identity, startTicks: before });
        expect(findRecorder(folder.path, systemProcesses)).toMatchObject({ kind: 'not-running' });
        expect(
          signalRecorder({ ...ENTRY, ...identity, startTicks: before }, 'SIGKILL', systemProcesses),
        ).toBe(false);
        expect(stranger.signalCode).toBeNull();

        writePidFile(folder.path, { ...ENTRY, ...identity });
        expect(findRecorder(folder.path, systemProcesses)).toMatchObject({ kind: 'running' });
        const ended = once(stranger, 'exit');
        expect(signalRecorder({ ...ENTRY, ...identity }, 'SIGTERM', systemProcesses)).toBe(true);
        expect(await ended).toEqual([null, 'SIGTERM']);
        expect(findRecorder(folder.path, systemProcesses)).toMatchObject({ kind: 'not-running' });
      } finally {
        stranger.kill('SIGKILL');
      }
    },
  );

  it('is removed by the one that wrote it alone', () => {
    writePidFile(folder.path, ENTRY);
    removePidFile(folder.path, { pid: 4711, startTicks: '99', bootId: BOOT_ID });
    expect(readPidFile(folder.path)).toMatchObject({ entry: ENTRY });
    removePidFile(folder.path, ENTRY);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe('the keeper of the PID file', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let processes: FakeProcesses;
  let look: () => void = () => undefined;
  const clock = {
    setTimeout: (run: () => void) => {
      look = run;
      return 0;
    },
    clearTimeout: () => undefined,
  };
  const keep = (outputPath = folder.path) =>
    new PidKeeper({
      outputPath,
      invocation: { isDetached: false, flags: { symbols: 'BTCUSDT' } },
      entry: join(process.cwd(), 'apps/streamer/dist/main.js'),
      clock,
      log: LOG,
      processes,
    });

  beforeEach(() => {
    folder = temporaryFolder();
    processes = new FakeProcesses();
    processes.start(process.pid, '5000');
  });

  afterEach(() => folder.remove());

  it('writes it with all that the commands need, and takes it away at the end', () => {
    const keeper = keep();
    keeper.answersAt('http://127.0.0.1:1234');
    expect(findRecorder(folder.path, processes)).toEqual({
      kind: 'running',
      entry: {
        pid: process.pid,
        startTicks: '5000',
        bootId: BOOT_ID,
        url: 'http://127.0.0.1:1234',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        isDetached: false,
        canReload: !process.stdout.isTTY && !process.stderr.isTTY,
        cwd: process.cwd(),
        flags: { symbols: 'BTCUSDT' },
      },
    });
    keeper.close();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('puts it back when somebody has removed it', () => {
    const keeper = keep();
    const first = statSync(pidFilePath(folder.path)).ino;
    look();
    expect(statSync(pidFilePath(folder.path)).ino).toBe(first);
    rmSync(pidFilePath(folder.path));
    look();
    expect(findRecorder(folder.path, processes)).toMatchObject({ kind: 'running' });
    keeper.close();
  });

  it('refuses a folder whose recorder lives, and takes one whose recorder has died', () => {
    writePidFile(folder.path, ENTRY);
    processes.start(4711);
    expect(() => keep()).toThrow(`another recorder records into ${folder.path}: process 4711`);
    processes.end(4711);
    const keeper = keep();
    expect(findRecorder(folder.path, processes)).toMatchObject({ entry: { pid: process.pid } });
    keeper.close();
  });

  it('goes on where the file cannot be written', () => {
    const keeper = keep(join(folder.path, 'absent'));
    keeper.answersAt('http://127.0.0.1:1');
    look();
    keeper.close();
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe('the start time in /proc/PID/stat', () => {
  const fields = (state: string): string =>
    `${state} ${Array.from({ length: 40 }, (_, i) => i + 4).join(' ')}`;

  it('is field 22 whatever the name of the program is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 15 }), (name) => {
        expect(startTicksOf(`12 (${name}) ${fields('S')}`)).toBe('22');
      }),
    );
  });

  it('is not there for a process that has ended, and for anything that is no such line', () => {
    for (const state of ['Z', 'X', 'x']) expect(startTicksOf(`12 (node) ${fields(state)}`)).toBeUndefined();
    for (const text of ['', 'nonsense', '12 (node) S 1 2']) expect(startTicksOf(text)).toBeUndefined();
  });

  onLinux('is that of this very process', () => {
    const identity = systemProcesses.identityOf(process.pid);
    expect(identity).toMatchObject({ pid: process.pid, startTicks: expect.stringMatching(/^\d+$/) });
    expect(systemProcesses.identityOf(process.pid)).toEqual(identity);
    expect(systemProcesses.ownerOf(process.pid)).toBe(process.getuid!());
    expect(systemProcesses.identityOf(2 ** 22)).toBeUndefined();
  });
});
