import { readCaptureLines, RECORD_TYPE, RecordBatchBuilder, type CaptureLine } from '@org/storage';
import { CsvSink, type DepthSource } from '@org/storage-csv';

const NS_PER_US = 1000n;
const BATCH_BYTES = 1024 * 1024;
const HEAD_BYTES = 200;
const STREAM = /^\{"stream":"[^"@]+@([^"]+)"/u;
const SNAPSHOT = /^\{\s*"lastUpdateId"/u;
/** The name does not reach a row. */
const DEPTH_STREAM = 'depth@0ms';

/** Messages of captures that became no rows. */
export interface LeftOut {
  /** Lines that are none of a capture, or messages of no stream. */
  readonly lines: number;
  /** Messages that the recorder would not store either. */
  readonly rejected: number;
}

/**
 * Writes the messages of captures as the CSV files that the recorder would have made of them, with the recorder's own sink.
 * Throws `CaptureError` for a capture that cannot be read.
 */
export async function writeCaptureRows(
  captures: readonly DepthSource[],
  outputDir: string,
): Promise<LeftOut> {
  const sink = new CsvSink({ outputDir });
  await sink.open();
  const rows = new CaptureRows(sink);
  for (const { symbol, paths } of captures) {
    for (const path of paths) {
      const options = { rejected: () => void rows.lines++ };
      for await (const lines of readCaptureLines(path, options))
        for (const line of lines) await rows.add(symbol, line);
    }
  }
  await rows.flush();
  await sink.commit('');
  const { rejected } = sink.stats();
  await sink.close();
  return { lines: rows.lines, rejected };
}

class CaptureRows {
  lines = 0;
  readonly #sink: CsvSink;
  readonly #batch = new RecordBatchBuilder(BATCH_BYTES);
  #bytes = 0;
  #position = 0;

  constructor(sink: CsvSink) {
    this.#sink = sink;
  }

  async add(symbol: string, { bytes, receivedAtNs }: CaptureLine): Promise<void> {
    const head = bytes.toString('utf8', 0, HEAD_BYTES);
    const isSnapshot = SNAPSHOT.test(head);
    const stream = isSnapshot ? DEPTH_STREAM : STREAM.exec(head)?.[1];
    if (stream === undefined) {
      this.lines++;
      return;
    }
    const type = isSnapshot ? RECORD_TYPE.depthSnapshot : RECORD_TYPE.frame;
    const receivedAtUs = Number(receivedAtNs / NS_PER_US);
    this.#batch.append(
      { type, stream: `${symbol}@${stream}`, receivedAtUs, line: 0, connectionId: 1 },
      bytes,
    );
    this.#bytes += bytes.length;
    if (this.#bytes >= BATCH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#bytes === 0) return;
    this.#bytes = 0;
    await this.#sink.append(this.#batch.take(), ++this.#position);
  }
}
