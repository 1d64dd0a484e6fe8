import { randomBytes } from 'node:crypto';
import { FrameFields } from '@org/binance-wire';
import { FeedSubscriber } from '@org/flow';
import { nodeFileSystem, OpeningFolder, Periods } from '@org/storage-csv';
import { childClock } from '../control/child-clock.ts';
import { reportRegularly, tellPrimary } from '../control/child-reports.ts';
import { openChildControl } from '../control/orphan.ts';
import type { BookPlan, PrimaryMessage } from '../control/messages.ts';
import type { OrderBookTask } from '../control/task.ts';
import { childLog, type Log } from '../logging/child-log.ts';
import { ProcessMeter } from '../monitoring/process-meter.ts';
import { BookOpenings } from '../order-book/book-openings.ts';
import { BookShelf } from '../order-book/book-shelf.ts';
import { BookSnapshotWriter } from '../order-book/book-snapshot-writer.ts';
import { openWriterLink, type WriterLink } from '../records/writer-link.ts';

/** How long the last books may take to be written at a clean end. */
const OPENINGS_TIMEOUT_MS = 2000;

/** A machine that joined others in the middle of the streams: nobody brings a snapshot here by himself. */
const FOLLOWER_WISH_DELAY_MS = 500;

/**
 * The order-book manager: follows what the writer stores, keeps a live book of every symbol, answers queries, writes
 * the top of each book back to the writer at an interval, and puts down all of it where a new file begins. Where there is
 * no writer, as this machine keeps the books of what others record, it only answers.
 */
export function runOrderBook(task: OrderBookTask): void {
  const log = childLog(task.config.logging.level);
  const isAlone = task.config.cluster.role === 'order-book';
  let plan = task.books;
  const snapshotWanted = (symbol: string): void => tellPrimary({ type: 'snapshot-wanted', symbol });
  const openings = isAlone ? undefined : openingsOf(task, log, snapshotWanted);
  const shelf: BookShelf = new BookShelf({
    symbols: isAlone ? undefined : plan.symbols,
    fields: new FrameFields(),
    staleAfterMs: task.config.network.silenceTimeoutMs,
    clock: childClock,
    log,
    joined: (symbol) => {
      log.info('BookInSync', { symbol });
      tops?.snapshots.write(symbol);
    },
    snapshotWanted,
    openings,
    wishDelayMs: isAlone ? FOLLOWER_WISH_DELAY_MS : undefined,
  });
  const tops = isAlone ? undefined : topsOf(task, log, shelf, () => plan);
  const feed = new FeedSubscriber({
    socketPath: task.feedSocket,
    handlers: {
      payload: (batch) => shelf.take(batch),
      disconnected: (reason) => {
        if (reason !== 'closing') log.warn('FeedLost', { reason });
        shelf.restart();
      },
    },
  });
  const meter = new ProcessMeter();
  const reports = reportRegularly(childClock, () => ({
    role: 'order-book',
    figures: meter.figures(),
    rssBytes: process.memoryUsage.rss(),
    books: shelf.reports(),
    queues: tops === undefined ? [] : [tops.link.report()],
    snapshotsWritten: tops?.snapshots.written ?? 0,
  }));

  const control = openChildControl(task, {
    message: (message) => {
      const order = message as PrimaryMessage;
      if (order.type === 'book-query') answer(order, shelf);
      if (order.type === 'settings') tops?.snapshots.keepPace(order.settings.orderbook);
      if (order.type === 'tops-query')
        tellPrimary({ type: 'tops-answer', requestId: order.requestId, answers: shelf.tops() });
      if (order.type === 'drop-books') shelf.drop(order.symbols);
      if (order.type !== 'keep-books' || isAlone) return;
      plan = order.books;
      shelf.keep(plan.symbols);
    },
    stop: async () => {
      tops?.snapshots.stop();
      shelf.stop();
      await feed.close();
      await openings?.finish(OPENINGS_TIMEOUT_MS, childClock);
      await tops?.link.finish();
      reports.stop();
      await tops?.link.close();
    },
  });
  tops?.link.start();
  feed.start();
  control.ready();
}

function answer(
  { requestId, symbol, depth }: PrimaryMessage & { type: 'book-query' },
  shelf: BookShelf,
): void {
  tellPrimary({ type: 'book-answer', requestId, answer: shelf.answer(symbol, depth) });
}

/** The way of the tops of books back to the writer. */
function topsOf(
  task: OrderBookTask,
  log: Log,
  shelf: BookShelf,
  plan: () => BookPlan,
): { readonly link: WriterLink; readonly snapshots: BookSnapshotWriter } {
  const link = openWriterLink(task, log, { refused: () => undefined, spoolDamaged: () => undefined });
  const snapshots = new BookSnapshotWriter({
    plan,
    pace: task.config.orderbook,
    clock: childClock,
    channel: link.channel,
    book: (symbol, depth) => shelf.record(symbol, depth),
  });
  return { link, snapshots };
}

function openingsOf(task: OrderBookTask, log: Log, snapshotWanted: (symbol: string) => void): BookOpenings {
  return new BookOpenings({
    periods: new Periods(task.config.storage.rotation),
    folder: new OpeningFolder(nodeFileSystem, task.outputPath),
    token: randomBytes(8).toString('hex'),
    log,
    snapshotWanted,
  });
}
