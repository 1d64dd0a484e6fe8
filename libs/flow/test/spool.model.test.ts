import fc from 'fast-check';
import { BATCH_OVERHEAD_BYTES, BatchReceiver, BatchSender, systemClock } from '@org/flow';
import type { Clock } from '@org/flow';
import { CuttingProxy } from './cutting-proxy.ts';
import { FakeSpoolFileSystem } from './fake-spool-file-system.ts';
import type { DiskMode } from './fake-spool-file-system.ts';
import { eventually, TemporarySockets } from './temporary-sockets.ts';

/*
 * Whatever happens to the disk, connections and receivers, against a plain list of what was accepted:
 *   - receivers see exactly what was accepted, in order, each of them once, except what was reported as damaged
 *   - only a disk that gives back something else than it was given can damage anything
 *   - what was refused is exactly what was said to be refused
 *   - the limits of memory and disk are never passed
 */
type Action =
  | { do: 'send'; sizes: number[] }
  | { do: 'wait'; turns: number }
  | { do: 'disk'; mode: DiskMode }
  | { do: 'cut'; afterBytes: number }
  | { do: 'away' }
  | { do: 'back' };

const modes: DiskMode[] = ['well', 'slow', 'short', 'full', 'broken', 'corrupt', 'unreadable'];
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      sizes: fc.array(fc.integer({ min: 4, max: 1500 }), { maxLength: 8 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 12 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('disk' as const), mode: fc.constantFrom(...modes) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), afterBytes: fc.nat(4000) }) },
  { weight: 3, arbitrary: fc.constantFrom({ do: 'away' as const }, { do: 'back' as const }) },
);

const QUEUE_BYTES_MAX = 6000;
const SPOOL_BYTES_MAX = 40_000;
/** A sixteenth of the spool; one more batch and a block would be less. */
const BUFFER_BYTES_MAX = SPOOL_BYTES_MAX / 16;

/** The disk is tried again after a millisecond. */
const clock: Clock = {
  ...systemClock,
  setTimeout: (run, delayMs) => systemClock.setTimeout(run, delayMs === 1000 ? 1 : delayMs),
};

class World {
  readonly sockets = new TemporarySockets();
  readonly proxy = new CuttingProxy();
  readonly disk = new FakeSpoolFileSystem();
  readonly accepted: Buffer[] = [];
  readonly refused = { batches: 0, bytes: 0 };
  readonly reported = { batches: 0, bytes: 0 };
  readonly damaged = { batches: 0, bytes: 0 };
  /** The number of each batch in the payload, by the number that the sender gave it. */
  readonly received = new Map<number, number>();
  /** The numbers that each receiver got. */
  readonly lives: number[][] = [];
  readonly sender: BatchSender;
  receiver: BatchReceiver | undefined;
  mayDamage = false;

  constructor() {
    this.sender = new BatchSender({
      socketPath: this.sockets.next(),
      lane: 'a',
      epoch: 1,
      queueBytesMax: QUEUE_BYTES_MAX,
      sentBytesMax: 4000,
      reconnectDelayMs: 1,
      spool: { folder: '/spool', bytesMax: SPOOL_BYTES_MAX, fileSystem: this.disk },
      clock,
      handlers: {
        overflowed: ({ batches, bytes }) => {
          this.reported.batches += batches;
          this.reported.bytes += bytes;
        },
        spoolDamaged: (batches, bytes) => {
          this.damaged.batches += batches;
          this.damaged.bytes += bytes;
        },
      },
    });
  }

  async open(): Promise<void> {
    await this.proxy.listen(`${this.sockets.folder}/1.sock`);
    this.sender.start();
  }

  /** It dies for the sender first, so its last acks are lost. */
  async away(): Promise<void> {
    this.proxy.leadTo(undefined);
    this.proxy.cut();
    await this.receiver?.close();
    this.receiver = undefined;
  }

  async back(): Promise<void> {
    if (this.receiver !== undefined) return;
    const socketPath = this.sockets.next();
    const life: number[] = [];
    this.lives.push(life);
    this.receiver = new BatchReceiver({
      socketPath,
      handlers: {
        batch: ({ seq, payload }) => {
          const number = payload.readUInt32LE(0);
          expect(payload.equals(this.accepted[number]!)).toBe(true);
          expect(this.received.get(seq) ?? number).toBe(number);
          this.received.set(seq, number);
          life.push(seq);
          return Promise.resolve();
        },
      },
    });
    await this.receiver.listen();
    this.proxy.leadTo(socketPath);
  }

