/** A time of a higher rate. */
export interface Burst {
  /** Since the load began. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Instead of the ordinary rate. */
  readonly messagesPerSecond: number;
}

/** A span of one rate, and how many messages were due before it. */
interface Segment {
  readonly startMs: number;
  readonly messagesPerMs: number;
  readonly before: number;
}

/** How many messages are due by when: the ordinary rate, and bursts in between. */
export class LoadProfile {
  /** The last one never ends. */
  readonly #segments: readonly Segment[];

  /** The bursts do not overlap; in any order. */
  constructor(messagesPerSecond: number, bursts: readonly Burst[]) {
    const ordinary = messagesPerSecond / 1000;
    const segments: Segment[] = [{ startMs: 0, messagesPerMs: ordinary, before: 0 }];
    const add = (startMs: number, messagesPerMs: number): void => {
      const last = segments.at(-1)!;
      const before = last.before + (startMs - last.startMs) * last.messagesPerMs;
      segments.push({ startMs, messagesPerMs, before });
    };
    for (const burst of [...bursts].sort((a, b) => a.startMs - b.startMs)) {
      add(burst.startMs, burst.messagesPerSecond / 1000);
      add(burst.startMs + burst.durationMs, ordinary);
    }
    this.#segments = segments;
  }

  /** Messages that are due at this time of the load. */
  dueAt(elapsedMs: number): number {
    const { startMs, messagesPerMs, before } = this.#segments.findLast((one) => one.startMs <= elapsedMs)!;
    return Math.floor(before + (elapsedMs - startMs) * messagesPerMs);
  }

  /** When the message of this number, from 1, is due. */
  timeOf(number: number): number {
    const { startMs, messagesPerMs, before } = this.#segments.findLast((one) => one.before < number)!;
    return startMs + (number - before) / messagesPerMs;
  }
}
