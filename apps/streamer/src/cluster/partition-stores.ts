import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StorageConfig } from '@org/config';
import type { SinkEvents, SinkStats } from '@org/storage';
import { CsvSink, type ClosingTime, partitionFolder } from '@org/storage-csv';
import type { CheckpointCopy, PartitionStore } from '@org/transport-nats';
import { addStats, NO_STATS, PartitionFiles } from './partition-files.ts';

/** Parts of a day that one generation may need: `CsvSink` looks no further. */
const PARTS_A_GENERATION = 100;

export interface PartitionStoresOptions {
  readonly outputPath: string;
  readonly storage: Pick<StorageConfig, 'rotation'>;
  /** Files that all partitions together may have open. */
  readonly openFilesMax: number;
  readonly partitions: number;
  readonly makeCopy: (path: string, copyPath: string) => CheckpointCopy;
  /** When rows of a partition that is written here have come, µs since the epoch; undefined while nobody knows. */
  readonly writtenUs: (partition: number) => number | undefined;
  /** Files of a partition could not be closed; they are at the next look. */
  readonly putOff: (partition: number, error: unknown) => void;
  readonly events: SinkEvents;
}

/**
 * The files of the partitions, a folder each. Parts are numbered by generation, so that the folders of all writers can be
 * put together.
 */
export class PartitionStores {
  readonly #options: PartitionStoresOptions;
  readonly #files: readonly PartitionFiles[];

  constructor(options: PartitionStoresOptions) {
    this.#options = options;
    this.#files = Array.from({ length: options.partitions }, (_, partition) => this.#filesOf(partition));
  }

  store(partition: number): PartitionStore {
    return this.#files[partition]!;
  }

  /** Of all sinks since the process began. Rows that were cut and stored again count again. */
  stats(): SinkStats {
    return this.#files.reduce((sum, files) => addStats(sum, files.stats()), NO_STATS);
  }

  /** Of all partitions, whoever writes them now; paths are below the output folder. See `CsvSink.closeFiles`. */
  async closeFiles(time: ClosingTime): Promise<readonly string[]> {
    const closed: string[] = [];
    for (const [partition, files] of this.#files.entries()) {
      const paths = await files.closeFiles(this.#timeOf(partition, files, time)).catch((error: unknown) => {
        this.#options.putOff(partition, error);
        return files.closed;
      });
      const folder = partitionFolder(partition);
      for (const path of paths) closed.push(`${folder}/${path}`);
    }
    return closed;
  }

  /** These are packed, or gone. */
  async packed(paths: readonly string[]): Promise<void> {
    for (const [partition, files] of this.#files.entries()) {
      const folder = `${partitionFolder(partition)}/`;
      const own = paths.flatMap((path) => (path.startsWith(folder) ? path.slice(folder.length) : []));
      if (own.length > 0) await files.packed(own);
    }
  }

  /** When no partition is written any more. */
  async close(): Promise<void> {
    for (const files of this.#files) await files.close();
  }

  /** Nothing comes to the files of a partition that others write: its periods are over when the clock says so. */
  #timeOf(partition: number, files: PartitionFiles, time: ClosingTime): ClosingTime {
    if (!files.isWritten) return time;
    return { nowUs: Math.min(time.nowUs, this.#options.writtenUs(partition) ?? -Infinity) };
  }

  #filesOf(partition: number): PartitionFiles {
    const { outputPath, makeCopy } = this.#options;
    const folder = join(outputPath, partitionFolder(partition));
    const checkpoint = join(folder, '.csv-checkpoint.json');
    return new PartitionFiles({
      createSink: (generation) => this.#createSink(folder, generation),
      copy: makeCopy(checkpoint, join(folder, '.csv-checkpoint.confirmed.json')),
    });
  }

  #createSink(folder: string, generation: number): CsvSink {
    const { storage, openFilesMax, partitions, events } = this.#options;
    mkdirSync(folder, { recursive: true });
    return new CsvSink({
      outputDir: folder,
      rotation: storage.rotation,
      openFilesMax: Math.ceil(openFilesMax / partitions),
      firstPart: generation * PARTS_A_GENERATION,
      events,
    });
  }
}
