import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { TransportNatsError } from '../errors.ts';

/** What one journal entry has for one partition. */
export interface Piece {
  readonly lane: string;
  readonly epoch: number;
  /** A record batch; see `splitBatch`. */
  readonly payload: Buffer;
  /** Of the journal entry: behind it. Pieces of a partition have different, growing positions. */
  readonly position: number;
  /** Entries of any lane may be missing before this one. */
  readonly afterDamage?: boolean;
}

/** A part of what a node's journal has for a partition: all that lies behind `after` and not behind `through`. */
export interface ForwardFrame {
  readonly node: string;
  /** Tells journals of the same node apart, which count positions anew. */
  readonly incarnation: string;
  readonly after: number;
  readonly through: number;
  readonly pieces: readonly Piece[];
}

/*
 *   frame = crc-32 u32 of what follows · version u8 · node · incarnation · after f64 · through f64 · piece*
 *   piece = position f64 · epoch f64 · flags u8 (1: after damage) · lane · payload length u32 · payload
 *   node, incarnation, lane = length u16 · UTF-8
 *
 * All numbers are little-endian; positions and epochs are safe integers.
 */
const VERSION = 1;
const CRC_BYTES = 4;
const HEAD_BYTES = CRC_BYTES + 1 + 2 + 2 + 8 + 8;
const AFTER_DAMAGE = 1;
const PIECE_HEAD_BYTES = 8 + 8 + 1 + 2 + 4;

/** What a piece takes in a frame. */
export function pieceBytes({ lane, payload }: Piece): number {
  return PIECE_HEAD_BYTES + Buffer.byteLength(lane) + payload.length;
}

export function encodeFrame(frame: ForwardFrame): Buffer {
  const { node, incarnation, after, through, pieces } = frame;
  let length = HEAD_BYTES + Buffer.byteLength(node) + Buffer.byteLength(incarnation);
  for (const piece of pieces) length += pieceBytes(piece);
  const bytes = Buffer.allocUnsafe(length);
  let at = bytes.writeUInt8(VERSION, CRC_BYTES);
  at = writeText(bytes, node, at);
  at = writeText(bytes, incarnation, at);
  at = bytes.writeDoubleLE(after, at);
  at = bytes.writeDoubleLE(through, at);
  for (const { position, epoch, lane, payload, afterDamage } of pieces) {
    at = bytes.writeDoubleLE(position, at);
    at = bytes.writeDoubleLE(epoch, at);
    at = bytes.writeUInt8(afterDamage === true ? AFTER_DAMAGE : 0, at);
    at = writeText(bytes, lane, at);
    at = bytes.writeUInt32LE(payload.length, at);
    at += payload.copy(bytes, at);
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(CRC_BYTES)), 0);
  return bytes;
}

/** Throws FRAME_MALFORMED. Payloads are views into the bytes. */
export function decodeFrame(bytes: Buffer): ForwardFrame {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new TransportNatsError('FRAME_MALFORMED', 'frame', `of ${bytes.length} bytes: ${String(cause)}`, {
      cause,
    });
  }
}

function decode(bytes: Buffer): ForwardFrame {
  if (bytes.readUInt32LE(0) !== crc32(bytes.subarray(CRC_BYTES))) throw new TypeError('wrong checksum');
  if (bytes[CRC_BYTES] !== VERSION)
    throw new TypeError(`expected version ${VERSION}, was ${bytes[CRC_BYTES]}`);
  const node = readText(bytes, CRC_BYTES + 1);
  const incarnation = readText(bytes, node.end);
  const after = readInteger(bytes, incarnation.end);
  const through = readInteger(bytes, incarnation.end + 8);
  const pieces: Piece[] = [];
  let previous = after;
  for (let at = incarnation.end + 16; at < bytes.length;) {
    const { piece, end } = readPiece(bytes, at);
    if (!(piece.position > previous && piece.position <= through))
      throw new TypeError('positions do not grow');
    pieces.push(piece);
    previous = piece.position;
    at = end;
  }
  if (through < after) throw new TypeError('ends before it begins');
  return { node: node.text, incarnation: incarnation.text, after, through, pieces };
}

function readPiece(bytes: Buffer, at: number): { piece: Piece; end: number } {
  const position = readInteger(bytes, at);
  const epoch = readInteger(bytes, at + 8);
  const flags = bytes.readUInt8(at + 16);
  const lane = readText(bytes, at + 17);
  const start = lane.end + 4;
  const end = start + bytes.readUInt32LE(lane.end);
  if (end > bytes.length) throw new TypeError('a piece leaves the frame');
  const piece = { lane: lane.text, epoch, position, payload: bytes.subarray(start, end) };
  return { piece: flags === AFTER_DAMAGE ? { ...piece, afterDamage: true } : piece, end };
}

function writeText(bytes: Buffer, text: string, at: number): number {
  const length = bytes.write(text, at + 2);
  bytes.writeUInt16LE(length, at);
  return at + 2 + length;
}

function readText(bytes: Buffer, at: number): { text: string; end: number } {
  const end = at + 2 + bytes.readUInt16LE(at);
  if (end > bytes.length) throw new TypeError('a text leaves the frame');
  return { text: bytes.toString('utf8', at + 2, end), end };
}

function readInteger(bytes: Buffer, at: number): number {
  const value = bytes.readDoubleLE(at);
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`expected a whole number, was ${value}`);
  return value;
}
