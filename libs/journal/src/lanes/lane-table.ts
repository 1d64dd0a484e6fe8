/** Where one life of a producer stands. */
export interface EpochState {
  readonly epoch: number;
  /** Its last durable batch. */
  readonly seq: number;
  /** Batches may have been lost here to damage: the next one is taken whatever its number. */
  readonly afterDamage: boolean;
}

export interface LaneState {
  readonly lane: string;
  /** Oldest first. */
  readonly epochs: readonly EpochState[];
}

export type Judgement = 'next' | 'duplicate' | 'hole' | 'epoch-forgotten' | 'lanes-exhausted';

interface Progress {
  durableSeq: number;
  /** Durable, or on its way. */
  takenSeq: number;
  afterDamage: boolean;
}

type Epochs = Map<number, Progress>;

/**
 * Which batches of which lane are here. An epoch that is new may begin at any `seq`; from there on there are no holes.
 * Of each lane the greatest epochs are remembered; a smaller one that is not known may have been, and is refused.
 */
export class LaneTable {
  readonly #lanesMax: number;
  readonly #epochsMax: number;
  readonly #lanes = new Map<string, Epochs>();

  constructor(lanesMax: number, epochsMax: number) {
    this.#lanesMax = lanesMax;
    this.#epochsMax = epochsMax;
  }

  judge(lane: string, epoch: number, seq: number): Judgement {
    const epochs = this.#lanes.get(lane);
    if (epochs === undefined) return this.#lanes.size < this.#lanesMax ? 'next' : 'lanes-exhausted';
    const progress = epochs.get(epoch);
    if (progress === undefined) {
      return epochs.size >= this.#epochsMax && epoch < Math.min(...epochs.keys())
        ? 'epoch-forgotten'
        : 'next';
    }
    if (seq <= progress.takenSeq) return 'duplicate';
    const mayJump = progress.afterDamage && progress.takenSeq === progress.durableSeq;
    return seq === progress.takenSeq + 1 || mayJump ? 'next' : 'hole';
  }

  /** The next batch that is expected of this epoch, for messages. */
  expectedSeq(lane: string, epoch: number): number {
    return (this.#lanes.get(lane)?.get(epoch)?.takenSeq ?? 0) + 1;
  }

  isDurable(lane: string, epoch: number, seq: number): boolean {
    return seq <= (this.#lanes.get(lane)?.get(epoch)?.durableSeq ?? 0);
  }

  take(lane: string, epoch: number, seq: number): void {
    const progress = this.#progress(lane, epoch);
    progress.takenSeq = seq;
  }

  /** The batch is durable, or was found by the recovery. */
  confirm(lane: string, epoch: number, seq: number): void {
    const progress = this.#progress(lane, epoch);
    progress.durableSeq = Math.max(progress.durableSeq, seq);
    progress.takenSeq = Math.max(progress.takenSeq, seq);
    progress.afterDamage = false;
    this.#forgetOldest(lane);
  }

  /** What was taken and is not durable will not be. */
  forgetTaken(): void {
    for (const [lane, epochs] of this.#lanes) {
      for (const [epoch, progress] of epochs) {
        progress.takenSeq = progress.durableSeq;
        if (progress.durableSeq === 0) epochs.delete(epoch);
      }
      if (epochs.size === 0) this.#lanes.delete(lane);
    }
  }

  restore(states: readonly LaneState[]): void {
    for (const { lane, epochs } of states) {
      for (const { epoch, seq, afterDamage } of epochs) {
        this.confirm(lane, epoch, seq);
        const progress = this.#lanes.get(lane)?.get(epoch);
        if (progress !== undefined && progress.durableSeq === seq) progress.afterDamage = afterDamage;
      }
    }
  }

  expectHoles(): void {
    for (const epochs of this.#lanes.values())
      for (const progress of epochs.values()) progress.afterDamage = true;
  }

  /** What is durable. */
  states(): LaneState[] {
    const states: LaneState[] = [];
    for (const [lane, epochs] of this.#lanes) {
      const durable = [...epochs].filter(([, { durableSeq }]) => durableSeq > 0).sort(([a], [b]) => a - b);
      if (durable.length === 0) continue;
      const described = durable.map(([epoch, { durableSeq, afterDamage }]) => ({
        epoch,
        seq: durableSeq,
        afterDamage,
      }));
      states.push({ lane, epochs: described });
    }
    return states;
  }

  #progress(lane: string, epoch: number): Progress {
    let epochs = this.#lanes.get(lane);
    if (epochs === undefined) {
      epochs = new Map<number, Progress>();
      this.#lanes.set(lane, epochs);
    }
    let progress = epochs.get(epoch);
    if (progress === undefined) {
      progress = { durableSeq: 0, takenSeq: 0, afterDamage: false };
      epochs.set(epoch, progress);
    }
    return progress;
  }

  #forgetOldest(lane: string): void {
    const epochs = this.#lanes.get(lane)!;
    while (epochs.size > this.#epochsMax) epochs.delete(Math.min(...epochs.keys()));
  }
}
