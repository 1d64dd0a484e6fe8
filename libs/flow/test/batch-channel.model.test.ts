import fc from 'fast-check';
import { BATCH_OVERHEAD_BYTES, BatchReceiver, BatchSender } from '@org/flow';
import { CuttingProxy } from './cutting-proxy.ts';
import { TemporarySockets } from './temporary-sockets.ts';

/*
 * Whatever happens to connections and receivers, against a plain list of what was accepted:
 *   - every accepted batch is handed to some receiver, and to one receiver once and in order (unless it rejected it)
 *   - what was refused is exactly what was said to be refused, and the bound is never passed
 */
type Action =
  | { do: 'send'; sizes: number[] }
  | { do: 'wait' }
  | { do: 'cut'; afterBytes: number }
  | { do: 'replaceReceiver' }
  | { do: 'rejectNext' };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      sizes: fc.array(fc.nat(3000), { maxLength: 8 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cut' as const), afterBytes: fc.nat(4000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replaceReceiver' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rejectNext' as const) }) },
);

const QUEUE_BYTES_MAX = 20_000;

/** One receiver's life: the numbers that its handler took and rejected. */
interface Life {
  readonly receiver: BatchReceiver;
  readonly socketPath: string;
  readonly taken: number[];
  readonly rejected: number[];
}

class World {
  readonly sockets = new TemporarySockets();
  readonly proxy = new CuttingProxy();
  readonly lives: Life[] = [];
  readonly accepted: Buffer[] = [];
  readonly refused = { batches: 0, bytes: 0 };
  readonly reported = { batches: 0, bytes: 0 };
  readonly concurrentBatchesMax: number;
  sender: BatchSender;
  rejectNext = false;

  constructor(concurrentBatchesMax: number) {
    this.concurrentBatchesMax = concurrentBatchesMax;
    this.sender = new BatchSender({
      socketPath: this.sockets.next(),
      lane: 'a',
      epoch: 1,
      queueBytesMax: QUEUE_BYTES_MAX,
      sentBytesMax: 6000,
      reconnectDelayMs: 1,
      handlers: {
        overflowed: ({ batches, bytes }) => {
          this.reported.batches += batches;
          this.reported.bytes += bytes;
        },
      },
    });
  }

  async open(): Promise<void> {
    await this.proxy.listen(`${this.sockets.folder}/1.sock`);
    await this.replaceReceiver();
    this.sender.start();
  }

  /** The old one dies for the sender first, so its last acks are lost. */
  async replaceReceiver(): Promise<void> {
    this.proxy.leadTo(undefined);
    this.proxy.cut();
    await this.lives.at(-1)?.receiver.close();
    const life = this.#life();
    this.lives.push(life);
    await life.receiver.listen();
    this.proxy.leadTo(life.socketPath);
  }

  send(size: number): void {
    const batch = Buffer.alloc(size, this.accepted.length);
    if (this.sender.send(batch)) this.accepted.push(batch);
    else {
      this.refused.batches++;
      this.refused.bytes += size;
    }
    const { queuedBytes, queuedBatches } = this.sender.stats();
    expect(queuedBytes).toBeLessThanOrEqual(QUEUE_BYTES_MAX);
    const waiting = queuedBatches === 0 ? [] : this.accepted.slice(-queuedBatches);
    expect(queuedBytes).toBe(waiting.reduce((sum, each) => sum + each.length + BATCH_OVERHEAD_BYTES, 0));
  }

  async settle(): Promise<void> {
    this.rejectNext = false;
    this.proxy.cutAfter(Infinity);
    expect(await this.sender.drained(10_000)).toBe(true);
    expect(this.sender.stats()).toMatchObject({
      queuedBytes: 0,
      queuedBatches: 0,
      ackedSeq: this.accepted.length,
    });
  }

  async close(): Promise<void> {
    await this.sender.close();
    await this.proxy.close();
    await this.lives.at(-1)?.receiver.close();
    await this.sockets.remove();
  }

  #life(): Life {
    const socketPath = this.sockets.next();
    const life: Life = {
      socketPath,
      taken: [],
      rejected: [],
      receiver: new BatchReceiver({
        socketPath,
        concurrentBatchesMax: this.concurrentBatchesMax,
        handlers: {
          batch: async ({ seq, payload }) => {
            expect(payload.equals(this.accepted[seq - 1]!)).toBe(true);
            await new Promise((resolve) => setImmediate(resolve));
            if (this.rejectNext) {
              this.rejectNext = false;
              life.rejected.push(seq);
              throw new Error('rejected');
            }
            life.taken.push(seq);
          },
        },
      }),
    };
    return life;
  }
}

async function act(world: World, next: Action): Promise<void> {
  switch (next.do) {
    case 'send':
      for (const size of next.sizes) world.send(size);
      break;
    case 'wait':
      await new Promise((resolve) => setTimeout(resolve, 2));
      break;
    case 'cut':
      world.proxy.cutAfter(next.afterBytes);
      break;
    case 'replaceReceiver':
      await world.replaceReceiver();
      break;
    case 'rejectNext':
      world.rejectNext = true;
      break;
  }
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('a batch channel under random cuts, receivers that come and go, and handlers that reject', () => {
  it.each([1, 4])(
    'loses nothing and repeats nothing within one receiver, %i at once',
    async (concurrentBatchesMax) => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
          const world = new World(concurrentBatchesMax);
          try {
            await world.open();
            for (const each of actions) await act(world, each);
            await world.settle();
            world.send(0);
            await world.settle();
            for (const { taken, rejected } of world.lives) {
              if (taken.length === 0) continue;
              // Only what overtook a rejected batch may come twice.
              if (concurrentBatchesMax === 1 || rejected.length === 0) {
                expect(taken).toEqual(range(taken[0]!, taken[0]! + taken.length - 1));
              }
            }
            const everything = new Set(world.lives.flatMap(({ taken }) => taken));
            expect([...everything].toSorted((a, b) => a - b)).toEqual(range(1, world.accepted.length));
            expect(world.reported).toEqual(world.refused);
            expect(world.sender.stats().refusedBatches).toBe(world.refused.batches);
          } finally {
            await world.close();
          }
        }),
        { numRuns: 40 },
      );
    },
    60_000,
  );
});
