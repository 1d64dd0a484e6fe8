import { type MergeHandlers, type MergeLimits, type RepairOrder, StreamMerge } from '@org/continuity';
import type { Buffer } from 'node:buffer';
import type { Clock } from '../clock.ts';
import type { Piece } from '../wire/forward-frame.ts';
import { MergeTime } from './merge-time.ts';
import { NodeProgress } from './node-progress.ts';

export interface PartitionMergeOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Of an earlier life, with the nodes that had brought something. */
  readonly state?: string | undefined;
  readonly nodes?: readonly string[];
  /** Where one node misses something, another one that brings nothing at all is waited for so long. */
  readonly patienceMs: number;
  /** How far apart two nodes may receive, and date, the same event. */
  readonly spreadMs: number;
  readonly limits?: Partial<MergeLimits>;
  readonly handlers?: MergeHandlers;
}

/** One stream out of the journals of several nodes, which are read independently of each other, one far behind another. */
export class PartitionMerge {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #merge: StreamMerge;
  readonly #time: MergeTime;
  readonly #progress: NodeProgress;

  constructor(options: PartitionMergeOptions) {
    const { clock, state, nodes = [], patienceMs, spreadMs, limits, handlers } = options;
    this.#clock = clock;
    this.#merge = new StreamMerge({
      state,
      ...(limits && { limits }),
      ...(handlers && { handlers }),
      mayCome: (receivedAtUs, lanes) =>
        this.#progress.mayCome(receivedAtUs, new Set(lanes.map(nodeOf)), clock.nowMs()),
    });
    const nowMs = clock.nowMs();
    this.#time = new MergeTime(this.#merge.nowUs, nowMs);
    this.#progress = new NodeProgress({ nodes, silenceMs: patienceMs, spreadMs, nowMs });
  }

  /** Receipt of what was read last, µs since the epoch; 0 before that. */
  get latestReceiptUs(): number {
    return this.#time.latestReceiptUs;
  }

  /** Something is held that only time, or another node, releases. */
  get isWaiting(): boolean {
    return this.#merge.isWaiting;
  }

  get heldBytes(): number {
    return this.#merge.stats().heldBytes;
  }

  /** How often too much was held, and the merge went on without waiting. */
  get overflows(): number {
    return this.#merge.stats().heldBytesOverflows;
  }

  /** The node has something to bring, whether it is new here or not. */
  heard(node: string): void {
    this.#progress.heard(node, this.#clock.nowMs());
  }

  /** What is to be stored with it. `isDoubtful`: something may be missing before it. */
  take(node: string, { lane, epoch, payload, afterDamage }: Piece, isDoubtful = false): Buffer | undefined {
    const receiptUs = this.#time.saw(payload, this.#clock.nowMs());
    const entry = { lane: laneOf(node, lane), epoch, payload };
    const isBehindDamage = afterDamage === true || isDoubtful;
    const batch = this.#merge.take(isBehindDamage ? { ...entry, afterDamage: true } : entry);
    if (receiptUs !== undefined) this.#progress.read(node, receiptUs);
    return batch;
  }

  /** Time went on. What is to be stored now. */
  tick(): Buffer | undefined {
    if (!this.#merge.isWaiting) return undefined;
    return this.#merge.take({ lane: '', epoch: 0, payload: this.#time.tick(this.#clock.nowMs()) });
  }

  state(): string {
    return this.#merge.state();
  }

  repairs(): readonly RepairOrder[] {
    return this.#merge.repairs();
  }
}

/** Names of nodes have no slash. */
function laneOf(node: string, lane: string): string {
  return `${node}/${lane}`;
}

function nodeOf(lane: string): string {
  return lane.slice(0, lane.indexOf('/'));
}
