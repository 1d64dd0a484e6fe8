import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { CsvSink } from '@org/storage-csv';
import { MergedBatches } from '@org/transport-nats';

/** What a merged stream of JetStream has, and how much of it there is. */
export interface MergedFigures {
  readonly messages: number;
  readonly batches: number;
  readonly missed: number;
}

/** Reads a merged stream from its beginning to its end, as anybody may, and writes what counts into files. */
export async function mergedToFiles(url: string, stream: string, outputDir: string): Promise<MergedFigures> {
  const connection = await connect({ servers: url });
  const sink = new CsvSink({ outputDir });
  const merged = new MergedBatches(stream);
  let batches = 0;
  try {
    const { state } = await (await jetstreamManager(connection)).streams.info(stream);
    const consumer = await jetstream(connection).consumers.get(stream);
    await sink.open();
    for await (const { subject, seq: sequence, data } of await consumer.consume()) {
      for (const { batch } of merged.take({ subject, sequence, data: Buffer.from(data) }))
        await sink.append(batch, ++batches);
      if (sequence === state.last_seq) break;
    }
    await sink.commit('');
    return { messages: state.messages, batches, missed: merged.missed };
  } finally {
    await sink.close();
    await connection.close();
  }
}
