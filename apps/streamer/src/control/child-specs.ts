import { createInterface } from 'node:readline';
import type { StreamerConfig } from '@org/config';
import { localSocketPath } from '@org/flow';
import {
  type ChildHandle,
  type ChildSpec,
  forkChild,
  forkClusterWorker,
  type RestartPolicy,
} from '@org/supervision';
import { EXIT } from './exit-codes.ts';
import { type Task, TASK_VARIABLE } from './task.ts';

/** The writer holds up everybody, so it comes back at once, always. */
const WRITER_RESTART: RestartPolicy = {
  delayInitialMs: 0,
  delayMaxMs: 2000,
  budget: { restarts: 5, windowMs: 60_000 },
  onBudgetSpent: 'slow-down',
  healthyAfterMs: 60_000,
};

const RESTART: RestartPolicy = { ...WRITER_RESTART, delayInitialMs: 250, delayMaxMs: 30_000 };

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

/** Exits that a restart cannot mend. */
const FATAL_EXITS = [EXIT.config, EXIT.alreadyRunning, EXIT.outputNotWritable];

export interface ChildPlanOptions {
  readonly config: StreamerConfig;
  /** The symbols of each worker. */
  readonly workers: ReadonlyMap<string, readonly string[]>;
  /** The program that children run: this one. */
  readonly entry: string;
  /** Real path of the output folder. Whoever records into the same folder meets the same socket, and is refused. */
  readonly outputPath: string;
  /** Symbols that an earlier recorder has recorded into the same folder. */
  readonly resumedSymbols: readonly string[];
  /** A line that a child wrote to its stderr: its log. */
  readonly line: (id: string, line: string) => void;
}

/** Everything that is started, in groups in the order of their start: writer, order-book manager, workers. */
export function childSpecs(options: ChildPlanOptions): readonly (readonly ChildSpec[])[] {
  const { config, workers, outputPath } = options;
  const recordSocket = localSocketPath(`${outputPath}:records`);
  const feedSocket = localSocketPath(`${outputPath}:feed`);
  const spec = (id: string, task: (common: Common) => Task): ChildSpec => ({
    id,
    role: task({ id, incarnation: 0, config, recordSocket, feedSocket }).role,
    spawn: (incarnation) => spawn(task({ id, incarnation, config, recordSocket, feedSocket }), options),
    readyTimeoutMs: READY_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    restart: id === 'writer' ? WRITER_RESTART : RESTART,
    fatalExitCodes: FATAL_EXITS,
  });
  return [
    [spec('writer', (common) => ({ role: 'writer', ...common }))],
    [
      spec('order-book', (common) => ({
        role: 'order-book',
        symbols: [...workers.values()].flat(),
        ...common,
      })),
    ],
    [...workers].map(([id, symbols]) =>
      spec(id, (common) => ({
        role: 'worker',
        symbols,
        resumedSymbols: symbols.filter((symbol) => options.resumedSymbols.includes(symbol)),
        ...common,
      })),
    ),
  ];
}

type Common = Pick<Task, 'id' | 'incarnation' | 'config' | 'recordSocket' | 'feedSocket'>;

function spawn(task: Task, { entry, line }: ChildPlanOptions): ChildHandle {
  const options = { module: entry, env: { [TASK_VARIABLE]: JSON.stringify(task) } };
  const child = task.role === 'worker' ? forkClusterWorker(options) : forkChild(options);
  if (child.stderr) createInterface({ input: child.stderr }).on('line', (text) => line(task.id, text));
  return child;
}
