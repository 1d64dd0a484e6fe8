import fc from 'fast-check';
import type { MergeEntry } from '@org/continuity';
import { doubt, entry, START_MS, type TestRecord, tick } from './journal-entries.ts';

/** One true event of the exchange, at its time. */
export interface TrueEvent {
  readonly atMs: number;
}

/**
 * What happens to a line for a while: its connection is lost; its process is killed with what it had not sent, and begins
 * again; it is killed and another lane takes its place; it stands still and delivers everything later.
 */
export interface Trouble {
  readonly line: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: 'reconnect' | 'restart' | 'replace' | 'stall';
}

export interface LinePlan {
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** A batch is sent when it is as old as this. */
  readonly batchMs: number;
}

export interface Plan {
  readonly seed: number;
  readonly lines: readonly LinePlan[];
  readonly troubles: readonly Trouble[];
}

/** A small generator of chance, so that a plan says everything (mulberry32). */
export function chance(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const linePlan = fc.record({
  latencyMs: fc.integer({ min: 0, max: 400 }),
  jitterMs: fc.integer({ min: 0, max: 60 }),
  batchMs: fc.integer({ min: 0, max: 150 }),
});

/** Troubles of any lines at any time. */
export function anyPlan(
  endMs: number,
  kinds: readonly Trouble['kind'][],
  lengthMaxMs: number,
): fc.Arbitrary<Plan> {
  const trouble = fc
    .record({
      line: fc.nat(2),
      fromMs: fc.integer({ min: 1500, max: endMs }),
      lengthMs: fc.integer({ min: 1, max: lengthMaxMs }),
      kind: fc.constantFrom(...kinds),
    })
    .map(({ line, fromMs, lengthMs, kind }) => ({ line, fromMs, toMs: fromMs + lengthMs, kind }));
  return fc.record({
    seed: fc.integer(),
    lines: fc.array(linePlan, { minLength: 1, maxLength: 3 }),
    troubles: fc.array(trouble, { maxLength: 6 }),
  });
}

/** One line after the other has trouble, and the others carry on: nothing may be lost. */
export function redundantPlan(): fc.Arbitrary<Plan> {
  const step = fc.record({
    line: fc.nat(2),
    pauseMs: fc.integer({ min: 2000, max: 4000 }),
    lengthMs: fc.integer({ min: 1, max: 9000 }),
    kind: fc.constantFrom<Trouble['kind']>('reconnect', 'restart', 'replace', 'stall'),
  });
  return fc
    .record({
      seed: fc.integer(),
      lines: fc.array(linePlan, { minLength: 2, maxLength: 3 }),
      steps: fc.array(step, { minLength: 1, maxLength: 5 }),
    })
    .map(({ seed, lines, steps }) => {
      let atMs = 0;
      const troubles = steps.map(({ line, pauseMs, lengthMs, kind }) => {
        const fromMs = atMs + pauseMs;
        atMs = fromMs + lengthMs;
        return { line, fromMs, toMs: atMs, kind };
      });
      return { seed, lines, troubles };
    });
}

interface Delivery {
  readonly atMs: number;
  readonly entry: MergeEntry;
}

/** How a line sees the true events: as records, each with the time of its last true event. */
export type View<E extends TrueEvent> = (
  line: number,
) => readonly { readonly event: E; readonly make: MakeRecord }[];
export type MakeRecord = (receivedMs: number, line: number, connectionId: number) => TestRecord;

/** The journal of a plan: batches in the order in which they arrive, and ticks. */
export function journalOf<E extends TrueEvent>(
  plan: Plan,
  stream: string,
  view: View<E>,
  endMs: number,
): MergeEntry[] {
  const deliveries = plan.lines.flatMap((line, index) => deliver(plan, index, line, stream, view(index)));
  const last = Math.max(endMs, ...deliveries.map(({ atMs }) => atMs)) + 7000;
  for (let atMs = 50; atMs < last; atMs += 100)
    deliveries.push({ atMs, entry: entry('writer', 1, tick(atMs)) });
  return deliveries.sort((a, b) => a.atMs - b.atMs).map((one) => one.entry);
}

interface Life {
  lane: string;
  epoch: number;
  connectionId: number;
}

/** The batches that one line sends. */
function deliver<E extends TrueEvent>(
  plan: Plan,
  line: number,
  { latencyMs, jitterMs, batchMs }: LinePlan,
  stream: string,
  events: ReturnType<View<E>>,
): Delivery[] {
  const random = chance(plan.seed + line);
  const troubles = plan.troubles.filter((one) => one.line === line).sort((a, b) => a.fromMs - b.fromMs);
  const life: Life = { lane: `lane${line}`, epoch: 1, connectionId: 1 };
  const deliveries: Delivery[] = [];
  let pending: TestRecord[] = [];
  let sentMs = 0;
  let receivedMs = 0;
  let next = 0;
  let stalledUntilMs = 0;
  const send = (atMs: number) => {
    sentMs = Math.max(sentMs, atMs, stalledUntilMs);
    if (pending.length > 0)
      deliveries.push({ atMs: sentMs, entry: entry(life.lane, life.epoch, ...pending) });
    pending = [];
  };
  const oldestMs = () => pending[0]!.meta.receivedAtUs / 1000 - START_MS;
  for (const { event, make } of events) {
    receivedMs = Math.max(receivedMs, event.atMs + latencyMs + Math.floor(random() * (jitterMs + 1)));
    while (next < troubles.length && troubles[next]!.toMs <= receivedMs) {
      const { kind, fromMs, toMs } = troubles[next++]!;
      if (kind === 'stall') {
        stalledUntilMs = Math.max(stalledUntilMs, toMs);
        continue;
      }
      // Batches leave on time, so what is older than a batch may be was sent before the kill.
      if (pending.length > 0 && (kind === 'reconnect' || oldestMs() + batchMs < fromMs))
        send(oldestMs() + batchMs);
      pending = [];
      life.connectionId++;
      if (kind === 'restart') life.epoch++;
      if (kind === 'replace') life.lane += '+';
      if (kind === 'reconnect' || random() < 0.3)
        pending.push(doubt(stream, Math.max(toMs, receivedMs), 'reconnect'));
    }
    const current = troubles.find(({ fromMs, toMs }) => fromMs <= receivedMs && receivedMs < toMs);
    if (current !== undefined && current.kind !== 'stall') continue;
    if (pending.length > 0 && oldestMs() + batchMs < receivedMs) send(oldestMs() + batchMs);
    if (current !== undefined) stalledUntilMs = Math.max(stalledUntilMs, current.toMs);
    pending.push(make(receivedMs, line, life.connectionId));
  }
  if (pending.length > 0) send(oldestMs() + batchMs);
  return deliveries;
}
