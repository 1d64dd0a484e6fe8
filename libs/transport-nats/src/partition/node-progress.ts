import { HoleWaits } from './hole-waits.ts';

const US_PER_MS = 1000;
/** Of the time for which a silent node is waited for: for one that is not beyond a hole, though it brings something. */
const BEHIND_FACTOR = 10;

export interface NodeProgressOptions {
  /** Nodes that had brought something in earlier lives of the partition. */
  readonly nodes: readonly string[];
  /** A node that nothing was heard of for so long is not waited for. */
  readonly silenceMs: number;
  /** Receipts of two nodes may lie so far apart: differences of their clocks, and of their ways to the exchange. */
  readonly spreadMs: number;
  readonly nowMs: number;
}

interface Progress {
  receiptUs: number;
  heardAtMs: number;
}

/**
 * How far each node's journal was read. Journals come independently of each other: after an outage one of them may be read
 * to its end before another one begins. So what one misses is missing for good only when the others were read beyond it.
 */
export class NodeProgress {
  readonly #nodes = new Map<string, Progress>();
  readonly #silenceMs: number;
  readonly #spreadUs: number;
  readonly #waits: HoleWaits;

  constructor({ nodes, silenceMs, spreadMs, nowMs }: NodeProgressOptions) {
    this.#silenceMs = silenceMs;
    this.#spreadUs = spreadMs * US_PER_MS;
    this.#waits = new HoleWaits(BEHIND_FACTOR * silenceMs);
    for (const node of nodes) this.#nodes.set(node, { receiptUs: -Infinity, heardAtMs: nowMs });
  }

  /** A frame of it came, with something in it: one that has nothing more to bring is not waited for. */
  heard(node: string, nowMs: number): void {
    this.#of(node).heardAtMs = nowMs;
  }

  /** Its journal was read up to what was received then. */
  read(node: string, receiptUs: number): void {
    this.#of(node).receiptUs = receiptUs;
  }

  /** Whether any node but these may still bring what was received up to then, µs since the epoch. */
  mayCome(receivedAtUs: number, shown: ReadonlySet<string>, nowMs: number): boolean {
    for (const [node, { receiptUs, heardAtMs }] of this.#nodes) {
      if (shown.has(node) || nowMs - heardAtMs > this.#silenceMs) continue;
      if (receiptUs <= receivedAtUs + this.#spreadUs) return !this.#waits.isOverdue(receivedAtUs, nowMs);
    }
    return false;
  }

  #of(node: string): Progress {
    let progress = this.#nodes.get(node);
    if (progress === undefined)
      this.#nodes.set(node, (progress = { receiptUs: -Infinity, heardAtMs: -Infinity }));
    return progress;
  }
}
