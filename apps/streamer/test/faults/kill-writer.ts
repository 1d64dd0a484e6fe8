import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '../process/recorder.ts';
import { chanceOf } from './chance.ts';
import { type Ending, endOf } from './ending.ts';
import { eventsOf, isLive, whileUnderLoad } from './recording.ts';

export interface KillWriterFigures extends Ending {
  readonly kills: number;
  readonly rowsPerSecond: number;
  readonly worstRecoveryMs: number;
}

const writerOf = (status: Status) => status.processes.find(({ role }) => role === 'writer')!;

/** Kills the writer again and again at moments of chance, each time as soon as the one before has recovered. */
export async function killWriter(options: {
  readonly seed: number;
  readonly kills: number;
  readonly symbols: readonly string[];
  readonly exchange: readonly string[];
  readonly pauseMsMax: number;
}): Promise<KillWriterFigures> {
  const chance = chanceOf(options.seed);
  let figures: KillWriterFigures | undefined;
  await whileUnderLoad(options, async ({ recorder, data, symbols }) => {
    await recorder.statusWhen(isLive);
    const startedAtMs = performance.now();
    let worstRecoveryMs = 0;
    for (let kill = 0; kill < options.kills; kill++) {
      await sleep(chance() * options.pauseMsMax);
      const { pid, restarts } = writerOf(await recorder.status());
      const killedAtMs = performance.now();
      process.kill(pid, 'SIGKILL');
      await recorder.statusWhen((status) => {
        const writer = writerOf(status);
        return writer.restarts > restarts && writer.state === 'ready';
      }, 30_000);
      worstRecoveryMs = Math.max(worstRecoveryMs, performance.now() - killedAtMs);
    }
    const events = eventsOf(await recorder.status());
    await recorder.statusWhen((status) => isLive(status) && eventsOf(status) > events);
    const recordedMs = performance.now() - startedAtMs;
    const ending = await endOf({ recorder, data, symbols });
    figures = {
      kills: options.kills,
      rowsPerSecond: Math.round(ending.audit.rows / (recordedMs / 1000)),
      worstRecoveryMs: Math.round(worstRecoveryMs),
      ...ending,
    };
  });
  return figures!;
}
