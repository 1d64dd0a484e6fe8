import { join } from 'node:path';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { CursorBook, FIRST_CURSOR, WishListener, type PartitionStore, type Wish } from '@org/transport-nats';
import { until } from './cluster.ts';
import { csvStore, storedIds } from './csv-stores.ts';
import { tradeBatch, tradeFrame } from './played-journal.ts';
import { itIn } from './scene.ts';

describe('a cursor', () => {
  itIn(
    'takes no commit that was under way when it was fenced, and later generations do not notice',
    async ({ cluster }) => {
      const book = new CursorBook(cluster.bus());
      const write = async (generation: number, revision: number) =>
        book.replace(0, await book.encode(0, { ...FIRST_CURSOR, generation }), revision);
      const first = await write(3, 0);
      expect(await book.fence(0, 3)).toMatchObject({ generation: 3 });
      await expect(write(3, first)).rejects.toMatchObject({ code: 'CONFLICT', isPassing: false });
      const { revision } = await book.read(0);
      const second = await write(4, revision);
      expect(await book.fence(0, 3)).toMatchObject({ generation: 4 });
      expect(await write(4, second)).toBeGreaterThan(second);
    },
  );
});

describe('a writer', () => {
  itIn(
    'undoes a commit that another writer made impossible',
    async ({ cluster, journal, fill, expectStored, folder }) => {
      const book = new CursorBook(cluster.bus());
      const [refused, told]: [string[], string[]] = [[], []];
      let rivals = 0;
      const rivalled = (partition: number): PartitionStore => {
        const store = csvStore(join(folder, 'a'), partition);
        let live: string | undefined;
        return {
          ...store,
          putBack: () => {
            live = undefined;
            return store.putBack();
          },
          confirmed: () => {
            if (live !== undefined) told.push(live);
          },
          createSink: (generation) => {
            const sink = store.createSink(generation);
            const commit = sink.commit.bind(sink);
            sink.commit = async (state) => {
              const position = await commit(state);
              live = `${partition}: ${state}`;
              // The rows are durable here by now, and a rival takes the partition before they are confirmed.
              if (rivals < 3) {
                rivals++;
                refused.push(live);
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
      // What may be packed is what nobody undoes.
      expect(told.length).toBeGreaterThan(0);
      expect(told.filter((commit) => refused.includes(commit))).toEqual([]);
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
