import { join } from 'node:path';
import { Cluster, itWithNats, sharedServer, until } from './cluster.ts';
import { gapRows, storedIds, temporaryFolder } from './csv-stores.ts';
import { PlayedJournal, SYMBOLS } from './played-journal.ts';

/** For the tests of one file: a server, and a folder. */
export const server = sharedServer();
export const root = temporaryFolder();
let names = 0;

export interface Scene {
  readonly cluster: Cluster;
  readonly journal: PlayedJournal;
  readonly folder: string;
  readonly fill: (entries: number) => void;
  /** Everything is stored, once, in order and without a gap. */
  readonly expectStored: (writers?: readonly string[]) => Promise<void>;
}

export function itIn(name: string, play: (scene: Scene) => Promise<void>, options = {}): void {
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
