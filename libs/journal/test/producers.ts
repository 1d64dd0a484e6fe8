import type { Buffer } from 'node:buffer';
import type { Journal, JournalEntry } from '@org/journal';
import { SeededRandom } from './sim-file-system.ts';

/** The payload of a batch follows from its name, so that a wrong byte shows. */
export function payloadOf(lane: string, epoch: number, seq: number): Buffer {
  const random = new SeededRandom(epoch * 1000 + seq * 7 + lane.charCodeAt(0));
  return random.bytes(random.below(200));
}

interface Acked {
  readonly position: number;
}

/** Producers as the recorder has them: each keeps what was not acked and sends it again, in order. */
export class Producers {
  readonly lanes: readonly string[];
  readonly batchesPerLane: number;
  readonly epoch = 1;
  /** Acked by name, with the position behind each. */
  readonly acked = new Map<string, Acked>();
  readonly #ackedSeq = new Map<string, number>();
  readonly #wish: SeededRandom;

  constructor(seed: number, lanes = ['a', 'b', 'c'], batchesPerLane = 12) {
    this.#wish = new SeededRandom(seed);
    this.lanes = lanes;
    this.batchesPerLane = batchesPerLane;
  }

  get isDone(): boolean {
    return this.lanes.every((lane) => this.#next(lane) > this.batchesPerLane);
  }

  greatestPosition(): number {
    return Math.max(0, ...[...this.acked.values()].map(({ position }) => position));
  }

  /** One turn of the crowd: a few batches at once, all awaited. Returns the errors of the rejected ones. */
  async turn(journal: Journal): Promise<unknown[]> {
    const sent: Promise<unknown>[] = [];
    for (const lane of this.lanes) {
      const first = this.#next(lane);
      const count = 1 + this.#wish.below(4);
      for (let seq = first; seq < first + count && seq <= this.batchesPerLane; seq++)
        sent.push(this.#send(journal, lane, seq));
    }
    const settled = await Promise.allSettled(sent);
    return settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  }

  async #send(journal: Journal, lane: string, seq: number): Promise<void> {
    const { epoch } = this;
    const { position } = await journal.append({ lane, epoch, seq, payload: payloadOf(lane, epoch, seq) });
    // Acks come in order.
    if (this.#next(lane) !== seq) throw new Error(`ack of ${lane} ${seq}, expected ${this.#next(lane)}`);
    this.#ackedSeq.set(lane, seq);
    this.acked.set(`${lane}/${seq}`, { position });
  }

  #next(lane: string): number {
    return (this.#ackedSeq.get(lane) ?? 0) + 1;
  }

  /** What is wrong with what a follower read, in words; empty when nothing is. */
  complaints(entries: readonly JournalEntry[]): string[] {
    const complaints: string[] = [];
    const seen = new Map<string, number>();
    let before = 0;
    for (const { lane, epoch, seq, payload, position } of entries) {
      const name = `${lane}/${seq}`;
      if (!this.lanes.includes(lane) || seq > this.batchesPerLane || epoch !== this.epoch)
        complaints.push(`${name} was never sent`);
      if (!payload.equals(payloadOf(lane, epoch, seq))) complaints.push(`${name} has another payload`);
      if (seq !== (seen.get(lane) ?? 0) + 1) complaints.push(`${name} comes after ${seen.get(lane)}`);
      if (position <= before) complaints.push(`${name} is at ${position}, behind ${before}`);
      seen.set(lane, seq);
      before = position;
    }
    const there = new Map(entries.map(({ lane, seq, position }) => [`${lane}/${seq}`, position]));
    for (const [name, { position }] of this.acked) {
      const found = there.get(name);
      if (found === undefined) complaints.push(`${name} was acked and is lost`);
      else if (found > position) complaints.push(`${name} was acked at ${position} and is at ${found}`);
    }
    return complaints;
  }
}

/** Everything from the oldest position to the end. */
export async function readAll(journal: Journal, bytesMax = 300): Promise<JournalEntry[]> {
  const { oldestPosition, durablePosition } = journal.stats();
  const entries: JournalEntry[] = [];
  const follower = journal.follow({ name: 'reader', from: oldestPosition });
  let isReading = true;
  const reading = (async () => {
    for (let next = await follower.next(bytesMax); next.length > 0; next = await follower.next(bytesMax))
      entries.push(...next);
  })().finally(() => (isReading = false));
  reading.catch(() => undefined);
  // Behind the last batch there may be records of the journal's own, after which `next` waits for more.
  while (isReading && follower.position < durablePosition)
    await new Promise((resolve) => setImmediate(resolve));
  await follower.close();
  await reading;
  return entries;
}
