import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { loadConfig } from '@org/config';
import { type Exchange, startExchange } from '@org/exchange-simulator';
import { LocalDoor } from '@org/flow';
import { doctor } from '../../src/cli/doctor-command.ts';
import { recorderSockets } from '../../src/control/recorder-sockets.ts';
import { readListing } from '../../src/control/universe/listing.ts';
import { examine, heardStreams } from '../../src/doctor/examine.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import type { Probes } from '../../src/doctor/probes.ts';
import { probeFolder, probeRoom } from '../../src/doctor/probes/folder-probe.ts';
import { probeDoor, probePort } from '../../src/doctor/probes/local-probe.ts';
import { textReport } from '../../src/doctor/report.ts';
import { TurnedClock } from '../logging/turned-clock.ts';

const config = (sections: Record<string, unknown> = {}) =>
  loadConfig({ text: JSON.stringify({ symbols: { pairs: ['BTCUSDT'] }, ...sections }), path: 'config.yaml' });

const listing = readListing({
  symbols: ['BTCUSDT', 'ETHUSDT', 'XRPUSDT'].map((symbol) => ({
    symbol, status: 'TRADING', contractType: 'PERPETUAL', baseAsset: 'B', quoteAsset: 'USDT', filters: [],
  })),
}); // prettier-ignore

/** Probes of a machine and an exchange that have nothing wrong. */
function soundProbes(clock: TurnedClock): Probes {
  const atOnce = <T>(found: T) => Promise.resolve(found);
  return {
    clock,
    machine: () => ({
      version: '22.0.0', tlsRejectUnauthorized: undefined, cores: 4, availableBytes: 1e11,
      limits: 'Max open files            20000   20000  files',
    }),
    folder: (path) => atOnce({ probed: path, exists: true }),
    room: () => atOnce({ freeBytes: 1e13, freeFiles: undefined }),
    listing: () => atOnce({ found: listing, tookMs: 10 }),
    time: () => atOnce({ found: [{ sentAtMs: 0, serverMs: 5, receivedAtMs: 10 }] }),
    routes: (streams) =>
      atOnce([
        {
          route: 'public', address: 'wss://x/public/stream', isOpened: true, isAcknowledged: true, closedBecause: undefined,
          streams: streams.map(({ symbol, stream }) => ({ key: `${symbol}@${stream}`, firstFrameMs: 5 })), listenedMs: 10,
        },
      ]),
    isHeld: () => atOnce(false),
    nats: ({ servers }) =>
      atOnce(servers.map((server) => ({ server, found: { version: '2.11.0', hasJetStream: true, doubts: [] } }))),
    port: (host, port) => atOnce({ host, port, problem: undefined, isRecorder: false }),
  }; // prettier-ignore
}

/** Everything that needs NATS. */
const WITH_NATS = { cluster: { role: 'collector' }, storage: { formats: ['csv', 'nats'] } };

const NEVER = () => new Promise<never>(() => undefined);
const BROKEN = () => Promise.reject(new Error('EIO: i/o error'));

