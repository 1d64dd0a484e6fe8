import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { WebSocket } from 'ws';

const main = path.resolve('libs/exchange-simulator/dist/main.js');
/** Processes run from the build, which `npm test` makes first. */
const withBuild = existsSync(main) ? it : it.skip;

/** On a busy machine it takes seconds until a process listens. */
jest.setTimeout(30_000);

const children: ChildProcess[] = [];
let folder: string;

interface Run {
  readonly child: ChildProcess;
  output(): string;
  errors(): string;
  readonly exited: Promise<number | null>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (data: Buffer) => (texts[name] += data.toString()));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { child, output: () => texts.stdout, errors: () => texts.stderr, exited };
}

async function listening(started: Run): Promise<number> {
  while (!started.output().includes('listening')) await once(started.child.stdout!, 'data');
  return Number(/http:\/\/127\.0\.0\.1:(\d+) /.exec(started.output())![1]);
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(socket.destroy() !== undefined));
    socket.on('error', () => resolve(false));
  });
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'simulator-cli-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

describe('the command line', () => {
  withBuild('explains itself', async () => {
    const help = run('serve', '--help');
    expect(await help.exited).toBe(0);
    for (const flag of [
      '--port',
      '--replay',
      '--symbols',
      '--speed',
      '--faults',
      '--depth-cuts',
      '--control',
      '--symbol-count',
      '--tls',
      '--load',
      '--bursts',
    ])
      expect(help.output()).toContain(flag);
  });

  withBuild.each([
    ['an unknown flag', ['serve', '--port', '0', '--symbols', 'BTCUSDT', '--colour', 'red'], /--colour/],
    ['a value that is none', ['serve', '--port', '70000', '--symbols', 'BTCUSDT'], /0 to 65535/],
    ['two markets at once', ['serve', '--port', '0', '--symbols', 'BTCUSDT', '--replay', '.'], /--replay/],
    ['no market', ['serve', '--port', '0'], /--symbols/],
    ['no time', ['serve', '--port', '0', '--symbols', 'BTCUSDT', '--start-time', 'noon'], /2026-11-22T10/],
    [
      'bursts without a load',
      ['serve', '--port', '0', '--symbol-count', '2', '--load-tick', '9ms'],
      /--load/,
    ],
    ['a load in a replay', ['serve', '--port', '0', '--replay', '.', '--load', '5'], /--load/],
    [
      'bursts that are none',
      ['serve', '--port', '0', '--symbol-count', '2', '--load', '5', '--bursts', '5s@10s'],
      /5s:20000@10s/,
    ],
    [
      'bursts at once',
      ['serve', '--port', '0', '--symbol-count', '2', '--load', '5', '--bursts', '5s:9@1s,5s:9@4s'],
      /overlap/,
    ],
  ])('ends with code 2 and a message for %s', async (_, args, message) => {
    const started = run(...args);
    expect(await started.exited).toBe(2);
    expect(started.errors()).toMatch(message);
  });

  withBuild('starts the made-up market at the given time', async () => {
    const started = run(
      'serve',
      '--port',
      '0',
      '--symbols',
      'BTCUSDT',
      '--start-time',
      '2024-07-18T23:59:00Z',
    );
    const url = `http://127.0.0.1:${await listening(started)}/fapi/v1/depth?symbol=BTCUSDT&limit=5`;
    const { E } = (await (await fetch(url)).json()) as { E: number };
    expect(E - Date.UTC(2024, 6, 18, 23, 59)).toBeGreaterThanOrEqual(0);
    expect(E - Date.UTC(2024, 6, 18, 23, 59)).toBeLessThan(60_000);
    started.child.kill('SIGTERM');
    expect(await started.exited).toBe(0);
  });

  withBuild('names every mistake of a fault script and ends with code 2', async () => {
    const faults = path.join(folder, 'faults.yaml');
    writeFileSync(faults, '- { fault: silence }\n- { fault: cut, at: soon }\n');
    const started = run('serve', '--port', '0', '--symbols', 'BTCUSDT', '--faults', faults);
    expect(await started.exited).toBe(2);
    expect(started.errors()).toMatch(/\[0\]\.duration.*\[1\]\.at/);
  });

  withBuild.each(['SIGTERM', 'SIGINT'] as const)(
    'leaves with code 0, a report and a free port on %s',
    async (signal) => {
      const started = run('serve', '--port', '0', '--symbols', 'BTCUSDT,ETHUSDT');
      const port = await listening(started);
      expect((await fetch(`http://127.0.0.1:${port}/fapi/v1/ping`)).status).toBe(200);
      started.child.kill(signal);
      expect(await started.exited).toBe(0);
      const report: unknown = JSON.parse(started.output().slice(started.output().indexOf('{')));
      expect(report).toMatchObject({ rest: [{ path: '/fapi/v1/ping', status: 200, requests: 1 }] });
      expect(await isTaken(port)).toBe(false);
    },
  );

  withBuild('takes faults and tells its report on the control port', async () => {
    const started = run('serve', '--port', '0', '--symbols', 'BTCUSDT', '--control', '--changes', '2');
    const base = `http://127.0.0.1:${await listening(started)}`;
    const body = '[{"fault":"rest451"}]';
    expect((await fetch(`${base}/simulator/faults`, { method: 'POST', body })).status).toBe(202);
    expect((await fetch(`${base}/fapi/v1/ping`)).status).toBe(451);
    const report: unknown = await (await fetch(`${base}/simulator/report`)).json();
    expect(report).toMatchObject({ rest: [{ path: '/fapi/v1/ping', status: 451, requests: 1 }] });
  });

  withBuild('plays a load with bursts, and tells at the end what it sent', async () => {
    const started = run(
      ...['serve', '--port', '0', '--symbol-count', '3', '--load', '50', '--bursts', '60s:4000@100ms'],
      ...['--load-tick', '10ms', '--levels', '60', '--changes', '3'],
    );
    const port = await listening(started);
    const client = new WebSocket(`ws://127.0.0.1:${port}/public/stream?streams=sim0002usdt@depth@0ms`);
    const closed = once(client, 'close');
    let frames = 0;
    await new Promise<void>((resolve) => {
      client.on('message', () => {
        if (++frames === 200) resolve();
      });
    });
    started.child.kill('SIGTERM');
    await closed;
    expect(await started.exited).toBe(0);
    const report: unknown = JSON.parse(started.output().slice(started.output().indexOf('{')));
    expect(report).toMatchObject({
      load: { sent: { depth: frames, aggTrade: 0, kline: 0 } },
      streams: { 'sim0002usdt@depth@0ms': { frames } },
    });
  });

  withBuild('answers https, and writes the certificate that makes it trusted', async () => {
    const caFile = path.join(folder, 'ca.pem');
    const started = run('serve', '--port', '0', '--symbols', 'BTCUSDT', '--tls-ca-file', caFile);
    while (!started.output().includes('listening')) await once(started.child.stdout!, 'data');
    const found = /(https:\/\/127\.0\.0\.1:\d+) and wss:\/\/127\.0\.0\.1:\d+\n/.exec(started.output())!;
    const status = await new Promise((resolve, reject) => {
      request(`${found[1]}/fapi/v1/ping`, { ca: readFileSync(caFile) }, (answer) =>
        resolve(answer.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });

  withBuild('plays captures, writes what it sent and leaves when it is done', async () => {
    const frame =
      '{"stream":"aausdt@depth@0ms","data":{"e":"depthUpdate","E":1,"T":1,"s":"AAUSDT","U":2,"u":2,"pu":1,"b":[],"a":[]}}';
    writeFileSync(path.join(folder, 'aausdt_20231114.gz'), gzipSync(`1700000000000000000 ${frame}\n`));
    const [log, report] = [path.join(folder, 'sent.log'), path.join(folder, 'report.json')];
    const started = run(
      'serve',
      '--port',
      '0',
      '--replay',
      folder,
      '--settle',
      '1ms',
      '--sent-log',
      log,
      '--report',
      report,
      '--exit-when-done',
    );
    const port = await listening(started);
    const head = [
      'GET /public/stream?streams=aausdt@depth@0ms HTTP/1.1',
      'Host: x',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==',
    ];
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head.join('\r\n')}\r\n\r\n`));
    expect(await started.exited).toBe(0);
    socket.destroy();
    expect(readFileSync(log, 'utf8')).toMatch(
      new RegExp(`^\\d{19} aausdt@depth@0ms ${frame.replace(/[[\]{}]/g, '\\$&')}\n$`),
    );
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
      streams: { 'aausdt@depth@0ms': { frames: 1, firstId: 2, lastId: 2 } },
    });
    expect(started.output()).toContain('replay finished');
  });
});
