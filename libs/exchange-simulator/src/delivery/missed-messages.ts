import type { StreamMessage } from '../market-source.ts';

/** Messages of one stream, one after the other, that one connection did not get intact. */
export interface MissedRange {
  readonly stream: string;
  readonly messages: number;
  /** Id of the first and of the last of them, as in the report of the stream. */
  readonly firstId: number | undefined;
  readonly lastId: number | undefined;
}

interface OpenRange {
  readonly stream: string;
  readonly firstId: number | undefined;
  messages: number;
  lastId: number | undefined;
}

/** Ranges that are kept a connection; its counts go on. */
const RANGES_MAX = 100;

/** Writes down what faults kept from one connection. */
export class MissedMessages {
  readonly #ranges: OpenRange[] = [];
  /** By stream, the range that the next missed message belongs to. */
  readonly #open = new Map<string, OpenRange>();

  ranges(): readonly MissedRange[] {
    return this.#ranges.map((range) => ({ ...range }));
  }

  missed({ stream, id }: StreamMessage): void {
    let range = this.#open.get(stream);
    if (range === undefined) {
      if (this.#ranges.length >= RANGES_MAX) return;
      this.#open.set(stream, (range = { stream, messages: 0, firstId: id, lastId: id }));
      this.#ranges.push(range);
    }
    range.messages++;
    range.lastId = id ?? range.lastId;
  }

  /** The connection got a message: what it misses next is a new range. */
  arrived({ stream }: StreamMessage): void {
    if (this.#open.size > 0) this.#open.delete(stream);
  }
}
