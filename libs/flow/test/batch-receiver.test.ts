import type { BatchReceiverOptions } from '@org/flow';
import { Loopback, send } from './loopback.ts';
import { rawBatch, rawHello, RawPeer } from './raw-peer.ts';
import { eventually, gate } from './temporary-sockets.ts';

const loopback = new Loopback();
const { sockets } = loopback;
beforeEach(() => loopback.next());
afterEach(() => sockets.closeAll());
afterAll(() => sockets.remove());

describe('a batch receiver', () => {
  /** Most batches that were in the handler at once, over all lanes and in one lane. */
  async function concurrency(
    options: Partial<BatchReceiverOptions>,
  ): Promise<{ all: number; oneLane: number }> {
    const inside: string[] = [];
    const most = { all: 0, oneLane: 0 };
    const order: Record<string, number[]> = {};
    await loopback.receiver(async ({ lane, seq }) => {
      (order[lane] ??= []).push(seq);
      inside.push(lane);
      most.all = Math.max(most.all, inside.length);
      most.oneLane = Math.max(most.oneLane, inside.filter((each) => each === lane).length);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      inside.splice(inside.indexOf(lane), 1);
    }, options);
    const lanes = ['a', 'b', 'c'].map((lane) => loopback.sender({ lane }));
    for (let index = 0; index < 20; index++) for (const lane of lanes) lane.send(Buffer.alloc(10));
    expect(await Promise.all(lanes.map((lane) => lane.drained(5000)))).toEqual([true, true, true]);
    const inOrder = Array.from({ length: 20 }, (_, index) => index + 1);
    expect(order).toEqual({ a: inOrder, b: inOrder, c: inOrder });
    return most;
  }

  it('hands over one batch at a time', async () => {
    expect(await concurrency({})).toEqual({ all: 1, oneLane: 1 });
  });

  it('hands over one batch of each lane at a time when lanes need not wait for each other', async () => {
    expect(await concurrency({ serial: false })).toEqual({ all: 3, oneLane: 1 });
  });

  it('hands over as many at once as it may, still in order', async () => {
    const { all, oneLane } = await concurrency({ concurrentBatchesMax: 8 });
    expect(all).toBe(8);
    expect(oneLane).toBeGreaterThan(1);
  });

  it('does not ack a batch that overtook a failed one', async () => {
    const works = new Map<number, (failure?: Error) => void>();
    const to = await loopback.receiver(
      ({ seq }) =>
        new Promise((resolve, reject) => {
          works.set(seq, (failure) => (failure === undefined ? resolve() : reject(failure)));
        }),
      { concurrentBatchesMax: 3 },
    );
    const acked: number[] = [];
    const from = loopback.sender({ handlers: { acked: (seq) => acked.push(seq) } });
    send(from, 'one', 'two', 'three');
    await eventually(() => works.size === 3, 'three batches in the handler');
    works.get(3)!();
    works.get(1)!();
    await eventually(() => acked.length > 0, 'the first ack');
    const failing = works.get(2)!;
    works.clear();
    failing(new Error('no'));
    await eventually(() => works.size === 2, 'both to come again');
    expect([...works.keys()]).toEqual([2, 3]);
    for (const finish of works.values()) finish();
    expect(await from.drained(5000)).toBe(true);
    expect(acked.at(0)).toBe(1);
    expect(to.stats().batches).toBe(3);
  });

  it('waits for the handler when it closes, acks what that finished, and starts nothing else', async () => {
    const hang = gate();
    const received: number[] = [];
    const to = await loopback.receiver(({ seq }) => {
      received.push(seq);
      return hang.passed;
    });
    const from = loopback.sender();
    send(from, 'one', 'two');
    await eventually(() => received.length === 1, 'the first batch');
    const closed = to.close();
    hang.open();
    await closed;
    await eventually(() => from.stats().ackedSeq === 1, 'the ack');
    expect(received).toEqual([1]);
    await expect(to.listen()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
  });

  it('reads on, and forgets, what the superseded still sends, so that both ends close', async () => {
    const hang = gate();
    const noTimers = { nowMs: () => 0, setTimeout: () => 0, clearTimeout: () => undefined };
    await loopback.receiver(() => hang.passed, { clock: noTimers });
    const older = new RawPeer(loopback.socketPath);
    // The first is in the handler and the second waits for it, so nobody reads the third.
    await older.write(Buffer.concat([rawHello('a', 1), rawBatch(1, 'x'), rawBatch(2, 'y')]));
    await eventually(() => older.frames().length === 1, 'the welcome');
    void older.write(rawBatch(3, 'x'.repeat(5_000_000)));
    const newer = sockets.closing(new RawPeer(loopback.socketPath));
    await newer.write(rawHello('a', 2));
    await older.ended;
    expect(older.frames().at(-1)).toEqual({ type: 7, body: Buffer.of(1) });
    hang.open();
  });

  it('cuts off a peer that does not leave after it was closed', async () => {
    const timers: (() => void)[] = [];
    const clock = {
      nowMs: () => 0,
      setTimeout: (run: () => void) => timers.push(run),
      clearTimeout: () => undefined,
    };
    const to = await loopback.receiver(() => undefined, { clock });
    const stubborn = sockets.closing(new RawPeer(loopback.socketPath, { allowHalfOpen: true }));
    await stubborn.write(rawHello('', 1));
    await eventually(() => stubborn.frames().length === 1, 'the reason');
    expect(to.stats().connections).toBe(1);
    for (const run of timers) run();
    await eventually(() => to.stats().connections === 0, 'the connection to be cut');
  });

  it('refuses lanes beyond its limit and drops connections beyond its limit', async () => {
    const errors: string[] = [];
    const to = await loopback.receiver(() => undefined, {
      lanesMax: 1,
      connectionsMax: 2,
      handlers: { batch: () => Promise.resolve(), failed: (error) => errors.push(error.code) },
    });
    const peers = ['a', 'b'].map(() => sockets.closing(new RawPeer(loopback.socketPath)));
    await peers[0]!.write(rawHello('a', 1));
    await eventually(() => to.stats().lanes === 1 && to.stats().connections === 2, 'both connections');
    const third = new RawPeer(loopback.socketPath);
    await third.ended;
    await eventually(() => to.stats().droppedConnections === 1, 'the third connection to be dropped');
    await peers[1]!.write(rawHello('b', 1));
    await peers[1]!.ended;
    expect(errors).toEqual(['LANES_EXHAUSTED']);
    expect(to.stats()).toMatchObject({ lanes: 1, refusedConnections: 1 });
  });
});
