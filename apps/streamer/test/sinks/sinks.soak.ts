import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { audit } from '../faults/audit.ts';
import { chanceOf, seedOfRun } from '../faults/chance.ts';
import { auditFigures, printFigures, SOUND } from '../faults/figures.ts';
import { isLive } from '../faults/recording.ts';
import { whileRecording } from '../process/generated-exchange.ts';
import type { Recorder } from '../process/recorder.ts';
import { caughtUp, processOf, recorderWithSecondStore, setFault, sinkOf, storedRows, WITH_SECOND } from './second-store.ts'; // prettier-ignore

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'];
const KILLS = Number(process.env['FAULT_COUNT'] ?? 60);

async function killed(recorder: Recorder, id: string): Promise<void> {
  const { pid, restarts } = processOf(await recorder.status(), id);
  process.kill(pid, 'SIGKILL');
  await recorder.statusWhen(
    (status) => processOf(status, id).restarts > restarts && processOf(status, id).state === 'ready',
    60_000,
  );
}

describe('a sink in a process of its own', () => {
  it('has the rows of the first sink, each once, while it and the writer are killed and its store fails', async () => {
    const seed = seedOfRun();
    const chance = chanceOf(seed);
    const options = { symbols: SYMBOLS, storage: WITH_SECOND, main: recorderWithSecondStore };
    await whileRecording(options, async ({ recorder, data, folder }) => {
      await recorder.statusWhen((status) => isLive(status) && sinkOf(status).state === 'following');
      for (let kill = 0; kill < KILLS; kill++) {
        await sleep(chance() * 1500);
        const kind = chance();
        if (kind < 0.4) await killed(recorder, 'writer');
        else if (kind < 0.8) await killed(recorder, 'sink-postgres');
        else {
          setFault(folder, kind < 0.87 ? 'fails' : kind < 0.94 ? 'hangs' : 'breaks');
          await sleep(chance() * 3000);
          setFault(folder, undefined);
        }
      }
      await caughtUp(recorder, 120_000);
      const { code, stderr } = await recorder.stop();
      expect(code).toBe(0);
      expect(stderr).not.toMatch(/SinkLeftBehind|StopFailed/);
      const second = join(folder, 'second');
      const found = audit(second, SYMBOLS);
      printFigures('sink and writer kill -9', { seed, kills: KILLS, ...auditFigures(found) });
      expect(found).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
      expect(storedRows(second, SYMBOLS)).toEqual(storedRows(data, SYMBOLS));
    });
  });

  it('changes neither what the writer does nor what it stores while it is frozen', async () => {
    const options = { symbols: SYMBOLS, storage: WITH_SECOND, main: recorderWithSecondStore };
    await whileRecording(options, async ({ recorder, data, folder }) => {
      await recorder.statusWhen((status) => isLive(status) && sinkOf(status).state === 'following');
      await sleep(5000);
      const before = await recorder.status();
      process.kill(processOf(before, 'sink-postgres').pid, 'SIGSTOP');
      const frozen = await recorder.statusWhen((status) => sinkOf(status).state === 'down');
      expect(frozen.state).toBe('degraded');
      expect((await recorder.get('/readyz')).status).toBe(200);
      await sleep(15_000);
      const after = await recorder.status();
      printFigures('write latency, ms', {
        p50Before: before.writeLatencyMs.p50,
        p50After: after.writeLatencyMs.p50,
        p99Before: before.writeLatencyMs.p99,
        p99After: after.writeLatencyMs.p99,
      });
      expect(after.writeLatencyMs.p50).toBeLessThan(before.writeLatencyMs.p50 * 2 + 5);
      expect(sinkOf(after).backlogBytes).toBeGreaterThan(sinkOf(frozen).backlogBytes);
      process.kill(processOf(before, 'sink-postgres').pid, 'SIGCONT');
      await recorder.statusWhen((status) => status.state === 'healthy');
      await caughtUp(recorder);
      expect((await recorder.stop()).code).toBe(0);
      const second = join(folder, 'second');
      expect(storedRows(second, SYMBOLS)).toEqual(storedRows(data, SYMBOLS));
      expect(audit(data, SYMBOLS)).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
    });
  });

  it('is ended at a clean stop although it is frozen, and the recorder ends as it should', async () => {
    const options = { symbols: SYMBOLS, storage: WITH_SECOND, main: recorderWithSecondStore };
    await whileRecording(options, async ({ recorder, data }) => {
      const status = await recorder.statusWhen((now) => isLive(now) && sinkOf(now).state === 'following');
      process.kill(processOf(status, 'sink-postgres').pid, 'SIGSTOP');
      const { code } = await recorder.stop();
      expect(code).toBe(0);
      expect(audit(data, SYMBOLS)).toMatchObject({ ...SOUND, lost: 0 });
    });
  });
});
