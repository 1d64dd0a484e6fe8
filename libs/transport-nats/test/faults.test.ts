import { join } from 'node:path';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { CursorBook, WishListener, type PartitionStore, type Wish } from '@org/transport-nats';
import { startNats } from '../../../tools/test-servers/nats.mjs';
import { Cluster, itWithNats, sharedServer, until } from './cluster.ts';
import { csvStore, gapRows, storedIds, temporaryFolder } from './csv-stores.ts';
import { PlayedJournal, SYMBOLS, tradeBatch, tradeFrame } from './played-journal.ts';

const server = sharedServer();
const root = temporaryFolder();
let names = 0;

interface Scene {
  readonly cluster: Cluster;
  readonly journal: PlayedJournal;
  readonly folder: string;
  readonly fill: (entries: number) => void;
  /** Everything is stored, once, in order and without a gap. */
  readonly expectStored: (writers?: readonly string[]) => Promise<void>;
}

function itIn(name: string, play: (scene: Scene) => Promise<void>, options = {}): void {
  itWithNats(name, async () => {
    const scene = `scene-${names++}`;
    const cluster = new Cluster(server().url, scene, options);
    const journal = new PlayedJournal();
    const folder = join(root, scene);
    const expectStored = async (writers: readonly string[] = ['a']) => {
      await until(
        () => journal.committedPosition === journal.end,
        () => `${journal.committedPosition} of ${journal.end}`,
      );
      await cluster.close();
      const folders = writers.map((writer) => join(folder, writer));
      expect(Object.fromEntries(storedIds(folders))).toEqual(Object.fromEntries(journal.sent));
      expect(gapRows(folders)).toEqual([]);
      expect(journal.faults).toEqual([]);
    };
    const fill = (entries: number) => {
      for (let count = 0; count < entries; count++) journal.add(SYMBOLS);
    };
    try {
      await play({ cluster, journal, folder, fill, expectStored });
    } finally {
      await cluster.close();
    }
  });
}

describe('a forwarder', () => {
  itIn('sends again what the server has lost, although it had acknowledged it', async (scene) => {
    const { cluster, fill, expectStored, folder } = scene;
    const bus = cluster.bus();
    fill(50);
    const forwarder = cluster.forwarder('n', scene.journal);
    await until(() => forwarder.stats().messages > 10 && forwarder.stats().pendingBytes === 0);
    await (await bus.manager()).streams.purge(bus.names.stream);
    const writer = cluster.writer('a', folder);
    await expectStored();
    expect(writer.stats().holes).toBeGreaterThan(0);
    expect(forwarder.stats().rewinds).toBeGreaterThan(0);
  });

  itIn(
    'goes on with a stream that is made anew behind its back',
    async ({ cluster, journal, fill, expectStored, folder }) => {
      const bus = cluster.bus();
      cluster.forwarder('n', journal);
      cluster.writer('a', folder);
      fill(20);
      await until(() => journal.committedPosition === journal.end);
      await (await bus.manager()).streams.delete(bus.names.stream);
      fill(20);
      await expectStored();
    },
  );

  itIn(
    'waits while the stream is full, and loses nothing',
    async ({ cluster, journal, fill, expectStored, folder }) => {
      fill(200);
      const forwarder = cluster.forwarder('n', journal);
      await until(() => forwarder.stats().retries > 3);
      expect(forwarder.stats().readPosition).toBeLessThanOrEqual(journal.end);
      cluster.writer('a', folder);
      await expectStored();
    },
    { streamBytesMax: 128 * 1024 },
  );

  itIn(
    'sends an entry that is larger than any message',
    async ({ cluster, journal, fill, expectStored, folder }) => {
      fill(3);
      const trades = Array.from({ length: 9000 }, (_, index) => ['BIGUSDT', index + 1] as const);
      journal.sent.set(
        'BIGUSDT',
        trades.map(([, id]) => id),
      );
      const payload = tradeBatch(trades);
      expect(payload.length).toBeGreaterThan(2 ** 20);
      journal.addBatch(payload);
      fill(3);
      cluster.forwarder('n', journal);
      cluster.writer('a', folder);
      await expectStored();
    },
  );

  itIn(
    'passes on what can be read of a damaged batch, and the doubt behind it',
    async ({ cluster, journal, folder }) => {
      const good = tradeBatch([['BTCUSDT', 1], ['ETHUSDT', 1]]); // prettier-ignore
      journal.addBatch(Buffer.concat([good, Buffer.from([255, 255, 255, 127])]));
      journal.addBatch(tradeBatch([['BTCUSDT', 2], ['ETHUSDT', 3]])); // prettier-ignore
      const forwarder = cluster.forwarder('n', journal);
      cluster.writer('a', folder);
      await until(() => journal.committedPosition === journal.end);
      await until(() => storedIds([join(folder, 'a')]).get('ETHUSDT')?.length === 2);
      await cluster.close();
      expect(forwarder.stats().damagedBatches).toBe(1);
      expect(Object.fromEntries(storedIds([join(folder, 'a')]))).toEqual({
        BTCUSDT: [1, 2],
        ETHUSDT: [1, 3],
      });
    },
  );

  itIn(
    'starts a journal of another incarnation from its beginning',
    async ({ cluster, journal, fill, folder, expectStored }) => {
      const first = new PlayedJournal();
      first.add(['OLDUSDT', 'BTCUSDT']);
      const forwarder = cluster.forwarder('n', first, { incarnation: 'old' });
      cluster.writer('a', folder);
      await until(() => first.committedPosition === first.end);
      await forwarder.close();
      journal.sent.set('OLDUSDT', [1]);
      journal.add(['BTCUSDT']);
      journal.sent.set('BTCUSDT', [1]);
      for (let count = 0; count < 5; count++) journal.add(SYMBOLS);
      journal.add(['BTCUSDT']);
      cluster.forwarder('n', journal, { incarnation: 'new' });
      void fill;
      await expectStored();
    },
  );
});

