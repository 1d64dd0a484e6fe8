import { join } from 'node:path';
import { startNats } from '../../../tools/test-servers/nats.mjs';
import { Cluster, itWithNats, until } from './cluster.ts';
import { storedIds } from './csv-stores.ts';
import { PlayedJournal, SYMBOLS, tradeBatch } from './played-journal.ts';
import { itIn, root, server } from './scene.ts';

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
