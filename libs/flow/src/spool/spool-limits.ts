const MIB = 1024 * 1024;

export interface SpoolLimits {
  /** Batches that wait in memory to be written: this many bytes, or one batch. */
  readonly bufferBytesMax: number;
  /** What is written and read at once: this many bytes, or one batch. Smaller blocks are not worth a write. */
  readonly blockBytesMax: number;
  /** A file is not continued beyond this. */
  readonly segmentBytesMax: number;
}

/**
 * The limits that follow from the two that are chosen. So there are at most 65 files and about 4096 blocks to remember,
 * however large the spool is, and a block always finds room in the memory queue.
 */
export function spoolLimits(bytesMax: number, queueBytesMax: number): SpoolLimits {
  return {
    bufferBytesMax: Math.min(4 * MIB, Math.ceil(bytesMax / 16), queueBytesMax),
    blockBytesMax: Math.max(
      1,
      Math.min(Math.ceil(MIB / 4), Math.ceil(bytesMax / 256), Math.floor(queueBytesMax / 4)),
    ),
    segmentBytesMax: Math.ceil(bytesMax / 64),
  };
}
