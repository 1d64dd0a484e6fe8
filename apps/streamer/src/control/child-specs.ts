import { streamKind } from '@org/market-data';
import {
  type ChildHandle,
  type ChildSpec,
  forkChild,
  forkClusterWorker,
  type RestartPolicy,
} from '@org/supervision';
import { EXIT } from './exit-codes.ts';
import type { BookPlan } from './messages.ts';
import type { RecorderPlan } from './recorder-plan.ts';
import type { RecorderSockets } from './recorder-sockets.ts';
import { type ChildRole, sinkFormats, type Task, TASK_VARIABLE } from './task.ts';

/** The writer holds up everybody, so it comes back at once, always; the pause is for one that cannot start at all. */
const WRITER_RESTART: RestartPolicy = {
  delayInitialMs: 0,
  delayMaxMs: 100,
  budget: { restarts: 5, windowMs: 60_000 },
  onBudgetSpent: 'slow-down',
  healthyAfterMs: 60_000,
};

/** What the exchange allows of connections is kept to by all together, however often a worker comes back. */
const WORKER_RESTART: RestartPolicy = { ...WRITER_RESTART, delayInitialMs: 250, delayMaxMs: 5000 };
const ORDER_BOOK_RESTART: RestartPolicy = { ...WRITER_RESTART, delayInitialMs: 250, delayMaxMs: 2000 };

/** Whatever is wrong with a store, it is tried for ever, and costs nobody anything meanwhile. */
const SINK_RESTART: RestartPolicy = {
  delayInitialMs: 500,
  delayMaxMs: 30_000,
  budget: { restarts: 10, windowMs: 600_000 },
  onBudgetSpent: 'slow-down',
  healthyAfterMs: 60_000,
};

/** What it brings late, writers of other collectors wait for. */
const FORWARDER_RESTART: RestartPolicy = { ...SINK_RESTART, delayInitialMs: 100, delayMaxMs: 2000 };

const RESTARTS: Readonly<Record<ChildRole, RestartPolicy>> = {
  writer: WRITER_RESTART,
  'order-book': ORDER_BOOK_RESTART,
  worker: WORKER_RESTART,
  sink: SINK_RESTART,
  forwarder: FORWARDER_RESTART,
  'partition-writer': WRITER_RESTART,
  'partition-follower': FORWARDER_RESTART,
};

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
/** It gives up by itself before; one that is frozen holds up the end of the recorder for no longer. */
const SINK_STOP_TIMEOUT_MS = 10_000;

/** Exits that a restart cannot mend. */
const FATAL_EXITS = [EXIT.config, EXIT.alreadyRunning, EXIT.outputNotWritable];

export interface ChildPlanOptions extends RecorderPlan {
  /** The program that children run: this one. */
  readonly entry: string;
  /** What the Node that runs them is started with, besides the flags of this one. */
  readonly nodeFlags: readonly string[];
  /** Real path of the output folder. Whoever records into the same folder meets the same sockets, and is refused. */
  readonly outputPath: string;
  readonly sockets: RecorderSockets;
  /** What a worker records by now; undefined for one that is not known. */
  readonly handOf: (worker: string) => readonly string[] | undefined;
  /** Numbers the lives of all lanes. */
  readonly nextEpoch: () => number;
  /** Reads what a child writes to its stderr: its log. */
  readonly output: (id: string, stderr: NodeJS.ReadableStream) => void;
}

/**
 * Everything that is started, in groups in the order of their start: writer, sinks, order-book manager, workers. So sinks
 * are told to stop when nothing comes any more and the writer can still bring them the rest.
 */
export function childSpecs(options: ChildPlanOptions): readonly (readonly ChildSpec[])[] {
  const books = bookPlan(options);
  const orderBook = childSpec('order-book', 'order-book', options, (common) => ({
    role: 'order-book',
    books,
    ...common,
  }));
  switch (options.config.cluster.role) {
    case 'writer':
      return [[loneSpec('partition-writer', options)]];
    case 'order-book':
      return [[loneSpec('partition-follower', options)], [orderBook]];
    case 'collector':
      return [[loneSpec('writer', options)], [forwarderSpec(options)], workerSpecs(options)];
    case 'all':
      return [[loneSpec('writer', options)], sinkSpecs(options), [orderBook], workerSpecs(options)];
  }
}

