import { fileURLToPath } from 'node:url';
import { FeedPublisher } from '@org/flow';
import { parseStreamKey, streamKind } from '@org/market-data';
import type { Sink } from '@org/storage';
import { CsvSink, type CsvSinkStats, StorageCsvError } from '@org/storage-csv';
import { forkChild } from '@org/supervision';
import { archivedSink } from '../archive/archived-sink.ts';
import { Archivist } from '../archive/archivist.ts';
import { closingTimeUs } from '../archive/closing-time.ts';
import { PositionSink } from '../cluster/position-sink.ts';
import { childClock } from '../control/child-clock.ts';
import { reportRegularly, tellPrimary } from '../control/child-reports.ts';
import { EXIT } from '../control/exit-codes.ts';
import type { PrimaryMessage } from '../control/messages.ts';
import { openChildControl } from '../control/orphan.ts';
import { followerNames, type WriterTask } from '../control/task.ts';
import { childLog, errorFields, type Log } from '../logging/child-log.ts';
import { NO_ARCHIVE } from '../monitoring/add-archive.ts';
import { ProcessMeter } from '../monitoring/process-meter.ts';
import { SinkDesk } from '../sinks/sink-desk.ts';
import { BatchIntake } from '../writer/batch-intake.ts';
import { openFilesMax, processLimits } from '../writer/open-files.ts';
import { openRecordJournal } from '../writer/record-journal.ts';
import { RecordStore } from '../writer/record-store.ts';
import { wishRepairs } from '../writer/repair-wishes.ts';

/** The program of the packer, beside this one. */
const PACKER = fileURLToPath(new URL('../archive/main.js', import.meta.url));

/** A predecessor that is still writing its last rows holds the sockets, and is waited for. */
const PREDECESSOR_TIMEOUT_MS = 20_000;

/** The order-book manager is a moment behind, and has all books to write at midnight. The journal goes on meanwhile. */
const OPENINGS_WAIT_MS = 5000;

/**
 * The writer: the one process that stores. It makes every batch durable in the journal and acknowledges it; behind the
 * journal one stream is made out of all lines, and stored, and passed on to the order-book manager.
 */
export async function runWriter(task: WriterTask): Promise<void> {
  let close: () => Promise<void> = () => Promise.resolve();
  let makeRoom: () => Promise<void> = () => Promise.resolve();
  let packEarly: () => void = () => undefined;
  let dropHolds: () => void = () => undefined;
  const control = openChildControl(task, {
    message: (message) => {
      const { type } = message as PrimaryMessage;
      if (type === 'make-room') void makeRoom();
      if (type === 'pack-early') packEarly();
      if (type === 'drop-holds') dropHolds();
    },
    stop: () => close(),
  });
  const log = childLog(task.config.logging.level);
  // The sockets come first: who holds them is the only one who may touch the files.
  const feed = new FeedPublisher({ socketPath: task.feedSocket, listenTimeoutMs: PREDECESSOR_TIMEOUT_MS });
  await feed.listen();
  const { sink, store, archivist, desk } = await openStore(task, feed, log);
  const intake = new BatchIntake({
    socketPath: task.recordSocket,
    append: (batch) => store.append(batch),
    clock: childClock,
    log,
  });
  await intake.listen();
  store.start();
  archivist?.start();
  const repairs = wishRepairs(childClock, store, (wishes) =>
    tellPrimary({ type: 'repairs-wanted', repairs: wishes }),
  );
  const meter = new ProcessMeter();
  const reports = reportRegularly(childClock, () => ({
    role: 'writer',
    figures: { ...meter.figures(), ...intake.figures(), ...store.gapFigures() },
    rssBytes: process.memoryUsage.rss(),
    ...sink.stats(),
    gaps: Object.fromEntries(store.mergeStats().gapsByStream),
    journal: store.report(),
    queues: [store.backlog()],
    sinks: desk.report(),
    writeLatencyMs: intake.writeLatencyMs(),
    receiptToDurableMs: intake.receiptToDurableMs(),
    archive: archivist?.report() ?? NO_ARCHIVE,
  }));
  makeRoom = () => store.makeRoom();
  packEarly = () => archivist?.hurry();
  dropHolds = () => desk.dropHolds();
  close = async () => {
    repairs.stop();
    await store.makeRoom();
    store.refuse();
    await intake.close();
    await desk.close();
    await store.close();
    await feed.close();
    reports.stop();
  };
  control.ready();
}

