import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '../process/recorder.ts';
import { chanceOf } from './chance.ts';
import { type Ending, endOf } from './ending.ts';
import { isLive, whileUnderLoad } from './recording.ts';

export interface KillOrderBookFigures extends Ending {
  readonly kills: number;
  readonly worstResyncMs: number;
}

const managerOf = (status: Status) => status.processes.find(({ role }) => role === 'order-book')!;

/** Kills the order-book manager again and again; the recording must not notice, and the books must come back. */
export async function killOrderBook(options: {
  readonly seed: number;
  readonly kills: number;
  readonly symbols: readonly string[];
  readonly exchange: readonly string[];
  readonly pauseMsMax: number;
}): Promise<KillOrderBookFigures> {
  const chance = chanceOf(options.seed);
  let figures: KillOrderBookFigures | undefined;
  await whileUnderLoad(options, async ({ recorder, data, symbols }) => {
    await recorder.statusWhen(isLive);
    let worstResyncMs = 0;
    for (let kill = 0; kill < options.kills; kill++) {
      await sleep(chance() * options.pauseMsMax);
      const { pid } = managerOf(await recorder.status());
      const killedAtMs = performance.now();
      process.kill(pid, 'SIGKILL');
      await recorder.statusWhen(
        (status) =>
          managerOf(status).pid !== pid &&
          status.books.length === symbols.length &&
          status.books.every(({ state }) => state === 'live'),
        30_000,
      );
      worstResyncMs = Math.max(worstResyncMs, performance.now() - killedAtMs);
    }
    figures = {
      kills: options.kills,
      worstResyncMs: Math.round(worstResyncMs),
      ...(await endOf({ recorder, data, symbols })),
    };
  });
  return figures!;
}
