/** Lives of one lane that are told apart; an entry of a life that was forgotten counts as a new source. */
const EPOCHS_MAX = 4;

/** One life of one lane. */
export class Source {
  readonly lane: string;
  readonly epoch: number;
  /** Journal time of its latest record. */
  lastSeenUs = 0;
  /** A later life of the lane has begun: this one has delivered all it ever will. */
  isSuperseded = false;

  constructor(lane: string, epoch: number) {
    this.lane = lane;
    this.epoch = epoch;
  }
}

/** The latest lives of every lane. */
export class SourceTable {
  /** By lane, the latest life last. */
  readonly #lanes = new Map<string, Source[]>();

  of(lane: string, epoch: number): Source {
    const lives = this.#lanes.get(lane);
    if (lives === undefined) return this.add(new Source(lane, epoch));
    for (let at = lives.length - 1; at >= 0; at--) if (lives[at]!.epoch === epoch) return lives[at]!;
    return this.add(new Source(lane, epoch));
  }

  add(source: Source): Source {
    const lives = this.#lanes.get(source.lane) ?? [];
    lives.push(source);
    lives.sort((a, b) => a.epoch - b.epoch);
    lives.forEach((life, at) => (life.isSuperseded = at < lives.length - 1));
    if (lives.length > EPOCHS_MAX) lives.shift();
    this.#lanes.set(source.lane, lives);
    return source;
  }

  *[Symbol.iterator](): Generator<Source> {
    for (const lives of this.#lanes.values()) yield* lives;
  }
}
