/** What the journal keeps for one sink in another process, and how far that sink is. */
export class SinkHold {
  readonly name: string;
  /** The sink does not come back before it, as far as is known. */
  committed: number;
  /** How far it has read; undefined while it is not connected. */
  #taken: number | undefined;
  isHeld = true;
  drops = 0;
  /** Why it is not served. */
  refusal: string | undefined;
  /** When it last took or committed something, or had nothing to take. */
  movedAtMs: number;

  constructor(name: string, committed: number, nowMs: number) {
    this.name = name;
    this.committed = committed;
    this.movedAtMs = nowMs;
  }

  /** It is connected, and reads from here on. */
  begins(from: number, nowMs: number): void {
    this.committed = this.isHeld ? Math.min(this.committed, from) : from;
    this.refusal = undefined;
    this.#taken = from;
    this.movedAtMs = nowMs;
  }

  took(position: number, nowMs: number): void {
    this.#taken = position;
    this.movedAtMs = nowMs;
  }

  /** What a sink says of a time before its hold was dropped counts no more. */
  commits(position: number, nowMs: number): void {
    this.committed = Math.max(this.committed, position);
    this.movedAtMs = nowMs;
  }

  left(): void {
    this.#taken = undefined;
  }

  drop(): void {
    this.isHeld = false;
    this.drops++;
  }

  /** What it has still to take of a journal that ends here. */
  behindBytes(end: number): number {
    return Math.max(0, end - (this.#taken ?? this.committed));
  }

  /** What the journal keeps for it. */
  heldBytes(end: number): number {
    return this.isHeld ? Math.max(0, end - this.committed) : 0;
  }
}
