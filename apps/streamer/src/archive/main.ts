import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { nodeFileSystem, packDay, type PackDayOptions, type PackOutcome } from '@org/storage-csv';
import { childControl } from '@org/supervision';
import { compactDays } from './compact-days.ts';
import { takeLowestPriority } from './lowest-priority.ts';
import type { DayOrder, PackOrder, PackReport } from './pack-messages.ts';

/*
 * The packer: a process of its own, so that packing never waits in the writer's event loop, with the lowest priority, so
 * that it takes only what the recorder leaves. It packs what it is told to and ends; so it does when its writer is gone.
 */

const abort = new AbortController();
let packing: Promise<void> = Promise.resolve();
const control = childControl(
  {
    message: (message) => {
      const order = message as PackOrder;
      if (order.type === 'pack') packing = pack(order);
    },
    stop: () => {
      abort.abort();
      return packing;
    },
  },
  { orphanStopTimeoutMs: 1000 },
);
takeLowestPriority();
control.ready();

async function pack({ outputDir, compression, pauseMs, writer, days, parquet }: PackOrder): Promise<void> {
  const options = {
    fileSystem: nodeFileSystem,
    compression,
    token: randomUUID(),
    recorderVersion: ownVersion(),
    writer,
    signal: abort.signal,
  };
  for (const day of days) {
    if (abort.signal.aborted) break;
    try {
      tell({ type: 'outcomes', outcomes: await packOne(day, outputDir, options) });
      await setTimeout(pauseMs, undefined, { signal: abort.signal });
    } catch (error) {
      unlessAborted(error);
    }
  }
  // What is packed gives room, so it comes first.
  if (parquet !== undefined && !abort.signal.aborted) {
    const packed = days.filter(({ folder }) => folder !== '').map(({ folder, date }) => `${folder}/${date}`);
    const { signal } = abort;
    await compactDays({ outputDir, packed, order: parquet, pauseMs, signal, tell }).catch(unlessAborted);
  }
  control.leave();
}

/** Paths are below the output folder, whatever folder of a partition lies between. */
async function packOne(
  { figures, partition, ...day }: DayOrder,
  outputDir: string,
  options: Omit<PackDayOptions, 'outputDir' | 'figures' | 'began'>,
): Promise<readonly PackOutcome[]> {
  const whole = (path: string): string => (partition === undefined ? path : `${partition}/${path}`);
  const outcomes = await packDay(day, {
    ...options,
    outputDir: join(outputDir, partition ?? ''),
    figures,
    began: (path) => tell({ type: 'began', path: whole(path) }),
  });
  return outcomes.map((outcome) => ({ ...outcome, path: whole(outcome.path) }));
}

/** It was told to stop: what is not packed waits for the next packer. */
function unlessAborted(error: unknown): void {
  if (!abort.signal.aborted) throw error;
}

function tell(report: PackReport): void {
  control.send(report);
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
