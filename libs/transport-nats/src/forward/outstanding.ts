/** Something of a partition that is on its way: up to `through`, and the journal entry read before it began. */
interface Sent {
  readonly before: number;
  readonly through: number;
}

const COMPACT_AT = 1024;
/** Beyond it neighbours are counted as one, and the journal is kept for longer than it must. */
const SENT_MAX = 8192;

/** What of one partition is not stored for good yet, in journal order. */
export class Outstanding {
  #sent: Sent[] = [];
  #head = 0;

  /** Pieces up to `through` follow; `before` is the position of the last entry that has none of them. */
  add(before: number, through: number): void {
    if (this.#sent.length - this.#head >= SENT_MAX)
      this.#sent.push({ before: this.#sent.pop()!.before, through });
    else this.#sent.push({ before, through });
  }

  /** Everything up to here is stored. */
  taken(position: number): void {
    while (this.#head < this.#sent.length && this.#sent[this.#head]!.through <= position) this.#head++;
    if (this.#head < COMPACT_AT) return;
    this.#sent = this.#sent.slice(this.#head);
    this.#head = 0;
  }

  get isEmpty(): boolean {
    return this.#head === this.#sent.length;
  }

  /** The journal is needed from here on; undefined where nothing is outstanding. */
  get neededFrom(): number | undefined {
    return this.#sent[this.#head]?.before;
  }
}