  send(size: number): void {
    const batch = Buffer.alloc(size, this.accepted.length);
    batch.writeUInt32LE(this.accepted.length);
    const before = this.sender.stats();
    if (this.sender.send(batch)) this.accepted.push(batch);
    else {
      this.refused.batches++;
      this.refused.bytes += size;
      const heldBytes = before.queuedBytes - before.spooledBytes;
      const mustWait = before.spooledBatches > 0 || heldBytes + size + BATCH_OVERHEAD_BYTES > QUEUE_BYTES_MAX;
      expect(mustWait).toBe(true);
    }
    this.check();
  }

  check(): void {
    const { queuedBytes, queuedBatches, spooledBytes, ackedSeq } = this.sender.stats();
    expect(queuedBatches).toBe(this.accepted.length - this.damaged.batches - ackedSeq);
    expect(queuedBytes - spooledBytes).toBeLessThanOrEqual(QUEUE_BYTES_MAX);
    expect(spooledBytes).toBeLessThanOrEqual(SPOOL_BYTES_MAX);
    expect(this.disk.bytesMost).toBeLessThanOrEqual(SPOOL_BYTES_MAX);
    // A batch counts one byte more than it takes in the file.
    expect(queuedBytes - queuedBatches - this.disk.bytes).toBeLessThanOrEqual(
      QUEUE_BYTES_MAX + BUFFER_BYTES_MAX,
    );
  }

  async act(next: Action): Promise<void> {
    if (next.do === 'send') for (const size of next.sizes) this.send(size);
    else if (next.do === 'cut') this.proxy.cutAfter(next.afterBytes);
    else if (next.do === 'away') await this.away();
    else if (next.do === 'back') await this.back();
    else if (next.do === 'wait') {
      for (let turn = 0; turn < next.turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    } else {
      this.disk.mode = next.mode;
      this.mayDamage ||= next.mode === 'corrupt' || next.mode === 'unreadable';
    }
  }

  async settle(): Promise<void> {
    this.disk.mode = 'well';
    this.proxy.cutAfter(Infinity);
    await this.back();
    expect(await this.sender.drained(10_000)).toBe(true);
    expect(this.sender.stats()).toMatchObject({
      queuedBytes: 0,
      queuedBatches: 0,
      spooledBatches: 0,
      spooledBytes: 0,
    });
    this.check();
  }

  judge(): void {
    for (const life of this.lives) expect(life).toEqual(life.map((_, index) => life[0]! + index));
    const seqs = [...this.received.keys()].toSorted((a, b) => a - b);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    const numbers = seqs.map((seq) => this.received.get(seq)!);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    const missing = this.accepted.filter((_, number) => !new Set(numbers).has(number));
    expect(this.damaged).toEqual({
      batches: missing.length,
      bytes: missing.reduce((sum, { length }) => sum + length, 0),
    });
    if (!this.mayDamage) expect(missing).toEqual([]);
    expect(this.reported).toEqual(this.refused);
    expect(this.sender.stats().refusedBatches).toBe(this.refused.batches);
  }

  async close(): Promise<void> {
    this.disk.mode = 'well';
    await this.sender.close();
    expect(this.disk.files.size).toBe(0);
    await this.away();
    await this.proxy.close();
    await this.sockets.remove();
  }
}

describe('a batch channel with a spool under random disks, cuts, and receivers that come and go', () => {
  it('brings what was accepted to the receivers, in order, and keeps its limits', async () => {
    const seen = { writes: 0, failures: 0, damaged: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 80, size: 'max' }), async (actions) => {
        const world = new World();
        try {
          await world.open();
          for (const each of actions) {
            await world.act(each);
            world.check();
          }
          await world.settle();
          world.send(4);
          await world.settle();
          world.judge();
          await eventually(() => world.disk.files.size === 0, 'the files to be removed');
          seen.writes += world.disk.writes;
          seen.failures += world.sender.stats().spoolFailures;
          seen.damaged += world.damaged.batches;
          seen.refused += world.refused.batches;
        } finally {
          await world.close();
        }
      }),
      { numRuns: 80 },
    );
    // Otherwise it proved little.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  }, 60_000);
});
