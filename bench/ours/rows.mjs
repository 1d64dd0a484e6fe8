import { CsvSink } from '@org/storage-csv';
import { fileCandidate } from '../workload/depth-files.mjs';
import { SinkBatches } from '../workload/sink-batches.mjs';

/** Rows as the recorder's writer makes them: from batches of frames, with checkpoint and sync at the end. */
export function createCandidate(workload, scratch) {
  const batches = batchesOf(workload.symbols);
  return fileCandidate(workload, scratch, async (folder) => {
    const sink = new CsvSink({ outputDir: folder });
    await sink.open();
    let position = 0;
    for (const batch of batches) await sink.append(batch, ++position);
    await sink.commit();
    await sink.close();
  });
}

function batchesOf(symbols) {
  const builder = new SinkBatches();
  const batches = symbols.flatMap(({ symbol, events }) =>
    events.flatMap((event) => builder.add(symbol, event) ?? []),
  );
  return [...batches, builder.last()];
}
