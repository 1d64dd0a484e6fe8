import { Buffer } from 'node:buffer';
import type { RecordMeta, RecordType } from './record.ts';

/*
 * A batch is self-contained: it can be read without any other batch, in any process, today or after a crash.
 *
 *   batch   = version u8 · entry*
 *   entry   = byteLength u32 (of what follows) · type u8 · body
 *   define  = type 0 · index u16 · stream key, UTF-8          names a stream before its first record in this batch
 *   record  = type 1… · line u8 · index u16 · connectionId u32 · receivedAtUs f64 · order f64 · follows f64 · payload
 *
 * All numbers are little-endian; NaN stands for undefined.
 */
const VERSION = 2;
const DEFINE = 0;
const LENGTH_BYTES = 4;
const DEFINE_BYTES = 3;
const RECORD_BYTES = 32;

/** Bytes that a record adds to a batch beside its payload, at most once more for naming its stream. */
export const RECORD_OVERHEAD_BYTES = LENGTH_BYTES + RECORD_BYTES;

const STREAMS_MAX = 0xffff;

export class RecordBatchError extends Error {
  readonly code = 'RECORD_BATCH_CORRUPT';
  readonly byteOffset: number;

  constructor(byteOffset: number, problem: string) {
    super(`record batch: ${problem} at byte ${byteOffset}`);
    this.name = 'RecordBatchError';
    this.byteOffset = byteOffset;
  }
}

/** Collects records into one growing buffer. `take()` gives the batch and starts the next. */
export class RecordBatchBuilder {
  #bytes: Buffer;
  #length = 1;
  #records = 0;
  readonly #streams = new Map<string, number>();
  readonly #capacity: number;

  /** `capacityBytes` is where the buffer starts, not a limit: a record larger than it grows the batch. */
  constructor(capacityBytes: number) {
    this.#capacity = Math.max(1024, capacityBytes);
    this.#bytes = Buffer.allocUnsafe(this.#capacity);
  }

  /** Bytes of the batch so far. */
  get byteLength(): number {
    return this.#length;
  }

  get recordCount(): number {
    return this.#records;
  }

  append(meta: RecordMeta, payload: Uint8Array): void {
    const index = this.#streams.get(meta.stream) ?? this.#define(meta.stream);
    let at = this.#reserve(RECORD_OVERHEAD_BYTES + payload.length);
    const bytes = this.#bytes;
    at = bytes.writeUInt32LE(RECORD_BYTES + payload.length, at);
    at = bytes.writeUInt8(meta.type, at);
    at = bytes.writeUInt8(meta.line, at);
    at = bytes.writeUInt16LE(index, at);
    at = bytes.writeUInt32LE(meta.connectionId, at);
    at = bytes.writeDoubleLE(meta.receivedAtUs, at);
    at = bytes.writeDoubleLE(meta.order ?? NaN, at);
    at = bytes.writeDoubleLE(meta.follows ?? NaN, at);
    bytes.set(payload, at);
    this.#records++;
  }

  /** The finished batch; the builder is empty afterwards and never touches these bytes again. */
  take(): Buffer {
    this.#bytes[0] = VERSION;
    const batch = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafe(this.#capacity);
    this.#length = 1;
    this.#records = 0;
    this.#streams.clear();
    return batch;
  }

  #define(stream: string): number {
    const index = this.#streams.size;
    if (index > STREAMS_MAX) throw new RangeError(`a batch names at most ${STREAMS_MAX + 1} streams`);
    const nameBytes = Buffer.byteLength(stream);
    let at = this.#reserve(LENGTH_BYTES + DEFINE_BYTES + nameBytes);
    at = this.#bytes.writeUInt32LE(DEFINE_BYTES + nameBytes, at);
    at = this.#bytes.writeUInt8(DEFINE, at);
    at = this.#bytes.writeUInt16LE(index, at);
    this.#bytes.write(stream, at);
    this.#streams.set(stream, index);
    return index;
  }

  #reserve(byteLength: number): number {
    const start = this.#length;
    const needed = start + byteLength;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, start);
      this.#bytes = grown;
    }
    this.#length = needed;
    return start;
  }
}

/** A record inside a batch. The object is reused from record to record: copy what must outlive the call. */
export interface BatchRecord extends RecordMeta {
  /** The bytes that hold the payload; `payloadStart` and `payloadEnd` are offsets into them. */
  readonly bytes: Buffer;
  readonly payloadStart: number;
  readonly payloadEnd: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Calls `visit` for every record of the batch, in order, and returns how many there were.
 * Throws {@link RecordBatchError} when the bytes are not a batch.
 */
export function readRecordBatch(bytes: Buffer, visit: (record: BatchRecord) => void): number {
  if (bytes.length === 0 || bytes[0] !== VERSION)
    throw new RecordBatchError(0, `version ${bytes[0]}, expected ${VERSION}`);
  const streams: string[] = [];
  const record: Mutable<BatchRecord> = {
    bytes, type: 1, stream: '', receivedAtUs: 0, line: 0, connectionId: 0, order: undefined, follows: undefined,
    payloadStart: 0, payloadEnd: 0,
  }; // prettier-ignore
  // Half of a head is doubles, which a DataView reads in place and a Buffer byte by byte.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let count = 0;
  for (let at = 1; at < bytes.length;) {
    const body = at + LENGTH_BYTES;
    const end = body <= bytes.length ? body + view.getUint32(at, true) : Infinity;
    if (end > bytes.length || end < body + DEFINE_BYTES)
      throw new RecordBatchError(at, 'an entry that leaves the batch');
    if (bytes[body] === DEFINE) {
      streams[view.getUint16(body + 1, true)] = bytes.toString('utf8', body + DEFINE_BYTES, end);
    } else {
      readRecord(view, body, end, streams, record);
      visit(record);
      count++;
    }
    at = end;
  }
  return count;
}

/**
 * When the first record of the batch was received, µs since the epoch; undefined where the bytes have none. It looks at
 * nothing else, and makes no judgement of the rest.
 */
export function firstReceiptUs(bytes: Buffer): number | undefined {
  for (let at = 1; at + LENGTH_BYTES + RECORD_BYTES <= bytes.length;) {
    const body = at + LENGTH_BYTES;
    if (bytes[body] !== DEFINE) return bytes.readDoubleLE(body + 8);
    at = body + bytes.readUInt32LE(at);
  }
  return undefined;
}

function readRecord(
  view: DataView,
  body: number,
  end: number,
  streams: string[],
  record: Mutable<BatchRecord>,
): void {
  if (end < body + RECORD_BYTES) throw new RecordBatchError(body, 'a record without its head');
  const stream = streams[view.getUint16(body + 2, true)];
  if (stream === undefined) throw new RecordBatchError(body, 'a record of a stream that has no name');
  record.type = view.getUint8(body) as RecordType;
  record.line = view.getUint8(body + 1);
  record.stream = stream;
  record.connectionId = view.getUint32(body + 4, true);
  record.receivedAtUs = view.getFloat64(body + 8, true);
  record.order = numberOrUndefined(view.getFloat64(body + 16, true));
  record.follows = numberOrUndefined(view.getFloat64(body + 24, true));
  record.payloadStart = body + RECORD_BYTES;
  record.payloadEnd = end;
}

function numberOrUndefined(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
