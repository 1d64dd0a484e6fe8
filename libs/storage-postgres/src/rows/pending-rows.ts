import { Buffer } from 'node:buffer';
import { FrameFields } from '@org/binance-wire';
import {
  isRejection,
  malformedGap,
  readBookSnapshot,
  readGap,
  readRecordBatch,
  RECORD_TYPE,
  recordPayload,
  recordRoute,
  RowProblem,
  scanRecordFrame,
  scanRecordSnapshot,
  type BatchRecord,
  type RecordRoute,
} from '@org/storage';
import {
  BOOK_SNAPSHOTS,
  DEPTH_EVENTS,
  DEPTH_LEVELS,
  GAPS,
  REJECTED,
  STREAM_TABLES,
  type Table,
} from '../schema/tables.ts';
import { DepthRows, DIFF, SNAPSHOT } from './depth-rows.ts';
import { MessageRows, type RowOwner } from './message-rows.ts';
import { writeBook, writeGap, writeRejected } from './report-rows.ts';
import { TableRows, type RowsMark } from './table-rows.ts';

/** Streams that are remembered; beyond it all are forgotten and their keys parsed again. */
const STREAMS_MAX = 10_000;

export type Levels = 'arrays' | 'rows';

export interface Rejection {
  readonly stream: string;
  readonly problem: string;
}

/** What a batch became. */
export interface AddedBatch {
  readonly records: number;
  readonly rows: number;
  readonly bytes: number;
  readonly rejections: readonly Rejection[];
}

/** How far all tables have come. */
export type PendingMark = ReadonlyMap<TableRows, RowsMark>;

/** Where the records of a stream go. */
interface Target {
  readonly route: RecordRoute;
  readonly symbol: Buffer;
  /** Undefined for depth and for a stream of no known kind. */
  readonly messages: MessageRows | undefined;
}

/** Rows that are not in the database yet, table by table. It does no input or output. */
export class PendingRows {
  readonly #tables = new Map<Table, TableRows>();
  readonly #messages = new Map<string, MessageRows>();
  readonly #depth: DepthRows;
  readonly #fields = new FrameFields();
  readonly #targets = new Map<string, Target>();
  #rows = 0;
  #rejections: Rejection[] = [];

