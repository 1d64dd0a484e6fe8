import { Buffer } from 'node:buffer';

/** A small view would keep the large memory that it shows alive, beyond the limit that counts only its own bytes. */
export function ownMemory(payload: Buffer): Buffer {
  return payload.length * 2 < payload.buffer.byteLength ? Buffer.from(payload) : payload;
}
