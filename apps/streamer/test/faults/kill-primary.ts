import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, isAlive } from '../process/recorder.ts';
import { audit, type Audit } from './audit.ts';
import { eventsOf, isLive, whileUnderLoad } from './recording.ts';

export interface KillPrimaryFigures {
  readonly kills: number;
  readonly recordedAloneMs: number;
  /** From the start of the next primary until the last process of the one before has left. */
  readonly worstHandoverMs: number;
  readonly audit: Audit;
}

/** Kills the primary, lets its children record on alone, and starts the next one, again and again. */
export async function killPrimary(options: {
  readonly kills: number;
  readonly aloneMs: number;
  readonly symbols: readonly string[];
  readonly exchange: readonly string[];
}): Promise<KillPrimaryFigures> {
  let figures: KillPrimaryFigures | undefined;
  const config = { general: { orphan_timeout: `${options.aloneMs + 60_000}ms` } };
  await whileUnderLoad({ ...options, config }, async ({ recorder: first, startAgain, data, symbols }) => {
    let recorder = first;
    let worstHandoverMs = 0;
    for (let kill = 0; kill < options.kills; kill++) {
      const { processes } = await recorder.statusWhen(isLive);
      const orphans = processes.filter(({ role }) => role !== 'primary').map(({ pid }) => pid);
      process.kill(recorder.pid, 'SIGKILL');
      // Its output stays open for as long as a child has it, so the process itself is looked at.
      const { pid } = recorder;
      await eventually(() => !isAlive(pid));
      await sleep(options.aloneMs);
      if (!orphans.every(isAlive)) throw new Error('a child did not outlive its primary');
      const startedAtMs = performance.now();
      recorder = startAgain();
      await recorder.statusWhen(isLive, 40_000);
      await eventually(
        () => !orphans.some(isAlive),
        () => `still there: ${orphans.filter(isAlive).join()}\n${recorder.output().stderr}`,
        40_000,
      );
      worstHandoverMs = Math.max(worstHandoverMs, performance.now() - startedAtMs);
    }
    const events = eventsOf(await recorder.status());
    await recorder.statusWhen((status) => eventsOf(status) > events);
    const { code, stderr } = await recorder.stop();
    if (code !== 0) throw new Error(`the recorder ended with ${code}:\n${stderr.slice(-4000)}`);
    figures = {
      kills: options.kills,
      recordedAloneMs: options.aloneMs,
      worstHandoverMs: Math.round(worstHandoverMs),
      audit: audit(data, symbols),
    };
  });
  return figures!;
}
