import type { Buffer } from 'node:buffer';
import { readRecordBatch, RECORD_TYPE, type BatchRecord } from '@org/storage';
import { LineBuffer } from './line-buffer.ts';
import { isRejection, RecordPoints, type RecordPointsOptions } from './record-points.ts';
import { malformedGap } from './malformed-gap.ts';
import { writeGap } from './report-points.ts';
import { streamPoints, type StreamPoints } from './stream-points.ts';

/** Streams that are remembered; beyond it all are forgotten and their keys parsed again. */
const STREAMS_MAX = 10_000;

export interface Rejection {
  readonly stream: string;
  readonly problem: string;
}

/** What a batch becomes, before anything is written. */
export interface FormattedBatch {
  /** Line protocol, valid until the next batch is formatted. */
  readonly lines: Buffer;
  /** The stream of each line, in their order. */
  readonly streams: readonly string[];
  /** Lines that tell of a record that became none, by their number: they are not among the rows. */
  readonly notes: ReadonlySet<number>;
  readonly records: number;
  /** Records of full depth, which are not stored here. */
  readonly passedBy: number;
  readonly rejections: readonly Rejection[];
}

/** Turns batches into lines. It does no input or output: what it returns can be written or thrown away. */
export class BatchPoints {
  readonly #points: RecordPoints;
  readonly #lines = new LineBuffer();
  readonly #known = new Map<string, StreamPoints>();
  #streams: string[] = [];
  #notes = new Set<number>();
  #passedBy = 0;
  #rejections: Rejection[] = [];

  constructor(options: RecordPointsOptions) {
    this.#points = new RecordPoints(options);
  }

  /** Throws `RecordBatchError` when the bytes are no batch. */
  format(batch: Buffer): FormattedBatch {
    this.#lines.clear();
    this.#streams = [];
    this.#notes = new Set();
    this.#passedBy = 0;
    this.#rejections = [];
    const records = readRecordBatch(batch, (record) => this.#add(record));
    return {
      lines: this.#lines.view(),
      streams: this.#streams,
      notes: this.#notes,
      records,
      passedBy: this.#passedBy,
      rejections: this.#rejections,
    };
  }

  #add(record: BatchRecord): void {
    if (record.type === RECORD_TYPE.doubt || record.type === RECORD_TYPE.tick) return;
    const stream = this.#stream(record.stream);
    if (isFullDepth(record, stream)) {
      this.#passedBy++;
      return;
    }
    const start = this.#lines.length;
    try {
      const count = this.#points.write(record, stream, this.#lines);
      for (let line = 0; line < count; line++) this.#streams.push(record.stream);
    } catch (error) {
      if (!isRejection(error)) throw error;
      this.#lines.length = start;
      this.#reject(record, stream, error.message);
    }
  }

  /** An event that never became a point leaves a gap. */
  #reject(record: BatchRecord, stream: StreamPoints, problem: string): void {
    const gap = malformedGap(record, stream);
    if (gap !== undefined) {
      writeGap(gap.gap, this.#lines, gap.salt);
      this.#notes.add(this.#streams.length);
      this.#streams.push(record.stream);
    }
    this.#rejections.push({ stream: record.stream, problem });
  }

  #stream(key: string): StreamPoints {
    let stream = this.#known.get(key);
    if (stream === undefined) {
      if (this.#known.size >= STREAMS_MAX) this.#known.clear();
      this.#known.set(key, (stream = streamPoints(key)));
    }
    return stream;
  }
}

/** Hundreds of levels a second and symbol, and no exact decimals: a store of plots is no place for them. */
function isFullDepth({ type }: BatchRecord, { kind }: StreamPoints): boolean {
  return type === RECORD_TYPE.depthSnapshot || (type === RECORD_TYPE.frame && kind === 'depth');
}
