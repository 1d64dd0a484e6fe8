import type { Buffer } from 'node:buffer';
import * as zlib from 'node:zlib';

type Crc32 = (bytes: Buffer, before?: number) => number;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++)
    remainder = (remainder & 1) === 0 ? remainder >>> 1 : (remainder >>> 1) ^ 0xedb88320;
  return remainder;
});

/** CRC-32 as in gzip, byte by byte: about 5 times slower than zlib's, for a Node that does not export it. */
export function tableCrc32(bytes: Buffer, before = 0): number {
  let remainder = ~before;
  for (const byte of bytes) remainder = TABLE[(remainder ^ byte) & 0xff]! ^ (remainder >>> 8);
  return ~remainder >>> 0;
}

/** CRC-32 of what had the checksum `before` (default: nothing) followed by `bytes`. */
export const crc32: Crc32 = (zlib as { crc32?: Crc32 }).crc32 ?? tableCrc32;