/** Of a role that one process has, which is named after it. */
function loneSpec(
  role: 'writer' | 'forwarder' | 'partition-writer' | 'partition-follower',
  options: ChildPlanOptions,
): ChildSpec {
  return childSpec(role, role, options, (common) => ({ role, ...common }));
}

/** The books to keep: of every symbol, if its depth is recorded. */
export function bookPlan({ config, symbols }: Pick<ChildPlanOptions, 'config' | 'symbols'>): BookPlan {
  const stream = config.symbols.streams.find((name) => streamKind(name) === 'depth');
  return { symbols: stream === undefined ? [] : symbols, stream: stream ?? '' };
}

export function workerSpecs(options: ChildPlanOptions): readonly ChildSpec[] {
  // The hand is looked up at every start: it may have changed since the plan was made.
  return options.workers.map(({ id, slot, symbols, line }) =>
    childSpec(id, slot, options, (common) => ({
      role: 'worker',
      symbols: options.handOf(id) ?? symbols,
      line,
      ...common,
    })),
  );
}

function sinkSpecs(options: ChildPlanOptions): readonly ChildSpec[] {
  return sinkFormats(options.config).map((format) => {
    const id = `sink-${format}`;
    const spec = childSpec(id, id, options, (common) => ({ role: 'sink', format, ...common }));
    return {
      ...spec,
      spawn: (incarnation) => readyAtOnce(spec.spawn(incarnation)),
      stopTimeoutMs: SINK_STOP_TIMEOUT_MS,
      // No exit of a sink is anybody else's end.
      fatalExitCodes: [],
    };
  });
}

/** It has the time that is configured, and a moment to say that it was not enough. */
function forwarderSpec(options: ChildPlanOptions): ChildSpec {
  const spec = loneSpec('forwarder', options);
  return {
    ...spec,
    spawn: (incarnation) => readyAtOnce(spec.spawn(incarnation)),
    stopTimeoutMs: options.config.cluster.stopTimeoutMs + STOP_TIMEOUT_MS,
    fatalExitCodes: [],
  };
}

/** Recording waits for no sink: it counts as ready from its first moment, and says itself how its store does. */
function readyAtOnce(child: ChildHandle): ChildHandle {
  return {
    ...child,
    onMessage: (listener) => {
      child.onMessage(listener);
      queueMicrotask(() => listener({ type: 'ready' }));
    },
  };
}

type Common = Omit<Extract<Task, { role: 'writer' }>, 'role'>;

function childSpec(
  id: string,
  slot: string,
  options: ChildPlanOptions,
  task: (common: Common) => Task,
): ChildSpec {
  const { config, outputPath, sockets, generation } = options;
  // Lanes are remembered for good, so their names come round again.
  const common = { id, lane: `${slot}/${generation}`, config, outputPath, ...sockets };
  const { role } = task({ ...common, incarnation: 0, epoch: 0 });
  return {
    id,
    role,
    spawn: (incarnation) => spawn(task({ ...common, incarnation, epoch: options.nextEpoch() }), options),
    readyTimeoutMs: READY_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    restart: RESTARTS[role],
    fatalExitCodes: FATAL_EXITS,
  };
}

function spawn(task: Task, { entry, nodeFlags, output }: ChildPlanOptions): ChildHandle {
  const options = {
    module: entry,
    env: { [TASK_VARIABLE]: JSON.stringify(task) },
    execArgv: [...process.execArgv, ...nodeFlags],
  };
  const child = task.role === 'worker' ? forkClusterWorker(options) : forkChild(options);
  if (child.stderr) output(task.id, child.stderr);
  return child;
}
