import type { Buffer } from 'node:buffer';
import { decodeMarker } from './marker.ts';

/** A batch that counts. */
export interface MergedBatch {
  readonly sequence: number;
  readonly batch: Buffer;
}

interface Message {
  readonly subject: string;
  readonly sequence: number;
  readonly data: Buffer;
}

/**
 * Gives the batches of a merged stream that count, for whoever reads the stream in order from its beginning, or from behind
 * a marker. Holds what came since the last marker: about what the sink stores between two commits.
 *
 * A stream that discards its oldest messages when it is full leaves nothing to those who read too slowly: `missed` says so.
 */
export class MergedBatches {
  readonly #name: string;
  #held: MergedBatch[] = [];
  #next: number | undefined;
  #missed = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Messages between those that were taken which never came: the stream had discarded them. */
  get missed(): number {
    return this.#missed;
  }

  /** What counts with this message: nothing, unless it is a marker. Throws CURSOR_MALFORMED. */
  take({ subject, sequence, data }: Message): readonly MergedBatch[] {
    this.#missed += Math.max(0, sequence - (this.#next ?? sequence));
    this.#next = sequence + 1;
    if (subject === `${this.#name}.batch`) this.#held.push({ sequence, batch: data });
    if (subject !== `${this.#name}.commit`) return [];
    const { fromSequence } = decodeMarker(this.#name, data);
    const counted = this.#held.filter((held) => held.sequence >= fromSequence);
    this.#held = [];
    return counted;
  }
}
