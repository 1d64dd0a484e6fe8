import { join } from 'node:path';
import { Cluster, itWithNats, sharedServer, until } from './cluster.ts';
import { gapRows, storedIds, temporaryFolder } from './csv-stores.ts';
import { PlayedJournal, SYMBOLS } from './played-journal.ts';

const server = sharedServer();
const root = temporaryFolder();

const idsOf = (journal: PlayedJournal) => Object.fromEntries(journal.sent);

describe('a journal that is forwarded', () => {
  itWithNats('is stored by two writers, each row once, and let go of when it is', async () => {
    const cluster = new Cluster(server().url, 'plain');
    try {
      const journal = new PlayedJournal();
      const folder = join(root, 'plain');
      const forwarder = cluster.forwarder('tokyo', journal);
      cluster.writer('a', folder);
      cluster.writer('b', folder);
      for (let count = 0; count < 300; count++) {
        journal.add(SYMBOLS.filter((_, index) => (count + index) % 3 !== 0));
        if (count % 50 === 0) await until(() => true);
      }
      await until(
        () => journal.committedPosition === journal.end,
        () => JSON.stringify(forwarder.stats()),
      );
      await cluster.close();
      const folders = [join(folder, 'a'), join(folder, 'b')];
      expect(Object.fromEntries(storedIds(folders))).toEqual(idsOf(journal));
      expect(gapRows(folders)).toEqual([]);
      expect(journal.faults).toEqual([]);
    } finally {
      await cluster.close();
    }
  });
});
