import type { EventFrame } from './event-frame.ts';
import { BREAKS, isNext, type Join, JOINS, judge, REPEATS } from './join.ts';
import type { MergeContext } from './merge-context.ts';
import type { SwitchReason } from './merge-handlers.ts';
import type { MergedStream, StreamSource } from './merged-stream.ts';
import type { StreamStore } from './stream-store.ts';

/**
 * Decides between the sources of a stream: the lead's events are stored, those of the others wait until the lead covers them or fails.
 *
 * While something waits, after every record:
 *
 *   what is covered is dropped
 *   the lead's front joins ───────────────────────────────────▶ store it
 *   another one's front joins, and the lead breaks, is gone
 *     or late ────────────────────────────────────────────────▶ that one leads, store it
 *   nobody joins, and nobody is left to wait for or it is
 *     too long already ───────────────────────────────────────▶ gap row, store what misses least, it leads
 *   else ─────────────────────────────────────────────────────▶ wait
 */
export class Arbiter {
  heldFrames = 0;
  heldBytes = 0;
  readonly #context: MergeContext;
  readonly #store: StreamStore;
  readonly #streams: ReadonlyMap<string, MergedStream>;

  constructor(context: MergeContext, store: StreamStore, streams: ReadonlyMap<string, MergedStream>) {
    this.#context = context;
    this.#store = store;
    this.#streams = streams;
  }

  /** Keeps the event, which may not be next, and decides what is. */
  hold(stream: MergedStream, from: StreamSource, event: EventFrame): void {
    this.#context.output.drop();
    const kept = event.keep();
    kept.heldAtUs = this.#context.nowUs;
    from.held.push(kept);
    this.#count(stream, 1, kept.bytes.length);
    if (stream.heldFrames > this.#context.limits.heldFramesMax) this.#overflow(stream);
    else this.settle(stream);
    while (this.heldBytes > this.#context.limits.heldBytesMax) this.#overflow(this.#heaviest());
  }

  /** Stores whatever can be stored now. `isForced`: nothing may be held afterwards. */
  settle(stream: MergedStream, isForced = false): void {
    for (;;) {
      this.dropCovered(stream);
      if (stream.heldFrames === 0 || !this.#step(stream, isForced)) return;
    }
  }

  /** Drops what is stored already. */
  dropCovered(stream: MergedStream): void {
    const { sources } = stream;
    for (let at = 0; at < sources.length; at++) {
      const source = sources[at]!;
      for (let front = source.held.front; front !== undefined; front = source.held.front) {
        if (judge(stream, front, source === stream.lead) !== REPEATS) break;
        this.#take(stream, source);
        this.#context.counters.duplicates++;
        this.#context.days.repeated(stream, source, front);
      }
    }
  }

  /** Counts events that are held from an earlier life of the merge. */
  restored(stream: MergedStream): void {
    for (const { held } of stream.sources)
      for (const event of held.toArray()) this.#count(stream, 1, event.bytes.length);
  }

  /** Whether somebody other than this source may still deliver. */
  hasOther(stream: MergedStream, than: StreamSource): boolean {
    return stream.sources.some((source) => source !== than && this.#isAlive(source));
  }

  #step(stream: MergedStream, isForced: boolean): boolean {
    const { lead } = stream;
    const front = lead?.held.front;
    if (lead !== undefined && front !== undefined) {
      const join = judge(stream, front, true);
      if (isNext(join)) return this.#storeFront(stream, lead, join);
    }
    const next = joining(stream);
    if (next === undefined) return this.#breakAnyway(stream, isForced);
    const why = isForced ? 'overflow' : this.#whyNotLead(stream, next);
    if (why === undefined) return false;
    return this.#storeFront(stream, next, judge(stream, next.held.front!, false), why);
  }

  #whyNotLead(stream: MergedStream, next: StreamSource): SwitchReason | undefined {
    const { lead } = stream;
    if (lead === undefined || !this.#isAlive(lead)) return 'gone';
    if (lead.held.front !== undefined) return 'break';
    const { nowUs, limits } = this.#context;
    return nowUs - next.held.front!.heldAtUs > limits.switchAfterMs * 1000 ? 'late' : undefined;
  }

  #breakAnyway(stream: MergedStream, isForced: boolean): boolean {
    if (!isForced && this.#isWorthWaiting(stream)) return false;
    const next = leastLoss(stream)!;
    if (!isForced && this.#mayCome(stream, next.held.front!)) return false;
    const join = judge(stream, next.held.front!, next === stream.lead);
    return this.#storeFront(stream, next, join, 'gap');
  }

  /** Whether somebody who is alive has not shown yet what it has, and nothing waits for too long. */
  #isWorthWaiting(stream: MergedStream): boolean {
    const oldestUs = this.#context.nowUs - this.#context.limits.holdMs * 1000;
    let isSomebodyLeft = false;
    for (const source of stream.sources) {
      const { front } = source.held;
      if (front === undefined) isSomebodyLeft ||= this.#isAlive(source);
      else if (front.heldAtUs < oldestUs) return false;
    }
    return isSomebodyLeft;
  }

  /** Whether another journal, which is behind, may have what is missing before this event. */
  #mayCome({ hasLast, sources }: MergedStream, { receivedAtUs }: EventFrame): boolean {
    if (!hasLast) return false;
    const shown = sources.filter(({ held }) => held.front !== undefined).map(({ source }) => source.lane);
    return this.#context.mayCome(receivedAtUs, shown);
  }

  #storeFront(stream: MergedStream, from: StreamSource, join: Join, why?: SwitchReason): boolean {
    if (why !== undefined) this.#store.lead(stream, from, why);
    this.#store.held(stream, from, this.#take(stream, from), join);
    return true;
  }

  #take(stream: MergedStream, from: StreamSource): EventFrame {
    const event = from.held.shift()!;
    this.#count(stream, -1, -event.bytes.length);
    return event;
  }

