const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const CACHE_MAX = 20_000;
const encoder = new TextEncoder();

/**
 * The partition of a symbol, from 0: FNV-1a (32 bit) over its UTF-8, mixed as MurmurHash3 ends, modulo the number of
 * partitions. The function never changes: rows of a symbol would be in two partitions.
 */
export function partitionOf(symbol: string, partitions: number): number {
  let hash = FNV_OFFSET;
  for (const byte of encoder.encode(symbol)) hash = Math.imul(hash ^ byte, FNV_PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions;
}

/** Partitions of stream keys `<SYMBOL>@<stream>`, remembered. */
export class StreamPartitions {
  readonly partitions: number;
  readonly #known = new Map<string, number>();

  constructor(partitions: number) {
    this.partitions = partitions;
  }

  of(stream: string): number {
    const known = this.#known.get(stream);
    if (known !== undefined) return known;
    const at = stream.indexOf('@');
    const partition = partitionOf(at === -1 ? stream : stream.slice(0, at), this.partitions);
    if (this.#known.size >= CACHE_MAX) this.#known.clear();
    this.#known.set(stream, partition);
    return partition;
  }
}
