import type { Buffer } from 'node:buffer';
import {
  isRejection,
  malformedGap,
  readRecordBatch,
  RECORD_TYPE,
  recordRoute,
  recordRowKind,
  RowProblem,
  type BatchRecord,
  type RecordRoute,
} from '@org/storage';
import { formatFileName, Periods, type FileKind, type Rotation } from '../file-names.ts';
import { RecordRows } from './record-rows.ts';
import { rejectedLine } from './rejected-line.ts';
import { formatGap } from './report-rows.ts';
import type { RowBuffer } from './row-buffer.ts';
import { SpareRows } from './spare-rows.ts';

/** Streams that are remembered; beyond it all are forgotten and their keys parsed again. */
const STREAMS_MAX = 10_000;
/** Memory of rows that is kept for the next batch. */
const SPARE_BYTES_MAX = 48 * 1024 * 1024;
/** How far a receipt may lie before the period of the one before without that being another time: a step of NTP. */
const BACKWARD_US_MAX = 5_000_000;

/** Rows for one file. */
export interface FileRows {
  /** The symbol's folder; '' for the output folder itself. */
  readonly folder: string;
  readonly kind: FileKind;
  readonly period: string;
  readonly rows: RowBuffer;
  /** Where these rows begin, of depth that became any. */
  start?: DepthStart;
}

/** How the first rows of depth join what was before them. */
export interface DepthStart {
  /** Receipt of the first record, µs since the epoch. */
  readonly receivedAtUs: number;
  /** Last update id of a book that stands right before the first record; NaN where nobody said. */
  readonly lastUpdateId: number;
  /** Whether the stream was met in an earlier period. */
  readonly isContinued: boolean;
}

export interface Rejection {
  readonly stream: string;
  readonly problem: string;
}

/** What a batch becomes, before anything is written. */
export interface FormattedBatch {
  /** By `<folder>/<file name of part 0>`. */
  readonly files: ReadonlyMap<string, FileRows>;
  readonly records: number;
  readonly rows: number;
  readonly rejections: readonly Rejection[];
}

/** Where the rows of a stream go, and the file that they went to last, which counts for its batch and period only. */
interface StreamRows {
  readonly route: RecordRoute;
  batch: number;
  period: number;
  file: FileRows | undefined;
  /** How far its depth has come, and how far it had before the batch. */
  readonly reached: DepthReach;
  readonly reachedBefore: DepthReach;
  reachBatch: number;
}

/** The latest period and the last update id of depth that became rows. */
interface DepthReach {
  /** 0 before the first. */
  period: number;
  /** NaN where nobody said. */
  lastUpdateId: number;
}

/** Turns batches into rows, file by file. It does no input or output: what it returns can be written or thrown away. */
export class BatchRows {
  readonly #periods: Periods;
  readonly #recordRows = new RecordRows();
  readonly #streams = new Map<string, StreamRows>();
  readonly #spare = new SpareRows(SPARE_BYTES_MAX);
  /** Whose depth this batch takes on. */
  readonly #reached: StreamRows[] = [];
  /** The latest receipt, µs since the epoch, among the first records that each stream had in a batch. */
  latestReceiptUs = 0;
  #batch = 0;
  #files = new Map<string, FileRows>();
  #rows = 0;
  #rejections: Rejection[] = [];

  constructor(rotation: Rotation) {
    this.#periods = new Periods(rotation);
  }

