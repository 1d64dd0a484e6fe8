import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessStatus, Status } from '../process/recorder.ts';
import { chanceOf } from './chance.ts';
import { type Ending, endOf } from './ending.ts';
import { eventsOf, isLive, whileUnderLoad } from './recording.ts';

export interface KillWorkersFigures extends Ending {
  readonly kills: number;
  readonly worstRecoveryMs: number;
}

const workersOf = (status: Status): ProcessStatus[] =>
  status.processes.filter(({ role }) => role === 'worker');

const isBack = (status: Status, victim: ProcessStatus): boolean =>
  isLive(status) &&
  workersOf(status).some(({ id, pid, state }) => id === victim.id && pid !== victim.pid && state === 'ready');

/** Kills a worker of chance again and again; one line at a time, for the next one waits until the last is back. */
export async function killWorkers(options: {
  readonly seed: number;
  readonly kills: number;
  readonly redundancy: 1 | 2;
  readonly symbols: readonly string[];
  readonly exchange: readonly string[];
  /** After a worker is back, and at most as long again. */
  readonly pauseMs: number;
  /** Time for the last repairs. */
  readonly settleMs: number;
}): Promise<KillWorkersFigures> {
  const chance = chanceOf(options.seed);
  const { redundancy, pauseMs } = options;
  let figures: KillWorkersFigures | undefined;
  await whileUnderLoad({ ...options, network: { redundancy } }, async ({ recorder, data, symbols }) => {
    await recorder.statusWhen(isLive);
    let worstRecoveryMs = 0;
    for (let kill = 0; kill < options.kills; kill++) {
      await sleep(pauseMs * (1 + chance()));
      const workers = workersOf(await recorder.status());
      const victim = workers[Math.floor(chance() * workers.length)]!;
      const killedAtMs = performance.now();
      process.kill(victim.pid, 'SIGKILL');
      await recorder.statusWhen((status) => isBack(status, victim), 60_000);
      worstRecoveryMs = Math.max(worstRecoveryMs, performance.now() - killedAtMs);
    }
    const events = eventsOf(await recorder.status());
    await recorder.statusWhen((status) => eventsOf(status) > events);
    await sleep(options.settleMs);
    figures = {
      kills: options.kills,
      worstRecoveryMs: Math.round(worstRecoveryMs),
      ...(await endOf({ recorder, data, symbols })),
    };
  });
  return figures!;
}
