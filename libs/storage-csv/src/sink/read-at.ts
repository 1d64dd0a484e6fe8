import { Buffer } from 'node:buffer';
import type { OpenFile } from '../file-system.ts';

/** Up to `length` bytes from an offset; fewer where the file ends. */
export async function readAt(file: OpenFile, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const read = await file.read(bytes.subarray(filled), position + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
