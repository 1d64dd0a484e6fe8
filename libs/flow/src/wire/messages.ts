import { Buffer } from 'node:buffer';
import { FlowError } from '../errors.ts';

/*
 * frame     = length u32 (of what follows) · type u8 · body                    all numbers little-endian
 * hello     = 1 · version u8 · epoch f64 · lane UTF-8                          sender → receiver, first
 * welcome   = 2 · version u8 · lastSeq f64 (0: nothing known)                  the answer to hello and to subscribe
 * batch     = 3 · seq f64 · payload                                            seq counts from 1, without holes
 * ack       = 4 · seq f64                                                      this batch and all before it
 * subscribe = 5 · version u8                                                   subscriber → publisher, first
 * payload   = 6 · payload                                                      publisher → subscriber
 * close     = 7 · reason u8                                                    the last frame of whoever closes
 * 8 to 14: the tail, in tail/tail-messages.ts
 *
 * f64 carries every safe integer, and is read without a BigInt.
 */
export const FRAME_TYPE = {
  hello: 1,
  welcome: 2,
  batch: 3,
  ack: 4,
  subscribe: 5,
  payload: 6,
  close: 7,
} as const;

export const VERSION = 1;
const LENGTH_BYTES = 4;
const TYPE_BYTES = 1;
export const NUMBER_BYTES = 8;
const LANE_BYTES_MAX = 256;

/** Bytes that a batch needs on the wire beside its payload. */
export const BATCH_OVERHEAD_BYTES = LENGTH_BYTES + TYPE_BYTES + NUMBER_BYTES;

/** The same for a payload of the feed. */
export const PAYLOAD_OVERHEAD_BYTES = LENGTH_BYTES + TYPE_BYTES;

/** Default of the largest frame: a payload of 64 MiB and what surrounds it. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024 + BATCH_OVERHEAD_BYTES;

/** Why one side closed. The order is the number on the wire: append only. */
const CLOSE_REASONS = [
  'closing',
  'superseded',
  'lagged',
  'batch-failed',
  'protocol',
  'version',
  'refused',
  'position-unknown',
  'failed',
] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

/** The head of a frame with room for `bodyBytes` from {@link BODY} on; `payloadBytes` more follow in another buffer. */
export function frame(type: number, bodyBytes: number, payloadBytes = 0): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + TYPE_BYTES + bodyBytes);
  bytes.writeUInt32LE(TYPE_BYTES + bodyBytes + payloadBytes, 0);
  bytes[LENGTH_BYTES] = type;
  return bytes;
}

/** Where the body of a frame begins. */
export const BODY = LENGTH_BYTES + TYPE_BYTES;

export function encodeHello(lane: string, epoch: number): Buffer {
  const bytes = frame(FRAME_TYPE.hello, 1 + NUMBER_BYTES + Buffer.byteLength(lane));
  bytes[BODY] = VERSION;
  bytes.writeDoubleLE(epoch, BODY + 1);
  bytes.write(lane, BODY + 1 + NUMBER_BYTES);
  return bytes;
}

export function encodeWelcome(lastSeq: number): Buffer {
  const bytes = frame(FRAME_TYPE.welcome, 1 + NUMBER_BYTES);
  bytes[BODY] = VERSION;
  bytes.writeDoubleLE(lastSeq, BODY + 1);
  return bytes;
}

/** What precedes the payload of a batch on the wire. */
export function encodeBatchHead(seq: number, payloadBytes: number): Buffer {
  const bytes = frame(FRAME_TYPE.batch, NUMBER_BYTES, payloadBytes);
  bytes.writeDoubleLE(seq, BODY);
  return bytes;
}

export function encodeAck(seq: number): Buffer {
  const bytes = frame(FRAME_TYPE.ack, NUMBER_BYTES);
  bytes.writeDoubleLE(seq, BODY);
  return bytes;
}

export function encodeSubscribe(): Buffer {
  const bytes = frame(FRAME_TYPE.subscribe, 1);
  bytes[BODY] = VERSION;
  return bytes;
}

/** What precedes a payload of the feed on the wire. */
export function encodePayloadHead(payloadBytes: number): Buffer {
  return frame(FRAME_TYPE.payload, 0, payloadBytes);
}

export function encodeClose(reason: CloseReason): Buffer {
  const bytes = frame(FRAME_TYPE.close, 1);
  bytes[BODY] = CLOSE_REASONS.indexOf(reason);
  return bytes;
}

/** The decoders take the body, what follows the type. They throw FRAME_CORRUPT and VERSION_MISMATCH. */
export function decodeHello(body: Buffer): { lane: string; epoch: number } {
  checkVersion(body);
  const laneBytes = body.length - 1 - NUMBER_BYTES;
  if (laneBytes < 1 || laneBytes > LANE_BYTES_MAX)
    throw corrupt(`lane of ${laneBytes} bytes`, `1 to ${LANE_BYTES_MAX}`);
  return { epoch: readNumber(body, 1), lane: body.toString('utf8', 1 + NUMBER_BYTES) };
}

export function decodeWelcome(body: Buffer): number {
  checkVersion(body);
  return readNumber(body, 1);
}

export function decodeSubscribe(body: Buffer): void {
  checkVersion(body);
}

export function decodeBatch(body: Buffer): { seq: number; payload: Buffer } {
  const seq = readNumber(body, 0);
  if (seq === 0) throw corrupt('batch number 0', 'at least 1');
  return { seq, payload: body.subarray(NUMBER_BYTES) };
}

export function decodeAck(body: Buffer): number {
  return readNumber(body, 0);
}

export function decodeClose(body: Buffer): CloseReason {
  return CLOSE_REASONS[body[0] ?? CLOSE_REASONS.length] ?? 'protocol';
}

/** Throws a RangeError unless the lane and the epoch can be said in a hello. */
export function checkHello(lane: string, epoch: number): void {
  const laneBytes = Buffer.byteLength(lane);
  if (laneBytes < 1 || laneBytes > LANE_BYTES_MAX) {
    throw new RangeError(`lane of ${laneBytes} bytes, expected 1 to ${LANE_BYTES_MAX}`);
  }
  if (!Number.isSafeInteger(epoch) || epoch < 0)
    throw new RangeError(`epoch ${epoch}, expected a safe integer from 0`);
}

/** Throws VERSION_MISMATCH. */
export function checkVersion(body: Buffer): void {
  if (body[0] === VERSION) return;
  throw new FlowError('VERSION_MISMATCH', `protocol version ${body[0] ?? 'absent'}, expected ${VERSION}`);
}

/** Throws FRAME_CORRUPT unless a safe integer from 0 stands there. */
export function readNumber(body: Buffer, at: number): number {
  if (body.length < at + NUMBER_BYTES)
    throw corrupt(`body of ${body.length} bytes`, `at least ${at + NUMBER_BYTES}`);
  const value = body.readDoubleLE(at);
  if (!Number.isSafeInteger(value) || value < 0) throw corrupt(`number ${value}`, 'a safe integer from 0');
  return value;
}

export function corrupt(was: string, expected: string): FlowError {
  return new FlowError('FRAME_CORRUPT', `${was}, expected ${expected}`);
}
