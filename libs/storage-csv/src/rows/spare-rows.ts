import { RowBuffer } from './row-buffer.ts';

/**
 * Keeps the memory of rows that are written, each for the file that it was of: that will need as much of it again.
 * Fresh memory costs more than filling it with rows, in copies while it grows and in garbage collection.
 */
export class SpareRows {
  readonly #bytesMax: number;
  /** The one kept longest ago first. */
  readonly #kept = new Map<string, RowBuffer>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Empty memory for the rows of a file. */
  take(file: string): RowBuffer {
    const rows = this.#kept.get(file);
    if (rows === undefined) return new RowBuffer();
    this.#forget(file, rows);
    return rows;
  }

  /** Takes memory back, whatever is in it; what was kept longest ago gives way. */
  keep(file: string, rows: RowBuffer): void {
    rows.length = 0;
    const before = this.#kept.get(file);
    if (before !== undefined) this.#forget(file, before);
    this.#kept.set(file, rows);
    this.#bytes += rows.bytes.length;
    for (const [oldest, memory] of this.#kept) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#forget(oldest, memory);
    }
  }

  #forget(file: string, rows: RowBuffer): void {
    this.#kept.delete(file);
    this.#bytes -= rows.bytes.length;
  }
}
