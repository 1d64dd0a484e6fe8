import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gapRowsOf, rowsOf } from '../faults/audit.ts';
import { systemProcesses } from '../../src/daemon/process-table.ts';
import { eventually } from '../process/recorder.ts';
import { DaemonFolder } from './daemon-folder.ts';

const onLinux = process.platform === 'linux' ? it : it.skip;

const STREAMS = ['aggTrade', 'depth@0ms', 'kline_1m'];

describe('a recorder in the background', () => {
  onLinux(
    'starts once, shows how it is, takes another configuration without a gap for what stays, and stops',
    async () => {
      await DaemonFolder.with(async (folder) => {
        folder.configure({ symbols: { pairs: ['BTCUSDT', 'ETHUSDT'], streams: STREAMS } });
        expect(await folder.run('status')).toMatchObject({
          code: 3,
          stderr: expect.stringMatching(/^no recorder runs in/),
        });

        const started = await folder.run('start');
        expect({ ...started, code: 0 }).toEqual(started);
        const { pid, url } = folder.recorder!;
        expect(started.stdout).toBe(`recording: process ${pid}, ${url}, into ${folder.data}\n`);

        const [text, json, again] = await Promise.all([
          folder.run('status'),
          folder.run('status', '--json'),
          folder.run('start'),
        ]);
        expect(text).toMatchObject({
          code: 0,
          stderr: '',
          stdout: expect.stringMatching(/^healthy, up .*, 2 symbols, /),
        });
        expect(JSON.parse(json.stdout)).toMatchObject({ state: 'healthy' });
        expect(again).toMatchObject({
          code: 75,
          stderr: expect.stringMatching(new RegExp(`process ${pid}\n$`)),
        });

        folder.configure({
          symbols: { pairs: ['BTCUSDT', 'SOLUSDT'], streams: STREAMS },
          orderbook: { snapshot_interval: '300ms' },
          storage: { output_dir: './data', rotation: 'hourly' },
        });
        expect(await folder.run('reload')).toEqual({
          code: 0,
          stdout: 'the new configuration is taken\n',
          stderr: 'only a restart changes storage.rotation\n',
        });
        const tops = () =>
          new Set(rowsOf(join(folder.data, 'BTCUSDT'), 'orderbook').map(([time]) => time)).size;
        const before = tops();
        await eventually(
          async () => tops() > before + 3 && namesOf(await folder.status()).includes('SOLUSDT@aggTrade'),
        );

        folder.configure({
          symbols: { pairs: ['BTCUSDT', 'SOLUSDT'], streams: ['aggTrade', 'depth@0ms', 'kline_5m'] },
        });
        expect(await folder.run('reload')).toMatchObject({ code: 0 });
        expect(namesOf(await folder.status())).toEqual(
          ['BTCUSDT', 'SOLUSDT'].flatMap((symbol) =>
            ['aggTrade', 'depth@0ms', 'kline_5m'].map((name) => `${symbol}@${name}`),
          ),
        );

        const { processes } = await folder.status();
        expect(processes.find(({ role }) => role === 'primary')).toMatchObject({ pid });
        const stopped = await folder.run('stop');
        expect(stopped).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(`stopped: process ${pid}, after`),
        });
        for (const child of processes) expect(isAlive(child.pid)).toBe(false);
        expect(gapRowsOf(join(folder.data, 'BTCUSDT'))).toEqual([]);
        expect(rowsOf(join(folder.data, 'BTCUSDT'), 'kline').map((row) => row[12])).toEqual(
          expect.arrayContaining(['1m', '5m']),
        );
        expect(await folder.run('stop')).toMatchObject({ code: 3 });
        expect(existsSync(join(folder.data, '.streamer.pid'))).toBe(false);
        expect(readdirSync(join(folder.path, 'logs')).filter((name) => name.startsWith('start'))).toEqual([
          'start.log',
        ]);
        expect(readFileSync(join(folder.path, 'logs', 'start.log'), 'utf8')).toMatch(/recorded 2 symbols/);
      });
    },
    90_000,
  );

  onLinux(
    'is started anew after its primary was killed, and says what serve says when it cannot start',
    async () => {
      await DaemonFolder.with(async (folder) => {
        folder.configure({ symbols: { pairs: ['BTCUSDT'], streams: ['aggTrade'] } });
        expect(await folder.run('start', '--symbols', 'ETHUSDT')).toMatchObject({ code: 0 });
        const first = folder.recorder!;
        process.kill(first.pid, 'SIGKILL');
        await eventually(() => !isAlive(first.pid));
        expect(await folder.run('status', '--json')).toMatchObject({
          code: 3,
          stdout: expect.stringMatching(/"state": "not-running"/),
        });
        expect(await folder.run('restart')).toMatchObject({ code: 0 });
        const second = folder.recorder!;
        expect(second.pid).not.toBe(first.pid);
        expect(namesOf(await folder.status())).toEqual(['BTCUSDT@aggTrade']);

        folder.configure({
          symbols: { pairs: ['BTCUSDT'] },
          monitoring: { port: Number(new URL(second.url!).port) },
        });
        const other = join(folder.path, 'other');
        expect(await folder.run('start', '--output-dir', other)).toMatchObject({
          code: 69,
          stderr: expect.stringMatching(/^monitoring\.port: cannot listen on 127\.0\.0\.1:\d+: /m),
        });
        expect(await folder.run('stop', '--output-dir', folder.data)).toMatchObject({ code: 0 });
      });
    },
    90_000,
  );
});

/** Not what has ended and waits for whoever inherited it to look. */
function isAlive(pid: number): boolean {
  return systemProcesses.identityOf(pid) !== undefined;
}

function namesOf({ streams }: { readonly streams: readonly { readonly stream: string }[] }): string[] {
  return streams.map(({ stream }) => stream);
}