  /** Throws `RecordBatchError` when the bytes are no batch. */
  format(batch: Buffer): FormattedBatch {
    this.#files = new Map();
    this.#batch++;
    this.#reached.length = 0;
    this.#rows = 0;
    this.#rejections = [];
    const records = readRecordBatch(batch, (record) => this.#add(record));
    return { files: this.#files, records, rows: this.#rows, rejections: this.#rejections };
  }

  /** Takes back the memory of a batch that is written or given up. */
  release({ files }: FormattedBatch): void {
    for (const [key, { rows }] of files) this.#spare.keep(key, rows);
  }

  /** The batch was not written, and may come again. */
  undo(): void {
    for (const { reached, reachedBefore } of this.#reached) Object.assign(reached, reachedBefore);
    this.#reached.length = 0;
  }

  #add(record: BatchRecord): void {
    if (hasNoRows(record)) return;
    const stream = this.#stream(record.stream);
    try {
      this.#rows += this.#write(record, stream);
    } catch (error) {
      if (!isRejection(error)) throw error;
      this.#reject(record, stream.route, error.message);
    }
  }

  /** All the record's rows or none of them. */
  #write(record: BatchRecord, stream: StreamRows): number {
    const { route } = stream;
    if (!isTime(record.receivedAtUs))
      throw new RowProblem(`expected a receipt in µs, was ${record.receivedAtUs}`);
    const kind = recordRowKind(route, record.type);
    if (kind === undefined) throw new RowProblem('expected a stream key of a symbol and a known stream');
    const file = this.#lastFile(stream, kind, record.receivedAtUs);
    const { rows } = file;
    const start = rows.length;
    try {
      const count = this.#recordRows.write(record, route, rows);
      if (kind === 'depth') this.#reach(record, stream, file);
      return count;
    } catch (error) {
      rows.length = start;
      throw error;
    }
  }

  /** The record as it came, and where it is an event that never became rows, the gap that it leaves. */
  #reject(record: BatchRecord, route: RecordRoute, problem: string): void {
    const timeUs = isTime(record.receivedAtUs) ? Math.floor(record.receivedAtUs) : 0;
    const period = this.#periods.index(timeUs);
    this.#file(route.symbol, 'rejected', period).rows.text(rejectedLine(record, problem));
    const gap = malformedGap(record, route, timeUs);
    if (gap !== undefined) this.#file(route.symbol, 'gaps', period).rows.text(formatGap(gap));
    this.#rejections.push({ stream: record.stream, problem });
  }

  /** The file of the stream's record before, as long as kind and period stay: most records need no name made. */
  #lastFile(stream: StreamRows, kind: FileKind, timeUs: number): FileRows {
    const period = this.#period(stream, kind, timeUs);
    const { file } = stream;
    if (file?.kind === kind && stream.batch === this.#batch && stream.period === period) return file;
    const found = this.#file(stream.route.symbol, kind, period);
    if (timeUs > this.latestReceiptUs) this.latestReceiptUs = timeUs;
    stream.batch = this.#batch;
    stream.period = period;
    stream.file = found;
    return found;
  }

  /** A chain of diffs must not go back into a file that it has left, when a clock was set back or two differ. */
  #period(stream: StreamRows, kind: FileKind, timeUs: number): number {
    const period = this.#periods.index(timeUs);
    if (kind !== 'depth' || period >= stream.reached.period) return period;
    return this.#periods.index(timeUs + BACKWARD_US_MAX) >= stream.reached.period
      ? stream.reached.period
      : period;
  }

  /** Notes how the rows of the record join those before, after they were made. */
  #reach(record: BatchRecord, stream: StreamRows, file: FileRows): void {
    const isDiff = record.type === RECORD_TYPE.frame;
    const { reached, period } = stream;
    file.start ??= {
      receivedAtUs: record.receivedAtUs,
      lastUpdateId: isDiff ? (record.follows ?? NaN) : reached.lastUpdateId,
      isContinued: reached.period > 0 && reached.period < period,
    };
    if (stream.reachBatch !== this.#batch) {
      stream.reachBatch = this.#batch;
      Object.assign(stream.reachedBefore, reached);
      this.#reached.push(stream);
    }
    reached.period = period;
    if (isDiff) reached.lastUpdateId = record.order ?? NaN;
  }

  #file(folder: string, kind: FileKind, index: number): FileRows {
    const period = this.#periods.name(index);
    const key = `${folder}/${formatFileName(kind, period, 0)}`;
    let file = this.#files.get(key);
    if (file === undefined) {
      file = { folder, kind, period, rows: this.#spare.take(key) };
      this.#files.set(key, file);
    }
    return file;
  }

  #stream(key: string): StreamRows {
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      if (this.#streams.size >= STREAMS_MAX) this.#streams.clear();
      stream = {
        route: recordRoute(key),
        batch: 0,
        period: 0,
        file: undefined,
        reached: { period: 0, lastUpdateId: NaN },
        reachedBefore: { period: 0, lastUpdateId: NaN },
        reachBatch: 0,
      };
      this.#streams.set(key, stream);
    }
    return stream;
  }
}

/** What the recorder tells itself; a sink has nothing to store of it. */
function hasNoRows({ type }: BatchRecord): boolean {
  return type === RECORD_TYPE.doubt || type === RECORD_TYPE.tick;
}

/** A time that has a UTC date. */
function isTime(timeUs: number): boolean {
  return timeUs >= 0 && timeUs <= Number.MAX_SAFE_INTEGER;
}
