import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { audit, gapRowsOf, rowsOf } from '../faults/audit.ts';
import { SOUND } from '../faults/figures.ts';
import { whileRecording } from '../process/generated-exchange.ts';
import { eventually, type Status } from '../process/recorder.ts';
import { diskOf, hastyRecorder } from './hasty-recorder.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const BARS = SYMBOLS.map((symbol) => `${symbol}@kline_1m`);
const DISK_FULL = 74;

/** Free percent of the disk that the recorder believes in. */
const says = (folder: string, percent: number): void => writeFileSync(join(folder, 'free'), `${percent}`);

function recorderThatBelieves(folder: string): string {
  says(folder, 90);
  const free = `Number(readFileSync(${JSON.stringify(join(folder, 'free'))}, 'utf8') || 90)`;
  return hastyRecorder(folder, `async () => ({ freeBytes: ${free} * 1e6, totalBytes: 100e6 })`);
}

const barsOf = ({ streams }: Status) => streams.filter(({ stream }) => BARS.includes(stream));
const pidsOf = ({ processes }: Status) => processes.map(({ id, pid }) => `${id} ${pid}`);

describe('a recorder whose disk fills', () => {
  it('gives up a stream and takes it back in the workers that there are, and ends when nothing else helps', async () => {
    const options = { symbols: SYMBOLS, main: recorderThatBelieves };
    await whileRecording(options, async ({ recorder, data, folder }) => {
      const before = await recorder.statusWhen(
        (status) => status.state === 'healthy' && diskOf(status)?.stage === 'ok',
      );
      const folders = SYMBOLS.map((symbol) => join(data, symbol));
      const bars = () => folders.map((path) => (existsSync(path) ? rowsOf(path, 'kline').length : 0));
      const gaps = () => folders.flatMap((path) => gapRowsOf(path)).filter(({ reason }) => reason === 'disk');
      await eventually(() => bars().every((rows) => rows > 0));

      says(folder, 30);
      const short = await recorder.statusWhen(
        (status) => diskOf(status)?.stage === 'shed' && barsOf(status).length === 0,
      );
      expect(short.state).toBe('degraded');
      expect(diskOf(short)?.shedStreams).toEqual(['kline_1m']);
      await eventually(() => gaps().length >= SYMBOLS.length);
      const rowsWhenShort = bars();

      says(folder, 90);
      const after = await recorder.statusWhen(
        (status) =>
          status.state === 'healthy' &&
          barsOf(status).length === 2 &&
          bars().every((rows, at) => rows > rowsWhenShort[at]!),
      );
      expect(pidsOf(after)).toEqual(pidsOf(before));

      says(folder, 10);
      const { code, stderr } = await recorder.ended;
      expect(code).toBe(DISK_FULL);
      expect(stderr).not.toMatch(/ChildExited|MessageRejected|StreamSilent|SubscriptionRefused|StopFailed/);
      expect(new Set(gaps().map(({ stream }) => stream))).toEqual(new Set(BARS));
      expect(audit(data, SYMBOLS)).toMatchObject({ ...SOUND, lost: 0 });
    });
  }, 60_000);
});
