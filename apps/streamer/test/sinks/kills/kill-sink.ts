import { type ChildProcess, fork } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '../../process/recorder.ts';
import { chanceOf } from '../../faults/chance.ts';
import { type StoreName, STORES, type StoreOptions } from './stores.mjs';

const SINK = resolve('apps/streamer/test/sinks/kills/sink-process.mjs');
/** Of a run: it ends long before, or hangs. */
const LIVES_MAX_A_KILL = 20;

export interface KilledSink {
  readonly sent: number;
  readonly rows: number;
  readonly distinct: number;
  readonly sum: number;
  readonly sinkKills: number;
  readonly serverKills: number;
  readonly lives: number;
}

/**
 * Brings batches of trades into a store by a sink in a process of its own, and kills that process or the server, with SIGKILL,
 * when a batch of chance is reached and a moment of chance has passed.
 */
export async function killSink(
  store: StoreName,
  play: {
    readonly seed: number;
    readonly kills: number;
    readonly batches: number;
    readonly tradesABatch: number;
  },
): Promise<KilledSink> {
  const chance = chanceOf(play.seed);
  const folder = temporaryFolder();
  const server = await STORES[store].start();
  const options: StoreOptions = { folder: folder.path, url: server?.url ?? '' };
  const argument = JSON.stringify({ store, options, paceMs: 2, ...play });
  const killsAt = Array.from({ length: play.kills }, () => Math.floor(chance() * 0.9 * play.batches));
  killsAt.sort((a, b) => a - b);
  const counts = { sinkKills: 0, serverKills: 0, lives: 0 };
  let child: ChildProcess | undefined;
  const killOne = async (): Promise<void> => {
    await sleep(chance() * 10);
    // Both are killed at least once.
    const isServer = counts.serverKills === 0 ? counts.sinkKills > 0 : chance() < 0.5;
    if (server !== undefined && isServer) {
      counts.serverKills++;
      await server.kill();
      await sleep(chance() * 100);
      return server.restart();
    }
    if (child?.kill('SIGKILL') === true) counts.sinkKills++;
  };
  try {
    let killing: Promise<void> = Promise.resolve();
    for (let isDone = false; !isDone;) {
      if (++counts.lives > play.kills * LIVES_MAX_A_KILL)
        throw new Error(`${store}: it does not get further`);
      const life = fork(SINK, [argument], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      child = life;
      isDone = await new Promise<boolean>((resolveLife) => {
        let wasDone = false;
        life.on('message', ({ at = 0, done = false }: { at?: number; done?: boolean }) => {
          wasDone ||= done;
          if (at <= (killsAt[0] ?? Infinity)) return;
          killsAt.shift();
          killing = killing.then(killOne);
        });
        life.once('exit', () => resolveLife(wasDone));
      });
    }
    await killing;
    const ids = await STORES[store].storedIds(options);
    return {
      sent: play.batches * play.tradesABatch,
      rows: ids.length,
      distinct: new Set(ids).size,
      sum: ids.reduce((sum, id) => sum + id, 0),
      ...counts,
    };
  } finally {
    child?.kill('SIGKILL');
    await server?.stop();
    folder.remove();
  }
}
