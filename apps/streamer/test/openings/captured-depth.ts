import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { RECORD_TYPE, RecordBatchBuilder, type RecordMeta } from '@org/storage';

export interface DepthRecord {
  readonly meta: RecordMeta;
  readonly payload: Buffer;
}

interface Envelope {
  readonly stream: string;
  readonly data: { readonly U: number; readonly u: number; readonly pu?: number };
}

/** The depth in the chosen files of a capture as a worker passes it on, in the order of receipt. */
export function capturedDepth(folder: string, names: RegExp): DepthRecord[] {
  const chosen = readdirSync(folder).filter((name) => names.test(name));
  const records = chosen.flatMap((name) => {
    const symbol = /^(.+)_\d{8}\.gz$/.exec(name)![1]!.toUpperCase();
    const lines = gunzipSync(readFileSync(join(folder, name))).toString('utf8').split('\n'); // prettier-ignore
    const stream = /"stream":"[^@"]+@(depth[^"]*)"/.exec(lines.find((line) => line.includes('@depth'))!)![1]!;
    return lines.flatMap((line) => recordOf(line, `${symbol}@${stream}`) ?? []);
  });
  return records.sort((a, b) => a.meta.receivedAtUs - b.meta.receivedAtUs);
}

function recordOf(line: string, stream: string): DepthRecord | undefined {
  const space = line.indexOf(' ');
  const payload = Buffer.from(line.slice(space + 1));
  const common = { stream, receivedAtUs: Number(line.slice(0, space)) / 1000, line: 0, connectionId: 1 };
  if (line.startsWith('{"lastUpdateId"', space + 1))
    return { meta: { ...common, type: RECORD_TYPE.depthSnapshot }, payload };
  if (!line.includes('@depth')) return undefined;
  const { U, u, pu } = (JSON.parse(payload.toString()) as Envelope).data;
  return { meta: { ...common, type: RECORD_TYPE.frame, order: u, follows: pu ?? U - 1 }, payload };
}

/** Batches of what was received within so many seconds, as the writer gathers them. */
export function* batchesOf(records: readonly DepthRecord[], seconds = 1): Generator<Buffer> {
  const builder = new RecordBatchBuilder(64 * 1024);
  let startUs = -Infinity;
  for (const { meta, payload } of records) {
    if (meta.receivedAtUs - startUs > seconds * 1_000_000) {
      if (builder.recordCount > 0) yield builder.take();
      startUs = meta.receivedAtUs;
    }
    builder.append(meta, payload);
  }
  yield builder.take();
}