  constructor(levels: Levels) {
    this.#depth = new DepthRows(
      this.table(DEPTH_EVENTS),
      levels === 'rows' ? this.table(DEPTH_LEVELS) : undefined,
    );
  }

  /** Every table that has rows. */
  get tables(): readonly TableRows[] {
    return [...this.#tables.values()].filter(({ count }) => count > 0);
  }

  get byteLength(): number {
    let sum = 0;
    for (const { length } of this.#tables.values()) sum += length;
    return sum;
  }

  /** Takes a batch as a whole. Throws `RecordBatchError`, with nothing taken, when the bytes are none. */
  add(batch: Buffer): AddedBatch {
    const mark = this.mark();
    const before = this.byteLength;
    this.#rows = 0;
    this.#rejections = [];
    try {
      const records = readRecordBatch(batch, (record) => this.#add(record));
      const bytes = this.byteLength - before;
      return { records, rows: this.#rows, bytes, rejections: this.#rejections };
    } catch (error) {
      this.restore(mark);
      throw error;
    }
  }

  /** The rows of a table. */
  table(table: Table): TableRows {
    let rows = this.#tables.get(table);
    if (rows === undefined) {
      rows = new TableRows(table);
      this.#tables.set(table, rows);
    }
    return rows;
  }

  mark(): PendingMark {
    return new Map([...this.#tables.values()].map((rows) => [rows, rows.mark()]));
  }

  /** Takes back what came after the mark. */
  restore(mark: PendingMark): void {
    for (const rows of this.#tables.values()) rows.restore(mark.get(rows) ?? { length: 0, count: 0 });
  }

  /** Forgets what came before the mark: it is in the database. */
  dropUntil(mark: PendingMark): void {
    for (const [rows, until] of mark) {
      if (until.count === rows.count) rows.clear();
      else rows.dropUntil(until);
    }
  }

  #add(record: BatchRecord): void {
    if (record.type === RECORD_TYPE.doubt || record.type === RECORD_TYPE.tick) return;
    const target = this.#target(record.stream);
    for (const rows of this.#tables.values()) rows.hold();
    try {
      this.#rows += this.#write(record, target);
    } catch (error) {
      if (!isRejection(error)) throw error;
      for (const rows of this.#tables.values()) rows.takeBack();
      this.#reject(record, target, error.message);
    }
  }

  #write(record: BatchRecord, target: Target): number {
    const { route } = target;
    if (!isTime(record.receivedAtUs))
      throw new RowProblem(`expected a receipt in µs, was ${record.receivedAtUs}`);
    if (route.symbol === '') throw new RowProblem('expected a stream key of a symbol and a known stream');
    const owner = ownerOf(record, target);
    switch (record.type) {
      case RECORD_TYPE.frame:
        scanRecordFrame(record, route, this.#fields);
        if (target.messages === undefined) return this.#depth.write(this.#fields, DIFF, owner);
        target.messages.writeFrame(this.#fields, owner);
        return 1;
      case RECORD_TYPE.depthSnapshot:
        scanRecordSnapshot(record, route, this.#fields);
        return this.#depth.write(this.#fields, SNAPSHOT, owner);
      case RECORD_TYPE.restRows:
        if (target.messages === undefined) throw new RowProblem(`expected no REST rows for ${route.stream}`);
        return target.messages.writeRest(record, textOf(record), owner, route.stream);
      case RECORD_TYPE.gap:
        writeGap(this.table(GAPS), readGap(textOf(record)), owner);
        return 1;
      case RECORD_TYPE.bookSnapshot:
        writeBook(this.table(BOOK_SNAPSHOTS), readBookSnapshot(textOf(record), route.symbol), owner);
        return 1;
      default:
        throw new RowProblem(`expected a record of a known type, was ${record.type}`);
    }
  }

  /** The record as it came, and where it is an event that never became rows, the gap that it leaves. */
  #reject(record: BatchRecord, target: Target, problem: string): void {
    const timeUs = isTime(record.receivedAtUs) ? Math.floor(record.receivedAtUs) : 0;
    writeRejected(this.table(REJECTED), record, problem, timeUs);
    const gap = malformedGap(record, target.route, timeUs);
    if (gap !== undefined)
      writeGap(this.table(GAPS), gap, { ...ownerOf(record, target), receivedAtUs: timeUs });
    this.#rejections.push({ stream: record.stream, problem });
  }

  #target(key: string): Target {
    let target = this.#targets.get(key);
    if (target === undefined) {
      if (this.#targets.size >= STREAMS_MAX) this.#targets.clear();
      const route = recordRoute(key);
      target = { route, symbol: Buffer.from(route.symbol), messages: this.#messagesOf(route) };
      this.#targets.set(key, target);
    }
    return target;
  }

  #messagesOf({ definition }: RecordRoute): MessageRows | undefined {
    if (definition === undefined) return undefined;
    let messages = this.#messages.get(definition.kind);
    if (messages === undefined) {
      messages = new MessageRows(definition, this.table(STREAM_TABLES.get(definition.kind)!));
      this.#messages.set(definition.kind, messages);
    }
    return messages;
  }
}

function ownerOf(record: BatchRecord, { symbol }: Target): RowOwner {
  return { stream: record.stream, symbol, receivedAtUs: Math.floor(record.receivedAtUs) };
}

function textOf(record: BatchRecord): string {
  return recordPayload(record).toString('utf8');
}

/** A time that has a UTC date. */
function isTime(timeUs: number): boolean {
  return timeUs >= 0 && timeUs <= Number.MAX_SAFE_INTEGER;
}