describe('a writer', () => {
  itIn(
    'undoes a commit that another writer made impossible',
    async ({ cluster, journal, fill, expectStored, folder }) => {
      const book = new CursorBook(cluster.bus());
      let rivals = 0;
      const rivalled = (partition: number): PartitionStore => {
        const store = csvStore(join(folder, 'a'), partition);
        return {
          ...store,
          createSink: (generation) => {
            const sink = store.createSink(generation);
            const commit = sink.commit.bind(sink);
            sink.commit = async (state) => {
              const position = await commit(state);
              // The rows are durable here by now, and a rival takes the partition before they are confirmed.
              if (rivals < 3) {
                rivals++;
                const { cursor, revision } = await book.read(partition);
                const taken = { ...cursor!, generation: cursor!.generation + 1, owner: 'rival' };
                await book.replace(partition, await book.encode(partition, taken), revision);
              }
              return position;
            };
            return sink;
          },
        };
      };
      cluster.forwarder('n', journal);
      const writer = cluster.writer('a', folder, { store: rivalled });
      fill(30);
      await until(() => rivals === 3);
      fill(30);
      await expectStored();
      expect(writer.stats().undone).toBeGreaterThanOrEqual(3);
      expect(writer.stats()).toMatchObject({ lostLeases: expect.any(Number), refused: [] });
    },
  );

  itIn('cuts on its disk what was never confirmed, also of partitions that others have', async (scene) => {
    const { cluster, journal, fill, expectStored, folder } = scene;
    cluster.forwarder('n', journal);
    fill(20);
    const first = cluster.writer('a', folder);
    await until(() => journal.committedPosition === journal.end);
    await first.close();
    // As after a kill between the local commit and its confirmation.
    for (let partition = 0; partition < 4; partition++) {
      const store = csvStore(join(folder, 'a'), partition);
      const sink = store.createSink(1);
      const { position, state } = await sink.open();
      if (state === undefined) continue;
      await sink.append(tradeBatch([[`LATE${partition}USDT`, 7]]), position + 1);
      await store.keep();
      await sink.commit(`1.${Number(state.split('.')[1]) + 1}`);
      await sink.close();
    }
    cluster.writer('b', folder);
    const second = cluster.writer('a', folder);
    fill(20);
    await until(() => second.stats().unsettled.length === 0 && second.stats().undone > 0);
    await expectStored(['a', 'b']);
  });

  itIn(
    'refuses a store that knows more than the cursor: the bucket was lost',
    async ({ cluster, journal, fill, folder }) => {
      const bus = cluster.bus();
      cluster.forwarder('n', journal);
      fill(5);
      const first = cluster.writer('a', folder);
      await until(() => journal.committedPosition === journal.end);
      await first.close();
      const before = storedIds([join(folder, 'a')]);
      for (let partition = 0; partition < 4; partition++)
        await (await bus.cursors()).purge(`cursor.p0${partition}`);
      const second = cluster.writer('a', folder);
      await until(() => second.stats().refused.length > 0);
      await second.close();
      expect(storedIds([join(folder, 'a')])).toEqual(before);
    },
  );

  itIn(
    'gives partitions to a writer that comes later',
    async ({ cluster, journal, fill, expectStored, folder }) => {
      cluster.forwarder('n', journal);
      const first = cluster.writer('a', folder);
      await until(() => first.stats().partitions.length === 4);
      fill(20);
      const second = cluster.writer('b', folder);
      await until(() => first.stats().partitions.length === 2 && second.stats().partitions.length === 2);
      fill(20);
      await expectStored(['a', 'b']);
    },
  );

  itIn('asks the collectors for what a gap needs', async ({ cluster, journal, folder }) => {
    const heard: Wish[] = [];
    const listener = new WishListener(cluster.bus(), (wish) => heard.push(wish));
    listener.start();
    try {
      cluster.forwarder('n', journal);
      cluster.writer('a', folder);
      const builder = new RecordBatchBuilder(1024);
      for (const [stream, order] of [['BTCUSDT@aggTrade', 1], ['BTCUSDT@aggTrade', 4], ['BTCUSDT@depth', 1], ['BTCUSDT@depth', 4]] as const) {
        const meta = { type: RECORD_TYPE.frame, stream, line: 0, connectionId: 1, order, follows: order - 1 };
        const depth = `{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":${order},"u":${order},"pu":${order - 1},"b":[],"a":[]}}`;
        builder.append({ ...meta, receivedAtUs: 1_767_323_045_000_000 + order }, stream.endsWith('depth') ? Buffer.from(depth) : tradeFrame('BTCUSDT', order));
      } // prettier-ignore
      journal.addBatch(builder.take());
      await until(
        () =>
          heard.some(({ kind }) => kind === 'repair') && heard.some(({ kind }) => kind === 'depthSnapshot'),
      );
      expect(heard).toContainEqual({
        kind: 'repair',
        order: expect.objectContaining({ stream: 'BTCUSDT@aggTrade', from: 2, to: 3 }),
      });
      expect(heard).toContainEqual({ kind: 'depthSnapshot', stream: 'BTCUSDT@depth' });
    } finally {
      await listener.close();
    }
  });
});