/** What the writer asks of the one sink that it has itself. */
interface OwnSink extends Sink {
  stats(): CsvSinkStats;
}

interface OpenStore {
  readonly sink: OwnSink;
  readonly store: RecordStore;
  /** Undefined where no files are written. */
  readonly archivist: Archivist | undefined;
  readonly desk: SinkDesk;
}

async function openStore(task: WriterTask, feed: FeedPublisher, log: Log): Promise<OpenStore> {
  const fatal = (error: unknown): void => storeFailed(error, log);
  const files = isCollector(task) ? undefined : filesOf(task, log);
  const sink: OwnSink = files ?? new PositionSink(task.outputPath);
  const opened = await sink.open();
  for (const repair of opened.repairs) log.warn('StoreRepaired', { ...repair });
  const desk = deskOf(task, log);
  const journal = await openRecordJournal({
    outputPath: task.outputPath,
    knownPosition: Math.max(opened.position, ...desk.positions.values()),
    log,
    failed: fatal,
  });
  const archivist = files && archivistOf(task, files, () => store, log);
  const store: RecordStore = new RecordStore({
    journal,
    sink: archivist === undefined ? sink : archivedSink(sink, () => archivist.finish()),
    opened,
    holds: desk.positions,
    publish: isCollector(task) ? undefined : (batch) => feed.publish(batch),
    clock: childClock,
    epoch: task.epoch,
    log,
    passes: isDiskFull,
    fatal,
    snapshotWanted,
  });
  await desk.open({ journal, holds: store.holds, mark: () => store.mark() });
  return { sink, store, archivist, desk };
}

function filesOf({ config }: WriterTask, log: Log): CsvSink {
  const { outputDir, rotation } = config.storage;
  return new CsvSink({
    outputDir,
    rotation,
    openFilesMax: openFilesMax(processLimits()),
    openings: {
      waitMs: OPENINGS_WAIT_MS,
      clock: childClock,
      missing: (miss) => log.warn('OpeningMissing', { ...miss }),
    },
    events: {
      rejected: (rejection) => {
        log.warn('RecordRejected', { ...rejection });
        snapshotWanted(rejection.stream);
      },
    },
  });
}

function archivistOf({ config }: WriterTask, sink: CsvSink, store: () => RecordStore, log: Log): Archivist {
  const { outputDir, compression, formats } = config.storage;
  return new Archivist({
    sink,
    timeUs: () =>
      closingTimeUs({
        nowMs: Date.now(),
        backlogBytes: store().backlog().bytes,
        latestReceiptUs: sink.latestReceiptUs,
      }),
    dayFigures: (symbol, date) => store().dayFigures(symbol, date),
    outputDir,
    compression,
    parquet: formats.includes('parquet'),
    spawn: () => forkChild({ module: PACKER, silentStderr: false }),
    clock: childClock,
    log,
  });
}

/** Its rows are written on other machines. */
function isCollector({ config }: WriterTask): boolean {
  return config.cluster.role === 'collector';
}

/** There is no room now, and may be later. */
function isDiskFull(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === 'DISK_FULL' || code === 'ENOSPC';
}

/** Where the sinks that have a process of their own get the journal. */
function deskOf(task: WriterTask, log: Log): SinkDesk {
  return new SinkDesk({
    names: followerNames(task.config),
    socketPath: task.tailSocket,
    outputPath: task.outputPath,
    // What writers have not committed is nowhere else.
    backlogBytesMax: isCollector(task) ? Infinity : task.config.storage.sinkBacklogBytes,
    listenTimeoutMs: PREDECESSOR_TIMEOUT_MS,
    clock: childClock,
    log,
  });
}

/** A depth stream that broke goes on from a snapshot. */
function snapshotWanted(streamKey: string): void {
  const key = parseStreamKey(streamKey);
  if (key !== undefined && streamKind(key.stream) === 'depth')
    tellPrimary({ type: 'snapshot-wanted', symbol: key.symbol });
}

/**
 * Nobody knows what the disk has (a second fsync can lie): this process ends, the next one looks, and what was not
 * acknowledged comes again.
 */
function storeFailed(error: unknown, log: Log): void {
  log.error('StoreFailed', errorFields(error));
  process.exit(
    error instanceof StorageCsvError && error.code === 'STORE_TAKEN' ? EXIT.alreadyRunning : EXIT.storeFailed,
  );
}
