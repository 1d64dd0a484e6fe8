import { localSocketPath } from '@org/flow';
import type { StreamerConfig } from '@org/config';
import { type ChildSpec, forkChild, forkClusterWorker, type RestartPolicy } from '@org/supervision';
import { EXIT } from './exit-codes.ts';
import { type ChildRole, type Task, TASK_VARIABLE } from './task.ts';

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

export interface ChildPlan {
  /** Groups in the order of their start: writer, order-book manager, workers. */
  readonly groups: readonly (readonly ChildSpec[])[];
  /** The symbols that each child serves. */
  readonly symbolsOf: ReadonlyMap<string, readonly string[]>;
}

/** Everything that is started, in order. `entry` is the program that children run: this one. */
export function planChildren(options: {
  readonly config: StreamerConfig;
  readonly hands: readonly (readonly string[])[];
  readonly entry: string;
  /** Real path of the output folder. Whoever records into the same folder meets the same socket, and is refused. */
  readonly outputPath: string;
}): ChildPlan {
  const { config, hands, entry, outputPath } = options;
  const common = {
    config,
    recordSocket: localSocketPath(`${outputPath}:records`),
    feedSocket: localSocketPath(`${outputPath}:feed`),
  };
  const symbols = hands.flat();
  const symbolsOf = new Map<string, readonly string[]>([['order-book', symbols]]);
  const spec = (role: ChildRole, id: string, extra: object): ChildSpec => ({
    id,
    role,
    spawn: (incarnation) => spawn({ role, id, incarnation, ...common, ...extra } as Task, entry),
    readyTimeoutMs: READY_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    restart: role === 'writer' ? WRITER_RESTART : RESTART,
    fatalExitCodes: FATAL_EXITS,
  });
  const workers = hands.map((hand, index) => {
    const id = `worker-${index + 1}`;
    symbolsOf.set(id, hand);
    return spec('worker', id, { symbols: hand });
  });
  return {
    groups: [[spec('writer', 'writer', {})], [spec('order-book', 'order-book', { symbols })], workers],
    symbolsOf,
  };
}

function spawn(task: Task, entry: string): ReturnType<typeof forkChild> {
  const env = { ...process.env, [TASK_VARIABLE]: JSON.stringify(task) };
  return task.role === 'worker'
    ? forkClusterWorker({ module: entry, args: [], env })
    : forkChild({ module: entry, args: [], env });
}
