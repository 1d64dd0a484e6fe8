import { Buffer } from 'node:buffer';
import type { JournalFile } from '../file-system.ts';

const ZERO_CHUNK = Buffer.alloc(1024 * 1024);
const SYNC_EVERY_BYTES = 4 * 1024 * 1024;

/** Writes every byte, however few the system takes at a time: Node reports a short write as success. */
export async function writeFully(
  file: JournalFile,
  buffers: readonly Buffer[],
  offset: number,
): Promise<void> {
  let rest: readonly Buffer[] = buffers;
  let at = offset;
  while (rest.length > 0) {
    const written = await file.pwritev(rest, at);
    if (written <= 0) throw new Error(`write at byte ${at} made no progress`);
    at += written;
    rest = behind(rest, written);
  }
}

function behind(buffers: readonly Buffer[], written: number): readonly Buffer[] {
  let index = 0;
  let left = written;
  while (index < buffers.length && left >= buffers[index]!.length) left -= buffers[index++]!.length;
  if (index === buffers.length) return [];
  return [buffers[index]!.subarray(left), ...buffers.slice(index + 1)];
}

/** Zeros over `length` bytes; not synced. */
export async function writeZeros(file: JournalFile, offset: number, length: number): Promise<void> {
  for (let at = 0; at < length; at += ZERO_CHUNK.length) {
    await writeFully(file, [ZERO_CHUNK.subarray(0, length - at)], offset + at);
  }
}

/** A file of zeros that is on the device, in steps that leave the device to others in between. */
export async function fillWithZeros(file: JournalFile, length: number): Promise<void> {
  for (let at = 0; at < length; at += SYNC_EVERY_BYTES) {
    await writeZeros(file, at, Math.min(SYNC_EVERY_BYTES, length - at));
    await file.fdatasync();
  }
}