describe('without a server', () => {
  itWithNats('both sides wait, and begin when there is one', async () => {
    const ownServer = await startNats();
    await ownServer.kill();
    const cluster = new Cluster(ownServer.url, 'late');
    try {
      const journal = new PlayedJournal();
      for (let count = 0; count < 20; count++) journal.add(SYMBOLS);
      const folder = join(root, 'late');
      cluster.forwarder('n', journal);
      const writer = cluster.writer('a', folder);
      await until(() => writer.stats().retries > 1);
      await ownServer.restart();
      await until(() => journal.committedPosition === journal.end);
      await cluster.close();
      expect(Object.fromEntries(storedIds([join(folder, 'a')]))).toEqual(Object.fromEntries(journal.sent));
    } finally {
      await cluster.close();
      await ownServer.stop();
    }
  });
});

describe('a bus', () => {
  itWithNats('says what an acknowledgement of this server is worth, and refuses another layout', async () => {
    const cluster = new Cluster(server().url, 'layout');
    try {
      const report = await cluster.bus().report();
      expect(report.isAckDurable).toBe(false);
      expect(report.reasons.map(({ code }) => code)).toContain('NOT_SYNCED');
      await expect(cluster.bus({ partitions: 8 }).provision()).rejects.toMatchObject({
        code: 'LAYOUT_MISMATCH',
        isPassing: false,
      });
    } finally {
      await cluster.close();
    }
  });
});
