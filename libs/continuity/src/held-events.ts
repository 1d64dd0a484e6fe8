import type { EventFrame } from './event-frame.ts';

/** So many empty places at the front are cut off at once: taking from the front then costs nothing on average. */
const TAKEN_MAX = 64;

/** The events of one source that wait, in the order in which they came. */
export class HeldEvents {
  #events: EventFrame[] = [];
  #taken = 0;

  get length(): number {
    return this.#events.length - this.#taken;
  }

  get front(): EventFrame | undefined {
    return this.#events[this.#taken];
  }

  push(event: EventFrame): void {
    this.#events.push(event);
  }

  shift(): EventFrame | undefined {
    if (this.length === 0) return undefined;
    const event = this.#events[this.#taken++]!;
    if (this.#taken === this.#events.length || this.#taken > TAKEN_MAX) {
      this.#events.splice(0, this.#taken);
      this.#taken = 0;
    }
    return event;
  }

  /** The clock was set back: none of them began to wait later than this. */
  notAfter(nowUs: number): void {
    for (let at = this.#taken; at < this.#events.length; at++)
      this.#events[at]!.heldAtUs = Math.min(this.#events[at]!.heldAtUs, nowUs);
  }

  toArray(): EventFrame[] {
    return this.#events.slice(this.#taken);
  }
}