  #count(stream: MergedStream, frames: number, bytes: number): void {
    stream.heldFrames += frames;
    stream.heldBytes += bytes;
    this.heldFrames += frames;
    this.heldBytes += bytes;
  }

  #overflow(stream: MergedStream): void {
    this.#context.counters.heldBytesOverflows++;
    this.settle(stream, true);
  }

  #heaviest(): MergedStream {
    let heaviest: MergedStream | undefined;
    for (const stream of this.#streams.values())
      if (heaviest === undefined || stream.heldBytes > heaviest.heldBytes) heaviest = stream;
    return heaviest!;
  }

  #isAlive(source: StreamSource): boolean {
    return source.isAlive(this.#context.nowUs, this.#context.limits.aliveMs);
  }
}

/** Among the sources whose front joins, one that joins exactly before one that overlaps, then the lowest order. */
function joining(stream: MergedStream): StreamSource | undefined {
  let best: StreamSource | undefined;
  let bestJoin: Join = BREAKS;
  for (const source of stream.sources) {
    const { front } = source.held;
    if (front === undefined || source === stream.lead) continue;
    const join = judge(stream, front, false);
    if (!isNext(join) || (best !== undefined && bestJoin === JOINS && join !== JOINS)) continue;
    const isBetter = best === undefined || join < bestJoin || front.order < best.held.front!.order;
    if (isBetter) [best, bestJoin] = [source, join];
  }
  return best;
}

/** Among all sources that hold something, the one whose front leaves the smallest hole; the lead where it is equal. */
function leastLoss(stream: MergedStream): StreamSource | undefined {
  let best: StreamSource | undefined;
  let bestStart = Infinity;
  for (const source of stream.sources) {
    const { front } = source.held;
    if (front === undefined) continue;
    const start = front.follows ?? front.order;
    if (start < bestStart || (start === bestStart && source === stream.lead))
      [best, bestStart] = [source, start];
  }
  return best;
}
