import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rowsOf } from '../faults/audit.ts';
import type { Recorder, Status } from '../process/recorder.ts';

const dist = (path: string): string => JSON.stringify(pathToFileURL(resolve(path)).href);

/** What is wrong with the store: it does not answer, it hangs, or it is beyond help. */
export type Fault = 'fails' | 'hangs' | 'breaks';

/**
 * The recorder with a second CSV sink in the place of the database: in a process of its own, in the folder `second`, so
 * that what it stores can be compared with the first. `backlogBytes`: instead of `storage.sink_backlog`.
 */
export function recorderWithSecondStore(folder: string, backlogBytes?: number): string {
  const entry = join(folder, 'child.mjs');
  writeFileSync(entry, childProgram(folder));
  const file = join(folder, 'recorder.mjs');
  writeFileSync(
    file,
    `import { runPrimary } from ${dist('apps/streamer/dist/roles/primary.js')};
import { loadConfig } from ${dist('libs/config/dist/index.js')};
const load = () => {
  const config = loadConfig({ path: process.argv[4] });
  const sinkBacklogBytes = ${backlogBytes ?? 'config.storage.sinkBacklogBytes'};
  return { ...config, storage: { ...config.storage, sinkBacklogBytes } };
};
process.exitCode = await runPrimary(load, ${JSON.stringify(entry)});
`,
  );
  return file;
}

function childProgram(folder: string): string {
  return `import { readFileSync } from 'node:fs';
const task = JSON.parse(process.env.STREAMER_TASK);
if (task.role === 'sink') {
  const { runSink } = await import(${dist('apps/streamer/dist/roles/sink.js')});
  const { CsvSink } = await import(${dist('libs/storage-csv/dist/index.js')});
  const fault = () => {
    try { return readFileSync(${JSON.stringify(join(folder, 'fault'))}, 'utf8'); } catch { return ''; }
  };
  const tried = async (step) => {
    while (fault() === 'hangs') await new Promise((resolve) => setTimeout(resolve, 20));
    if (fault() === 'fails') throw Object.assign(new Error('connect to postgresql://me:s3cret@db refused'), { isPassing: true });
    if (fault() === 'breaks') throw new Error('the store is broken');
    return step();
  };
  runSink(task, async (format, storage, events) => {
    const sink = new CsvSink({ outputDir: ${JSON.stringify(join(folder, 'second'))}, rotation: storage.rotation, events });
    return {
      name: format,
      open: () => tried(() => sink.open()),
      append: (batch, position) => tried(() => sink.append(batch, position)),
      commit: (state) => tried(() => sink.commit(state)),
      close: () => sink.close(),
      stats: () => sink.stats(),
    };
  });
} else await import(${dist('apps/streamer/dist/main.js')});
`;
}

export function setFault(folder: string, fault: Fault | undefined): void {
  const file = join(folder, 'fault');
  if (fault === undefined) rmSync(file, { force: true });
  else writeFileSync(file, fault);
}

export interface SinkPart {
  readonly name: string;
  readonly state: string;
  readonly problem: string | null;
  readonly backlogBytes: number;
  readonly isHeld: boolean;
  readonly drops: number;
  readonly rows: number;
  readonly errors: number;
}

export const sinkOf = (status: Status): SinkPart =>
  (status as unknown as { readonly sinks: readonly SinkPart[] }).sinks[0]!;
export const concernsOf = (status: Status): readonly string[] =>
  (status as unknown as { readonly concerns: readonly string[] }).concerns;
export const processOf = (status: Status, id: string) => status.processes.find((child) => child.id === id)!;

/** Formats of the recorder that has a second store. */
export const WITH_SECOND = { formats: ['csv', 'postgres'] };

const KINDS = ['aggtrade', 'depth', 'kline', 'orderbook', 'gaps'];

/** Rows by symbol and kind. Whole books that open a file come from the writer's folder, and are the first sink's alone. */
export function storedRows(
  data: string,
  symbols: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    symbols.flatMap((symbol) =>
      KINDS.map((kind) => [`${symbol} ${kind}`, rowsOf(join(data, symbol), kind).map((row) => row.join())]),
    ),
  );
}

/** Resolves when the second store has taken everything that was there when this was called. */
export async function caughtUp(recorder: Recorder, timeoutMs = 30_000): Promise<Status> {
  return recorder.statusWhen(
    (status) =>
      sinkOf(status).state === 'following' &&
      sinkOf(status).backlogBytes < 500_000 &&
      sinkOf(status).rows > 0,
    timeoutMs,
  );
}
