import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { audit, rowsOf } from '../faults/audit.ts';
import { SOUND } from '../faults/figures.ts';
import { isLive } from '../faults/recording.ts';
import { whileRecording } from '../process/generated-exchange.ts';
import { eventually, type Recorder } from '../process/recorder.ts';
import {
  caughtUp,
  concernsOf,
  processOf,
  recorderWithSecondStore,
  setFault,
  sinkOf,
  storedRows,
  WITH_SECOND,
} from './second-store.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

/** Its successor is ready. */
async function killed(recorder: Recorder, id: string): Promise<void> {
  const { pid, restarts } = processOf(await recorder.status(), id);
  process.kill(pid, 'SIGKILL');
  await recorder.statusWhen(
    (status) => processOf(status, id).restarts > restarts && processOf(status, id).state === 'ready',
  );
}

describe('a sink in a process of its own', () => {
  it('costs recording nothing while its store is down, and has all rows of the first sink after restarts and kills', async () => {
    const options = { symbols: SYMBOLS, storage: WITH_SECOND, main: recorderWithSecondStore };
    await whileRecording(options, async ({ recorder, startAgain, data, folder }) => {
      setFault(folder, 'fails');
      const down = await recorder.statusWhen(
        ({ state, books }) =>
          state === 'degraded' && books.length === 2 && books.every((book) => book.state === 'live'),
      );
      expect(await recorder.get('/readyz')).toMatchObject({ status: 200, body: { obstacles: [] } });
      expect(sinkOf(down)).toMatchObject({ name: 'postgres', state: 'waiting', isHeld: true });
      expect(concernsOf(down)).toEqual([
        expect.stringMatching(/^sink postgres: connect .* recording goes on, \d+ bytes are kept/),
      ]);
      expect(processOf(down, 'sink-postgres').role).toBe('sink');
      const folderOfBtc = join(data, 'BTCUSDT');
      await eventually(() => existsSync(folderOfBtc) && rowsOf(folderOfBtc, 'depth').length > 0);
      const first = await recorder.stop();
      expect(first.code).toBe(0);
      expect(first.stderr).toMatch(/SinkLeftBehind/);
      expect(first.stderr + JSON.stringify(down)).not.toMatch(/s3cret|StopFailed/);

      setFault(folder, 'breaks');
      const again = startAgain();
      await again.statusWhen((status) => sinkOf(status).errors > 0);
      setFault(folder, undefined);
      await caughtUp(again);
      await killed(again, 'writer');
      await killed(again, 'sink-postgres');
      await caughtUp(again);
      await again.statusWhen(isLive);
      const { code, stderr } = await again.stop();
      expect(code).toBe(0);
      expect(stderr).not.toMatch(/SinkLeftBehind|StopFailed/);
      const second = join(folder, 'second');
      expect(storedRows(second, SYMBOLS)).toEqual(storedRows(data, SYMBOLS));
      expect(audit(second, SYMBOLS)).toMatchObject(SOUND);
    });
  }, 90_000);
});
