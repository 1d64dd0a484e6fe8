import { Buffer } from 'node:buffer';
import { BATCH_OVERHEAD_BYTES } from '../wire/messages.ts';
import { crc32 } from './crc32.ts';

export interface SpooledBatch {
  readonly payload: Buffer;
  readonly queuedAtMs: number;
}

/*
 * block  = batch …                                                 several small batches, or one large one
 * batch  = payload bytes u32 · queued at f64 · payload             all numbers little-endian
 *
 * Length and checksum of a block stay in memory, so that no damaged byte can lead the reader astray.
 */
const HEAD_BYTES = 12;

/** What is remembered of a block while it is on disk. */
export interface BlockEntry {
  readonly position: number;
  /** Bytes in the file. */
  readonly fileBytes: number;
  readonly crc: number;
  readonly batches: number;
  /** Bytes as the queue counts them, see {@link batchBytes}. */
  readonly bytes: number;
  readonly oldestQueuedAtMs: number;
}

export interface Block extends Omit<BlockEntry, 'position'> {
  /** To be written one after the other. */
  readonly parts: readonly Buffer[];
}

/** What a batch counts in every limit of the sender. */
export function batchBytes(payload: Buffer): number {
  return payload.length + BATCH_OVERHEAD_BYTES;
}

/** How many of these make the next block: as many as fit, but at least one. */
export function blockLength(batches: readonly SpooledBatch[], blockBytesMax: number): number {
  let bytes = 0;
  let count = 0;
  for (const { payload } of batches) {
    bytes += batchBytes(payload);
    if (count > 0 && bytes > blockBytesMax) break;
    count++;
  }
  return count;
}

/** A block of at least one batch. A single one, which may be large, is not copied. */
export function encodeBlock(batches: readonly SpooledBatch[]): Block {
  const pieces = batches.flatMap((batch) => [encodeHead(batch), batch.payload]);
  const parts = batches.length === 1 ? pieces : [Buffer.concat(pieces)];
  return {
    parts,
    fileBytes: parts.reduce((sum, part) => sum + part.length, 0),
    crc: parts.reduce((crc, part) => crc32(part, crc), 0),
    batches: batches.length,
    bytes: batches.reduce((sum, { payload }) => sum + batchBytes(payload), 0),
    oldestQueuedAtMs: batches[0]!.queuedAtMs,
  };
}

/** The batches of a block, as views of it; undefined when it is not the block that was written. */
export function decodeBlock(bytes: Buffer, expected: BlockEntry): SpooledBatch[] | undefined {
  if (bytes.length !== expected.fileBytes || crc32(bytes) !== expected.crc) return undefined;
  const batches: SpooledBatch[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + HEAD_BYTES + bytes.readUInt32LE(at);
    batches.push({ queuedAtMs: bytes.readDoubleLE(at + 4), payload: bytes.subarray(at + HEAD_BYTES, end) });
    at = end;
  }
  return batches;
}

function encodeHead({ payload, queuedAtMs }: SpooledBatch): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(payload.length, 0);
  head.writeDoubleLE(queuedAtMs, 4);
  return head;
}
