import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StorageConfig } from '@org/config';
import type { SinkEvents, SinkStats } from '@org/storage';
import { CsvSink } from '@org/storage-csv';
import type { CheckpointCopy, PartitionStore } from '@org/transport-nats';

/** Parts of a day that one generation may need: `CsvSink` looks no further. */
const PARTS_A_GENERATION = 100;

export interface PartitionStoresOptions {
  readonly outputPath: string;
  readonly storage: Pick<StorageConfig, 'rotation'>;
  /** Files that all partitions together may have open. */
  readonly openFilesMax: number;
  readonly partitions: number;
  readonly makeCopy: (path: string, copyPath: string) => CheckpointCopy;
  readonly events: SinkEvents;
}

const NOTHING: SinkStats = { records: 0, rows: 0, bytes: 0, rejected: 0 };

/** `p07`: the folder of a partition below the output folder. */
export function partitionFolder(partition: number): string {
  return `p${String(partition).padStart(2, '0')}`;
}

/**
 * The files of the partitions, a folder each. Parts are numbered by generation, so that the folders of all writers can be
 * put together.
 */
export class PartitionStores {
  readonly #options: PartitionStoresOptions;
  readonly #sinks = new Map<number, CsvSink>();
  #ended = NOTHING;

  constructor(options: PartitionStoresOptions) {
    this.#options = options;
  }

  store(partition: number): PartitionStore {
    const { outputPath, makeCopy } = this.#options;
    const folder = join(outputPath, partitionFolder(partition));
    const checkpoint = join(folder, '.csv-checkpoint.json');
    const copy = makeCopy(checkpoint, join(folder, '.csv-checkpoint.confirmed.json'));
    return {
      createSink: (generation) => this.#createSink(partition, folder, generation),
      keep: () => copy.keep(),
      putBack: () => copy.putBack(),
      isNew: () => copy.isNew(),
    };
  }

  /** Of all sinks since the process began. Rows that were cut and stored again count again. */
  stats(): SinkStats {
    return [...this.#sinks.values()].reduce((sum, sink) => add(sum, sink.stats()), this.#ended);
  }

  #createSink(partition: number, folder: string, generation: number): CsvSink {
    const { storage, openFilesMax, partitions, events } = this.#options;
    mkdirSync(folder, { recursive: true });
    const sink = new CsvSink({
      outputDir: folder,
      rotation: storage.rotation,
      openFilesMax: Math.ceil(openFilesMax / partitions),
      firstPart: generation * PARTS_A_GENERATION,
      events,
    });
    const before = this.#sinks.get(partition);
    if (before !== undefined) this.#ended = add(this.#ended, before.stats());
    this.#sinks.set(partition, sink);
    return sink;
  }
}

function add(left: SinkStats, right: SinkStats): SinkStats {
  return {
    records: left.records + right.records,
    rows: left.rows + right.rows,
    bytes: left.bytes + right.bytes,
    rejected: left.rejected + right.rejected,
  };
}
