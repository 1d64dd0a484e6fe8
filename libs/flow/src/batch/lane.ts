import { FlowError } from '../errors.ts';
import type { FrameConnection } from '../wire/frame-connection.ts';
import { Turnstile } from './turnstile.ts';

/** Lives of one lane's sender that are remembered; a process that comes back after so many others is a stranger. */
const EPOCHS_MAX = 16;

/** What a receiver knows of one lane: how far each life of its sender got, and who holds the lane now. */
export class Lane {
  readonly name: string;
  /** Used when lanes need not wait for each other. */
  readonly turnstile: Turnstile;
  /** Who may deliver; a newer connection takes the place of an older one. */
  holder: FrameConnection | undefined;
  readonly #lastSeqs = new Map<number, number>();
  #settled: Promise<boolean> = Promise.resolve(true);

  constructor(name: string, concurrentBatchesMax: number) {
    this.name = name;
    this.turnstile = new Turnstile(concurrentBatchesMax);
  }

  /** The last acked batch of this life; 0 when none is known. */
  lastSeq(epoch: number): number {
    return this.#lastSeqs.get(epoch) ?? 0;
  }

  /** Resolves when nothing that was started is still being worked on. */
  async settled(): Promise<void> {
    await this.#settled;
  }

  /** A new connection starts over behind what is acked, whatever failed before. */
  restart(): void {
    this.#settled = Promise.resolve(true);
  }

  /**
   * Follows the work on one batch. Resolves true when it and all before it succeeded, so that its number may be acked;
   * batches that overtook a failed one are not, for the sender will bring them again together.
   */
  track(epoch: number, seq: number, work: Promise<boolean>): Promise<boolean> {
    const before = this.#settled;
    this.#settled = work.then(async (succeeded) => {
      const advances = (await before) && succeeded;
      if (advances) this.#advance(epoch, seq);
      return advances;
    });
    return this.#settled;
  }

  #advance(epoch: number, seq: number): void {
    this.#lastSeqs.delete(epoch);
    this.#lastSeqs.set(epoch, seq);
    for (const oldest of this.#lastSeqs.keys()) {
      if (this.#lastSeqs.size <= EPOCHS_MAX) return;
      this.#lastSeqs.delete(oldest);
    }
  }
}

/** What comes next after `acceptedSeq`: anything for a life that is not known yet. Throws SEQUENCE_HOLE. */
export function judgeSeq(seq: number, acceptedSeq: number, lane: string): 'next' | 'duplicate' {
  if (seq <= acceptedSeq) return 'duplicate';
  if (acceptedSeq === 0 || seq === acceptedSeq + 1) return 'next';
  throw new FlowError('SEQUENCE_HOLE', `lane ${lane}: batch ${seq}, expected ${acceptedSeq + 1}`, { lane });
}
