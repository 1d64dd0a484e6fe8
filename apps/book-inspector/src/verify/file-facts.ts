import { createHash, type Hash } from 'node:crypto';
import { addToSum } from '@org/storage-csv';

/** What was found in one file; everything but the name is compared with the manifest. */
export interface FileFacts {
  /** Ids of the first and last rows, each as a manifest may have taken it. */
  readonly firstIds: readonly number[];
  readonly lastIds: readonly number[];
  /** Receipts of the first and last rows, µs since the epoch. */
  readonly firstUs: number | undefined;
  readonly lastUs: number | undefined;
  /** Undefined when the file could not be read to its end. */
  readonly rows: number | undefined;
  /** Of the content, not packed. */
  readonly bytes: number;
  readonly sha256: string | undefined;
  /** CRC-32 of as many bytes of the content as were asked for; undefined when there are not as many. */
  readonly sum: number | undefined;
}

/** Gathers the facts while a file is read. */
export class FactGatherer {
  /** Whole lines, with the header; undefined until the end of the file. */
  lines: number | undefined;
  #bytes = 0;
  readonly #summedBytes: number;
  #sum: number | undefined = 0;
  readonly #hash: Hash | undefined;
  #firstIds: readonly number[] = [];
  #firstUs: number | undefined;
  #lastId: number | undefined;
  #lastUs: number | undefined;
  #lowest = Infinity;
  #highest = -Infinity;

  constructor({ isHashed, summedBytes }: { readonly isHashed: boolean; readonly summedBytes: number }) {
    this.#summedBytes = summedBytes;
    this.#hash = isHashed ? createHash('sha256') : undefined;
  }

  content(piece: Uint8Array): void {
    const left = this.#summedBytes - this.#bytes;
    if (left > 0) this.#sum = addToSum(this.#sum, left < piece.length ? piece.subarray(0, left) : piece);
    this.#bytes += piece.length;
    this.#hash?.update(piece);
  }

  /** An event and its id; of a depth message `startId` is the first id that it covers. */
  event(id: number | undefined, receivedAtUs: number, startId = id): void {
    if (this.#firstUs === undefined) {
      this.#firstUs = receivedAtUs;
      if (id !== undefined && startId !== undefined) this.#firstIds = [id, startId];
    }
    this.#lastUs = receivedAtUs;
    this.#lastId = id;
    if (id === undefined || startId === undefined) return;
    if (startId < this.#lowest) this.#lowest = startId;
    if (id > this.#highest) this.#highest = id;
  }

  facts(headerLines: number): FileFacts {
    const isAny = Number.isFinite(this.#lowest);
    return {
      rows: this.lines === undefined ? undefined : Math.max(0, this.lines - headerLines),
      bytes: this.#bytes,
      sha256: this.#hash?.digest('hex'),
      sum: this.#bytes < this.#summedBytes ? undefined : this.#sum,
      // Rows from REST stand behind greater ids: the first row and the least id may differ.
      firstIds: isAny ? [...this.#firstIds, this.#lowest] : [],
      lastIds: isAny ? [this.#lastId ?? this.#highest, this.#highest] : [],
      firstUs: this.#firstUs,
      lastUs: this.#lastUs,
    };
  }
}
