import { Buffer } from 'node:buffer';
import type { GapReason } from '@org/market-data';
import { type BatchRecord, RECORD_TYPE, type RecordMeta } from '@org/storage';
import type { Bar } from './bar.ts';

const NOTHING = Buffer.alloc(0);

/** An event with all that its place in the stream is judged by. */
export class EventFrame implements RecordMeta {
  readonly type = RECORD_TYPE.frame;
  stream = '';
  receivedAtUs = 0;
  /** Journal time at which it began to wait; means nothing unless it is held. */
  heldAtUs = 0;
  line = 0;
  connectionId = 0;
  order = 0;
  follows: number | undefined = undefined;
  /** Why this event must prove that it joins; undefined when its source delivered the one before it. */
  doubt: GapReason | undefined = undefined;
  bar: Bar | undefined = undefined;
  bytes: Buffer = NOTHING;
  payloadStart = 0;
  payloadEnd = 0;

  /** Stands for the record; its bytes are those of the batch. */
  read(record: BatchRecord, order: number): void {
    this.stream = record.stream;
    this.receivedAtUs = record.receivedAtUs;
    this.line = record.line;
    this.connectionId = record.connectionId;
    this.order = order;
    this.follows = record.follows;
    this.bar = undefined;
    this.bytes = record.bytes;
    this.payloadStart = record.payloadStart;
    this.payloadEnd = record.payloadEnd;
  }

  get payload(): Buffer {
    return this.bytes.subarray(this.payloadStart, this.payloadEnd);
  }

  /** A copy with bytes of its own, which outlives the batch. */
  keep(): EventFrame {
    const kept = Object.assign(new EventFrame(), this);
    kept.bytes = Buffer.from(this.payload);
    kept.payloadStart = 0;
    kept.payloadEnd = kept.bytes.length;
    return kept;
  }
}