describe('the doctor', () => {
  it('finds nothing where nothing is wrong, in the same order every time', async () => {
    const clock = new TurnedClock();
    const findings = await examine(config(WITH_NATS), soundProbes(clock));
    expect(findings.map(({ check, level }) => `${level} ${check}`)).toEqual([
      'ok config', 'ok node', 'ok storage.output_dir', 'ok logging.dir', 'ok free space', 'ok memory', 'ok open files',
      'ok connections', 'ok clock', 'ok rest', 'ok route /public',
      'ok cluster.servers', 'ok storage.nats.servers', 'ok recorder', 'ok monitoring',
    ]); // prettier-ignore
    const documented = readFileSync('docs/doctor.md', 'utf8');
    for (const { check } of findings) expect(documented).toContain(`\`${check}\``);
    expect(clock.timers).toBe(0);
  });

  it('ends within ten seconds where nothing answers at all, with a finding each', async () => {
    const clock = new TurnedClock();
    const machine = () => soundProbes(clock).machine();
    const probes = { clock, machine, folder: NEVER, room: NEVER, listing: NEVER, time: NEVER, routes: NEVER, isHeld: NEVER, nats: NEVER, port: NEVER }; // prettier-ignore
    for (const pairs of [['BTCUSDT'], ['*']]) {
      const startedAtMs = clock.nowMs();
      const examined = examine(config({ symbols: { pairs }, ...WITH_NATS }), probes);
      for (let turn = 0; turn < 200; turn++) {
        await clock.settle(20);
        clock.advance(50);
      }
      const findings = await examined;
      expect(clock.nowMs() - startedAtMs).toBeLessThanOrEqual(10_000);
      expect(findings.filter(({ level }) => level === 'error').map(({ check }) => check)).toEqual([
        'storage.output_dir', 'logging.dir', 'free space', 'rest', 'route', 'cluster.servers', 'storage.nats.servers', 'recorder', 'monitoring',
      ]); // prettier-ignore
      for (const { what, advice } of findings) expect([what, advice].join()).not.toMatch(/undefined|\n/);
    }
    expect(clock.timers).toBe(0);
  });

  it.each(['folder', 'room', 'listing', 'time', 'routes', 'isHeld', 'nats', 'port'] as const)(
    'makes a finding of a %s probe that fails, and looks at all the rest',
    async (probe) => {
      const findings = await examine(config(WITH_NATS), {
        ...soundProbes(new TurnedClock()),
        [probe]: BROKEN,
      });
      const bad = findings.filter(({ level }) => level !== 'ok');
      expect(bad.length).toBe(probe === 'folder' || probe === 'nats' ? 2 : 1);
      expect(bad[0]!.what).toMatch(/EIO/);
      expect(bad[0]!.advice).not.toBe('');
    },
  );

  it('listens to a large symbol where the exchange is to choose, and to few of those that are named', () => {
    const named = config({ symbols: { pairs: ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT'], streams: ['aggTrade'] } });
    expect(heardStreams(named, named.symbols.pairs).map(({ symbol }) => symbol)).toEqual([
      'AUSDT',
      'BUSDT',
      'CUSDT',
    ]);
    const all = config({ symbols: { pairs: ['*'], streams: ['aggTrade'] } });
    expect(heardStreams(all, ['ETHUSDT', 'BTCUSDT'])[0]).toEqual({ symbol: 'BTCUSDT', stream: 'aggTrade' });
    expect(heardStreams(all, [])).toEqual([{ symbol: 'BTCUSDT', stream: 'aggTrade' }]);
  });

  it('prints nothing that a terminal would act upon', () => {
    const finding: Finding = {
      check: 'rest',
      level: 'error',
      what: 'said \u001b[2J\nok',
      advice: 'a\u202eb',
    };
    expect(textReport([finding], false)).not.toMatch(/\u001b|\u202e/);
    expect(textReport([finding], true)).toContain('\u001b[31merror');
  });
});

describe('the doctor on a real machine', () => {
  let folder = '';
  let exchange: Exchange | undefined;

  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'doctor-'))));
  afterEach(async () => {
    await exchange?.stop();
    exchange = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the command prints and returns, with a configuration for the exchange. */
  async function examined(sections: Record<string, unknown> = {}) {
    const { restUrl, wsUrl } = exchange!;
    const file = join(folder, 'config.yaml');
    const text = {
      network: { rest_url: restUrl, ws_url: wsUrl },
      symbols: { pairs: ['BTCUSDT'] },
      storage: { output_dir: join(folder, 'data') },
      logging: { dir: join(folder, 'logs') },
      monitoring: { port: 0 },
      ...sections,
    };
    writeFileSync(file, JSON.stringify(text));
    const output = new PassThrough();
    const exitCode = await doctor({ config: file, json: true }, output, () => undefined);
    const findings = JSON.parse(String(output.read())) as Finding[];
    // What this machine has is none of the test's business.
    const own = ['free space', 'memory', 'open files'];
    const problems = findings.filter(({ check, level }) => level !== 'ok' && !own.includes(check));
    return { exitCode, findings, problems: problems.map(({ check, level }) => `${level} ${check}`) };
  }

  it('has nothing to say against a sound exchange, and leaves nothing behind', async () => {
    exchange = await startExchange({ symbols: ['BTCUSDT'], seed: 1 });
    const { exitCode, findings, problems } = await examined();
    expect([exitCode, problems]).toEqual([0, []]);
    for (const check of ['clock', 'rest', 'route /public', 'route /market'])
      expect(findings).toContainEqual(expect.objectContaining({ check, level: 'ok' }));
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  it('says what it can where nothing listens, without waiting for all of its time', async () => {
    exchange = await startExchange({ symbols: ['BTCUSDT'], seed: 1 });
    await exchange.stop();
    const { exitCode, problems } = await examined();
    expect(exitCode).toBe(1);
    expect(problems).toEqual(['warn clock', 'error rest', 'error route /market', 'error route /public']);
  });

  it('finds out whether the folder is held and who is on the port', async () => {
    expect(await probeDoor(join(folder, 'not-there'))).toBe(false);
    expect(await probeDoor(folder)).toBe(false);
    const door = new LocalDoor({ socketPath: recorderSockets(folder).doorSocket, handlers: { visited: () => undefined, left: () => undefined } }); // prettier-ignore
    await door.listen();
    expect(await probeDoor(folder)).toBe(true);
    await door.close();
    const server = createServer((_, response) => response.end('{"processes":[]}')).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as AddressInfo;
    expect(await probePort('127.0.0.1', port)).toMatchObject({ problem: 'EADDRINUSE', isRecorder: true });
    await new Promise((closed) => server.close(closed));
    expect(await probePort('127.0.0.1', port)).toMatchObject({ problem: undefined });
    expect(await probePort('192.0.2.1', 0)).toMatchObject({ problem: 'EADDRNOTAVAIL' });
  });

  it('tries folders as the recorder uses them', async () => {
    expect(await probeFolder(join(folder, 'a', 'b'))).toEqual({ probed: folder, exists: false });
    expect(await probeFolder(folder)).toEqual({ probed: folder, exists: true });
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, 'file'), '');
    await expect(probeFolder(join(folder, 'file', 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(probeFolder(join(folder, 'file'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect((await probeRoom(join(folder, 'a'))).freeBytes).toBeGreaterThan(0);
    if (process.getuid?.() === 0) return;
    chmodSync(folder, 0o500);
    await expect(probeFolder(folder)).rejects.toMatchObject({ code: 'EACCES' });
    chmodSync(folder, 0o700);
  });
});
