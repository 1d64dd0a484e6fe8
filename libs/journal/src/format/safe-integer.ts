import type { Buffer } from 'node:buffer';

const LOW = 0x1_0000_0000;

/** Eight bytes, little-endian. Without BigInt, which would be made and thrown away three times a record. */
export function writeSafeInteger(into: Buffer, value: number, at: number): void {
  into.writeUInt32LE(value % LOW, at);
  into.writeUInt32LE(Math.floor(value / LOW), at + 4);
}

/** What {@link writeSafeInteger} wrote; NaN for what it cannot have written. */
export function readSafeInteger(from: Buffer, at: number): number {
  const value = from.readUInt32LE(at + 4) * LOW + from.readUInt32LE(at);
  return Number.isSafeInteger(value) ? value : NaN;
}
