import { fileURLToPath } from 'node:url';
import { LocalDoor } from '@org/flow';
import { forkChild } from '@org/supervision';
import type { CheckpointCopy, PartitionStatus, WriteHandlers } from '@org/transport-nats';
import { Archivist } from '../archive/archivist.ts';
import { CLUSTER_MERGE_LIMITS } from '../cluster/merge-limits.ts';
import { PartitionStores } from '../cluster/partition-stores.ts';
import { PartitionTime } from '../cluster/partition-time.ts';
import { nodeOf, openBus, transport } from '../cluster/open-bus.ts';
import { Trouble } from '../cluster/trouble.ts';
import { childClock } from '../control/child-clock.ts';
import { reportRegularly } from '../control/child-reports.ts';
import { openChildControl } from '../control/orphan.ts';
import type { PrimaryMessage } from '../control/messages.ts';
import type { PartitionWriterTask } from '../control/task.ts';
import { childLog, errorFields, type Log } from '../logging/child-log.ts';
import { ProcessMeter } from '../monitoring/process-meter.ts';
import { openFilesMax, processLimits } from '../writer/open-files.ts';

/** The program of the packer, beside this one. */
const PACKER = fileURLToPath(new URL('../archive/main.js', import.meta.url));

/** A predecessor that is still committing holds the folder, and is waited for. */
const PREDECESSOR_TIMEOUT_MS = 20_000;

/**
 * Writes its share of what collectors forward. It may die at any time: others take its partitions over, and what it had
 * stored without a confirmed commit is cut when it comes again.
 */
export async function runPartitionWriter(task: PartitionWriterTask): Promise<void> {
  let stop: () => Promise<void> = () => Promise.resolve();
  let packEarly: () => void = () => undefined;
  const control = openChildControl(task, {
    message: (message) => {
      if ((message as PrimaryMessage).type === 'pack-early') packEarly();
    },
    stop: () => stop(),
  });
  const log = childLog(task.config.logging.level);
  // Who holds it is the only one who may touch the files.
  const door = new LocalDoor({
    socketPath: task.recordSocket,
    listenTimeoutMs: PREDECESSOR_TIMEOUT_MS,
    handlers: { visited: (visitor) => visitor.close() },
  });
  await door.listen();
  const { cluster } = task.config;
  const { PartitionedWriter, CheckpointCopy: Copy } = await transport();
  const bus = await openBus(cluster);
  const stores = storesOf(task, Copy, () => writer.stats().partitions, log);
  const gaps = new Map<string, number>();
  const trouble = new Trouble(log, childClock);
  const writer: InstanceType<typeof PartitionedWriter> = new PartitionedWriter(bus, {
    writer: nodeOf(cluster),
    store: (partition) => stores.store(partition),
    limits: { patienceMs: cluster.patienceMs },
    mergeLimits: CLUSTER_MERGE_LIMITS,
    mergeHandlers: {
      gap: ({ stream, reason, lastId, nextId }) => {
        gaps.set(stream, (gaps.get(stream) ?? 0) + 1);
        log.warn('GapDetected', { stream, reason, lastId, nextId });
      },
      healed: ({ stream, lastId, nextId, healedBy }) =>
        log.info('GapHealed', { stream, lastId, nextId, healedBy }),
      switched: (change) => log.info('LineSwitched', { ...change }),
      damaged: (problem) => log.error('BatchDamaged', { problem }),
    },
    handlers: handlersOf(trouble, log),
  });
  const archivist = archivistOf(task, stores, log);
  packEarly = () => archivist.hurry();
  const meter = new ProcessMeter();
  const reports = reportRegularly(childClock, () => ({
    role: 'partition-writer',
    figures: meter.figures(),
    rssBytes: process.memoryUsage.rss(),
    queues: [],
    gaps: Object.fromEntries(gaps),
    problem: trouble.problem(writer.stats().commits),
    ...storedBy(stores),
    written: writer.stats(),
    archive: archivist.report(),
  }));
  stop = async () => {
    await writer.close();
    // What is over is nobody's by now, so it is closed as it is.
    await archivist.finish();
    await stores.close();
    reports.stop();
    await bus.close();
    await door.close();
  };
  writer.start();
  archivist.start();
  control.ready();
}

function handlersOf(trouble: Trouble, log: Log): WriteHandlers {
  return {
    taken: (partition, generation) => log.info('PartitionTaken', { partition, generation }),
    ended: (partition, error) =>
      log.info('PartitionEnded', { partition, ...(error === undefined ? {} : errorFields(error)) }),
    undone: (partition) => log.warn('CommitUndone', { partition }),
    refused: (partition, error) => log.error('StoreRefused', { partition, ...errorFields(error) }),
    failed: (error) => trouble.met('ServersRefuse', error),
    retrying: (error) => trouble.met('ServersAwaited', error),
    malformed: (partition, problem) => log.error('MessageMalformed', { partition, problem }),
  };
}

/** `owned` are the partitions that are written here. */
function storesOf(
  { outputPath, config }: PartitionWriterTask,
  Copy: typeof CheckpointCopy,
  owned: () => readonly PartitionStatus[],
  log: Log,
): PartitionStores {
  const { cluster, storage } = config;
  const time = new PartitionTime(cluster);
  return new PartitionStores({
    outputPath,
    storage,
    openFilesMax: openFilesMax(processLimits()),
    partitions: cluster.partitions,
    makeCopy: (path, copyPath) => new Copy(path, copyPath),
    writtenUs: (partition) => {
      const status = owned().find((each) => each.partition === partition);
      return status && time.closingUs(status, Date.now());
    },
    putOff: (partition, error) => log.debug('ClosingPutOff', { partition, ...errorFields(error) }),
    events: { rejected: (rejection) => log.warn('RecordRejected', { ...rejection }) },
  });
}

/** Packs the files of this machine; the manifests of each have its name, so that all folders can be put together. */
function archivistOf(
  { config, outputPath }: PartitionWriterTask,
  stores: PartitionStores,
  log: Log,
): Archivist {
  return new Archivist({
    sink: stores,
    timeUs: () => Date.now() * 1000,
    // Repeats and connections are counted by partition, not by machine.
    dayFigures: () => undefined,
    outputDir: outputPath,
    compression: config.storage.compression,
    writer: nodeOf(config.cluster),
    spawn: () => forkChild({ module: PACKER, silentStderr: false }),
    clock: childClock,
    log,
  });
}

function storedBy(stores: PartitionStores): {
  readonly rows: number;
  readonly bytes: number;
  readonly rejected: number;
} {
  const { rows, bytes, rejected } = stores.stats();
  return { rows, bytes, rejected };
}
