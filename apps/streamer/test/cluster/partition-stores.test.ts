import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointCopy } from '@org/transport-nats';
import { PartitionStores } from '../../src/cluster/partition-stores.ts';
import { tradeBatch } from './trade-batch.ts';

const DAY_US = 86_400_000_000;
const FIRST_US = Date.UTC(2026, 0, 2, 12) * 1000;
const AFTER = { nowUs: FIRST_US + 2 * DAY_US, isEnding: true };
const FILE = 'AUSDT/aggtrade_2026-01-02.100.csv';

let folder: string;
let writtenUs: number | undefined;
let stores: PartitionStores;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'partition-stores-'));
  writtenUs = undefined;
  stores = new PartitionStores({
    outputPath: folder,
    storage: { rotation: 'daily' },
    openFilesMax: 10,
    partitions: 3,
    makeCopy: (path, copyPath) => new CheckpointCopy(path, copyPath),
    writtenUs: () => writtenUs,
    putOff: (partition, error) => {
      throw new Error(`partition ${partition}`, { cause: error });
    },
    events: {},
  });
});
afterEach(async () => {
  await stores.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes a row, as the first owner of the partition. */
async function write(partition: number) {
  const store = stores.store(partition);
  const sink = store.createSink(1);
  await sink.open();
  await sink.append(tradeBatch('AUSDT', 1, FIRST_US), 1);
  await store.keep();
  await sink.commit('1.1');
  return { store, sink };
}

describe('the files of the partitions of a writer', () => {
  it('are closed by the time of what comes while they are written, and by the clock afterwards', async () => {
    const { store, sink } = await write(1);
    store.confirmed?.();
    expect(await stores.closeFiles(AFTER)).toEqual([]);
    writtenUs = FIRST_US;
    expect(await stores.closeFiles(AFTER)).toEqual([]);
    await sink.close();
    expect(await stores.closeFiles(AFTER)).toEqual([`p01/${FILE}`]);
    await stores.packed([`p01/${FILE}`]);
    expect(await stores.closeFiles(AFTER)).toEqual([]);
  });

  it('are closed while they are written when what comes is of the next period', async () => {
    const { store, sink } = await write(2);
    store.confirmed?.();
    writtenUs = FIRST_US + DAY_US;
    // Nobody knows yet how long nothing has come to it.
    expect(await stores.closeFiles(AFTER)).toEqual([]);
    writtenUs += DAY_US;
    expect(await stores.closeFiles({ ...AFTER, nowUs: FIRST_US + 3 * DAY_US })).toEqual([`p02/${FILE}`]);
    await sink.close();
    expect(await stores.closeFiles(AFTER)).toEqual([`p02/${FILE}`]);
  });

  it('stay open from a commit to its confirmation, and where nobody has settled them', async () => {
    const { store, sink } = await write(0);
    await sink.close();
    expect(await stores.closeFiles(AFTER)).toEqual([]);
    store.confirmed?.();
    expect(await stores.closeFiles(AFTER)).toEqual([`p00/${FILE}`]);
  });

  it('of partitions that never were here are not made by looking', async () => {
    stores.store(0).confirmed?.();
    expect(await stores.closeFiles(AFTER)).toEqual([]);
    expect(await stores.store(0).isNew()).toBe(true);
  });
});
