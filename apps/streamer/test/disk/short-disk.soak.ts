import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { audit, gapRowsOf, rowsOf } from '../faults/audit.ts';
import { auditFigures, printFigures, SOUND } from '../faults/figures.ts';
import { itNeeds } from '../faults/machine.ts';
import { MountedDisk, removeDisks } from '../faults/mounted-disk.ts';
import { isLive } from '../faults/recording.ts';
import { whileRecording } from '../process/generated-exchange.ts';
import { eventually } from '../process/recorder.ts';
import { diskOf, hastyRecorder } from './hasty-recorder.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const SIZE_KIB = 512 * 1024;

/** Leaves so much of the disk free. */
function leave(disk: MountedDisk, percent: number): void {
  rmSync(join(disk.path, 'ballast'), { force: true });
  const bytes = disk.freeBytes - (SIZE_KIB * 1024 * percent) / 100;
  writeFileSync(join(disk.path, 'ballast'), Buffer.alloc(Math.round(bytes), 1));
}

describe('a recorder on a small disk that somebody else fills', () => {
  const test = itNeeds('tmpfs');
  afterEach(removeDisks);

  test('gives up a stream until there is room, also in workers that are killed, and ends before the disk is full', async () => {
    const disk = MountedDisk.tmpfs(SIZE_KIB);
    const data = join(disk.path, 'data');
    const config = { storage: { output_dir: data } };
    await whileRecording(
      { symbols: SYMBOLS, config, main: (folder) => hastyRecorder(folder) },
      async ({ recorder, folder }) => {
        const bars = () => SYMBOLS.map((symbol) => rowsOf(join(data, symbol), 'kline').length);
        await recorder.statusWhen((status) => isLive(status) && diskOf(status)?.stage === 'ok');
        await recorder.statusWhen(({ streams }) => streams.every(({ events }) => events > 20));

        leave(disk, 30);
        const short = await recorder.statusWhen(
          (status) => diskOf(status)?.shedStreams.join() === 'kline_1m',
        );
        const reasons = () =>
          SYMBOLS.flatMap((symbol) => gapRowsOf(join(data, symbol)).map(({ reason }) => reason));
        await eventually(() => reasons().filter((reason) => reason === 'disk').length === SYMBOLS.length);
        const rowsWhenShort = bars();
        process.kill(short.processes.find(({ role }) => role === 'worker')!.pid, 'SIGKILL');
        await recorder.statusWhen(
          ({ processes, books, streams }) =>
            processes.some(({ restarts }) => restarts > 0) &&
            processes.every(({ state }) => state === 'ready') &&
            books.every(({ state }) => state === 'live') &&
            streams.every(({ stream }) => !stream.includes('kline')),
        );
        expect(bars()).toEqual(rowsWhenShort);

        // Nor do workers that a reload puts in the place of the others.
        const file = join(folder, 'config.yaml');
        const written = JSON.parse(readFileSync(file, 'utf8')) as { network: object };
        const network = { ...written.network, silence_timeout: '29s' };
        writeFileSync(file, JSON.stringify({ ...written, network }));
        process.kill(recorder.pid, 'SIGHUP');
        await eventually(() => recorder.output().stderr.includes('Reloaded'), undefined, 60_000);
        await recorder.statusWhen(
          ({ processes, books }) =>
            processes.filter(({ role }) => role === 'worker').every(({ id }) => id.endsWith('-r1')) &&
            books.every(({ state }) => state === 'live'),
        );
        expect(bars()).toEqual(rowsWhenShort);

        leave(disk, 70);
        await recorder.statusWhen(
          (status) => isLive(status) && bars().every((rows, at) => rows > rowsWhenShort[at]!),
        );
        expect(disk.freeBytes).toBeGreaterThan(0);

        leave(disk, 10);
        const { code } = await recorder.ended;
        const result = audit(data, SYMBOLS);
        printFigures('short disk', { code, freeBytes: disk.freeBytes, ...auditFigures(result) });
        expect(code).toBe(74);
        expect(disk.freeBytes).toBeGreaterThan(0);
        expect(result).toMatchObject({ ...SOUND, lost: result.declared });
      },
    );
  });
});
