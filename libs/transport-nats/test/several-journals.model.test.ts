import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { readRecordBatch, RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { PartitionMerge, type Piece } from '@org/transport-nats';

const START_US = 1_767_323_045_000_000;
const PATIENCE_MS = 60_000;
const SPREAD_MS = 5000;
const KINDS = ['trade', 'bookTicker'] as const;

/** What one collector heard: everything but its outages, each of which ends one life of its worker. */
interface NodePlan {
  readonly outages: readonly { readonly from: number; readonly length: number }[];
  /** Of its clock, and its way to the exchange. */
  readonly skewMs: number;
  readonly eventsABatch: number;
}

type Step =
  | { readonly kind: 'read'; readonly node: number; readonly batches: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'take over' };

interface Plan {
  readonly stream: (typeof KINDS)[number];
  readonly ids: number;
  readonly stepMs: number;
  readonly nodes: readonly NodePlan[];
  readonly steps: readonly Step[];
}

const nodePlan: fc.Arbitrary<NodePlan> = fc.record({
  outages: fc.array(
    fc.record({ from: fc.integer({ min: 3, max: 300 }), length: fc.integer({ min: 1, max: 60 }) }),
    {
      maxLength: 4,
    },
  ),
  skewMs: fc.integer({ min: -SPREAD_MS / 2, max: SPREAD_MS / 2 }),
  eventsABatch: fc.integer({ min: 1, max: 8 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read'),
      node: fc.nat(2),
      batches: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 1, max: 2000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('take over') }) },
);

const plan: fc.Arbitrary<Plan> = fc.record({
  stream: fc.constantFrom(...KINDS),
  ids: fc.integer({ min: 10, max: 300 }),
  stepMs: fc.integer({ min: 10, max: 2000 }),
  nodes: fc.array(nodePlan, { minLength: 2, maxLength: 3 }),
  steps: fc.array(step, { maxLength: 25 }),
});

interface Journal {
  readonly pieces: readonly Piece[];
  readonly ids: ReadonlySet<number>;
}

function journalOf({ outages, skewMs, eventsABatch }: NodePlan, { stream, ids, stepMs }: Plan): Journal {
  const pieces: Piece[] = [];
  const heard = new Set<number>();
  let epoch = 1;
  let wasOut = false;
  let builder = new RecordBatchBuilder(1024);
  const flush = (): void => {
    if (builder.recordCount === 0) return;
    const payload = Buffer.from(builder.take());
    pieces.push({ lane: 'w0', epoch, payload, position: pieces.length + 1 });
    builder = new RecordBatchBuilder(1024);
  };
  for (let id = 1; id <= ids; id++) {
    const isOut = outages.some(({ from, length }) => id >= from && id < from + length);
    if (isOut && !wasOut) flush();
    if (!isOut && wasOut) epoch++;
    wasOut = isOut;
    if (isOut) continue;
    heard.add(id);
    const meta = {
      type: RECORD_TYPE.frame,
      stream: `BTCUSDT@${stream}`,
      line: 0,
      connectionId: epoch,
      order: id,
    };
    const receivedAtUs = START_US + (id * stepMs + skewMs) * 1000;
    const chained = stream === 'trade' ? { follows: id - 1 } : {};
    builder.append({ ...meta, ...chained, receivedAtUs }, Buffer.from('{}'));
    if (builder.recordCount === eventsABatch) flush();
  }
  flush();
  return { pieces, ids: heard };
}

interface Outcome {
  readonly stored: readonly number[];
  readonly lost: readonly number[];
  readonly known: ReadonlySet<number>;
}

/** Reads the journals as the plan says, then to their ends; whoever takes over goes on from the state of the one before. */
function play(drawn: Plan): Outcome {
  let nowMs = 1000;
  const clock = { nowMs: () => nowMs };
  const nodes = drawn.nodes.map((_, index) => `n${index}`);
  const begin = (state?: string): PartitionMerge =>
    new PartitionMerge({ clock, state, nodes, patienceMs: PATIENCE_MS, spreadMs: SPREAD_MS });
  const journals = drawn.nodes.map((node) => journalOf(node, drawn));
  const read = journals.map(() => 0);
  const stored: number[] = [];
  const lost: number[] = [];
  let merge = begin();
  const keep = (batch: Buffer | undefined): void => {
    if (batch === undefined) return;
    readRecordBatch(batch, ({ type, order, bytes, payloadStart, payloadEnd }) => {
      if (type === RECORD_TYPE.frame) stored.push(order!);
      if (type !== RECORD_TYPE.gap) return;
      const { lastId, nextId } = JSON.parse(bytes.toString('utf8', payloadStart, payloadEnd)) as {
        lastId: number;
        nextId: number;
      };
      for (let id = lastId + 1; id < nextId; id++) lost.push(id);
    });
  };
  const readOn = (node: number, batches: number): void => {
    for (let count = 0; count < batches; count++) {
      const piece = journals[node]?.pieces[read[node]!];
      if (piece === undefined) return;
      read[node]!++;
      merge.heard(nodes[node]!);
      keep(merge.take(nodes[node]!, piece));
    }
  };
  for (const one of drawn.steps) {
    if (one.kind === 'read') readOn(one.node, one.batches);
    if (one.kind === 'take over') merge = begin(merge.state());
    if (one.kind === 'pass') nowMs += one.ms;
    keep(merge.tick());
  }
  journals.forEach((_, node) => readOn(node, Infinity));
  for (let pass = 0; pass < 200 && merge.isWaiting; pass++) {
    nowMs += 1000;
    keep(merge.tick());
  }
  expect(merge.isWaiting).toBe(false);
  return { stored, lost, known: new Set(journals.flatMap(({ ids }) => [...ids])) };
}

describe('several journals, each read at its own pace by one writer after the other', () => {
  it('give every event that any of them has, once and in order, and a gap row where none has one', () => {
    fc.assert(
      fc.property(plan, (drawn) => {
        const { stored, lost, known } = play(drawn);
        expect(stored).toEqual([...known].sort((a, b) => a - b));
        const last = Math.max(...known);
        const missing = Array.from({ length: last }, (_, index) => index + 1).filter((id) => !known.has(id));
        if (drawn.stream === 'trade') expect(lost).toEqual(missing);
        else expect(lost).toEqual(expect.arrayContaining(missing));
      }),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 200) },
    );
  });
});
