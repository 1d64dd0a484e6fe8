import { Buffer } from 'node:buffer';
import { systemClock } from '@org/binance-client';
import { FrameFields } from '@org/binance-wire';
import { BatchSender, FeedSubscriber } from '@org/flow';
import { streamKind } from '@org/market-data';
import { type BookSnapshotRecord, RECORD_TYPE } from '@org/storage';
import { childControl } from '@org/supervision';
import { reportRegularly, tellPrimary } from '../control/child-reports.ts';
import type { OrderBookReport, PrimaryMessage } from '../control/messages.ts';
import type { OrderBookTask } from '../control/task.ts';
import { childLog } from '../logging/child-log.ts';
import { BookShelf } from '../order-book/book-shelf.ts';
import { RecordChannel } from '../worker/record-channel.ts';

/**
 * The order-book manager: follows what the writer stores, keeps a live book of every symbol, answers queries, and
 * writes the top of each book back to the writer at an interval.
 */
export async function runOrderBook(task: OrderBookTask): Promise<void> {
  const log = childLog(task.config.logging.level);
  const { snapshotIntervalMs, snapshotLevels } = task.config.orderbook;
  const depthStream = task.config.symbols.streams.find((stream) => streamKind(stream) === 'depth');
  let snapshotsWritten = 0;
  const sender = new BatchSender({
    socketPath: task.recordSocket,
    lane: task.id,
    epoch: task.incarnation,
    queueBytesMax: task.config.performance.queueSizeBytes,
  });
  const channel = new RecordChannel({
    sender,
    clock: systemClock,
    batchBytes: task.config.performance.batchSizeBytes,
    flushIntervalMs: task.config.performance.flushIntervalMs,
    refused: (stream, records) => log.error('QueueOverflowed', { stream, records }),
  });
  const writeSnapshot = (symbol: string): void => {
    const answer = shelf.answer(symbol, snapshotLevels);
    if ('unavailable' in answer) return;
    const record: BookSnapshotRecord = answer;
    channel.append(
      {
        type: RECORD_TYPE.bookSnapshot,
        stream: `${symbol}@${depthStream}`,
        receivedAtUs: systemClock.wallUs(),
        line: 0,
        connectionId: 0,
      },
      Buffer.from(JSON.stringify(record)),
    );
    snapshotsWritten++;
  };
  const shelf = new BookShelf({
    symbols: depthStream === undefined ? [] : task.symbols,
    fields: new FrameFields(),
    clock: systemClock,
    log,
    joined: (symbol) => {
      log.info('BookInSync', { symbol });
      writeSnapshot(symbol);
    },
    snapshotWanted: (symbol) => tellPrimary({ type: 'snapshot-wanted', symbol }),
  });
  const feed = new FeedSubscriber({
    socketPath: task.feedSocket,
    handlers: {
      payload: (batch) => shelf.take(batch),
      disconnected: (reason) => {
        log.warn('FeedLost', { reason });
        shelf.restart();
      },
    },
  });
  const reports = reportRegularly(systemClock, (): OrderBookReport => {
    const { queuedBytes, oldestAgeMs } = sender.stats();
    return {
      role: 'order-book',
      rssBytes: process.memoryUsage.rss(),
      books: shelf.reports(),
      queues: [{ name: task.id, bytes: queuedBytes, oldestAgeMs }],
      snapshotsWritten,
    };
  });
  const snapshots = setInterval(() => {
    for (const symbol of task.symbols) writeSnapshot(symbol);
  }, snapshotIntervalMs);

  sender.start();
  feed.start();
  childControl({
    message: (message) => {
      const order = message as PrimaryMessage;
      if (order.type !== 'book-query') return;
      const { requestId, symbol, depth } = order;
      tellPrimary({ type: 'book-answer', requestId, answer: shelf.answer(symbol, depth) });
    },
    stop: async () => {
      clearInterval(snapshots);
      shelf.stop();
      feed.close();
      channel.flush();
      await sender.drained(5000);
      reports.stop();
      await sender.close();
    },
  });
  await Promise.resolve();
}
