import { BATCH_OVERHEAD_BYTES, BatchSender } from '@org/flow';
import type { DisconnectReason, FlowError, ReceivedBatch } from '@org/flow';
import { Loopback, send } from './loopback.ts';
import { rawBatch, rawHello, RawPeer } from './raw-peer.ts';
import { codeOf, eventually, gate } from './temporary-sockets.ts';

const MIB = 1024 * 1024;
const loopback = new Loopback();
const { sockets } = loopback;
beforeEach(() => loopback.next());
afterEach(() => sockets.closeAll());
afterAll(() => sockets.remove());

const text = (received: ReceivedBatch): string => received.payload.toString();

describe('a batch channel', () => {
  it('delivers batches in order with their lane, epoch and number, and acks them', async () => {
    const received: ReceivedBatch[] = [];
    const to = await loopback.receiver((each) => void received.push(each));
    const from = loopback.sender({ lane: 'läne', epoch: 7 });
    expect(send(from, 'one', '', 'three')).toEqual([true, true, true]);
    expect(await from.drained(5000)).toBe(true);
    expect(received.map((each) => [each.lane, each.epoch, each.seq, text(each)])).toEqual([
      ['läne', 7, 1, 'one'],
      ['läne', 7, 2, ''],
      ['läne', 7, 3, 'three'],
    ]);
    expect(from.stats()).toMatchObject({
      ackedSeq: 3,
      sentSeq: 3,
      queuedBatches: 0,
      queuedBytes: 0,
      connected: true,
    });
    expect(to.stats()).toMatchObject({ connections: 1, lanes: 1, batches: 3, bytes: 8, duplicates: 0 });
  });

  it('takes batches before there is a receiver', async () => {
    const from = loopback.sender();
    send(from, 'early');
    const received: string[] = [];
    await loopback.receiver((each) => void received.push(text(each)));
    expect(await from.drained(5000)).toBe(true);
    expect(received).toEqual(['early']);
  });

  it('leaves payloads untouched after the handler returned', async () => {
    const kept: Buffer[] = [];
    await loopback.receiver((each) => void kept.push(each.payload));
    const from = loopback.sender({ queueBytesMax: 64 * MIB });
    const sizes = Array.from({ length: 300 }, (_, index) => (index * 7919) % 100_000);
    for (const [index, size] of sizes.entries()) from.send(Buffer.alloc(size, index));
    expect(await from.drained(10_000)).toBe(true);
    expect(kept.map((each) => each.length)).toEqual(sizes);
    expect(kept.every((each, index) => each.equals(Buffer.alloc(each.length, index)))).toBe(true);
  });

  it('does not keep a large buffer alive for a small view of it', async () => {
    const large = Buffer.alloc(4096, 'a');
    const received: string[] = [];
    const from = loopback.sender();
    from.send(large.subarray(0, 3));
    large.fill('b');
    await loopback.receiver((each) => void received.push(text(each)));
    await from.drained(5000);
    expect(received).toEqual(['aaa']);
  });

  it('sends only what is un-acked to the next receiver', async () => {
    const first: string[] = [];
    const hang = gate();
    const older = await loopback.receiver(async (each) => {
      first.push(text(each));
      if (each.seq === 2) await hang.passed;
    });
    const disconnected: string[] = [];
    const from = loopback.sender({ handlers: { disconnected: (reason) => disconnected.push(reason) } });
    send(from, 'one', 'two', 'three');
    await eventually(() => from.stats().ackedSeq === 1 && first.length === 2, 'the first ack');
    const closed = older.close();
    hang.open();
    await closed;
    const second: string[] = [];
    await loopback.receiver((each) => void second.push(text(each)));
    expect(await from.drained(5000)).toBe(true);
    expect([first, second]).toEqual([['one', 'two'], ['three']]);
    expect(disconnected).toEqual(['closing']);
  });

  it('does not resend to the same receiver what that has, even when the ack was lost', async () => {
    const received: number[] = [];
    const to = await loopback.receiver((each) => void received.push(each.seq));
    const peer = new RawPeer(loopback.socketPath);
    await peer.write(Buffer.concat([rawHello('a', 1), rawBatch(1, 'x'), rawBatch(2, 'y')]));
    await eventually(() => to.stats().batches === 2, 'two batches');
    peer.close();
    const again = sockets.closing(new RawPeer(loopback.socketPath));
    await again.write(Buffer.concat([rawHello('a', 1), rawBatch(2, 'y'), rawBatch(3, 'z')]));
    await eventually(() => received.length === 3, 'the third batch');
    await eventually(() => again.frames().length > 0, 'the welcome');
    expect(again.frames()[0]!.body.readDoubleLE(1)).toBe(2);
    expect(received).toEqual([1, 2, 3]);
    expect(to.stats().duplicates).toBe(1);
  });

  it('does not answer a reconnect before the batch of the old connection has left the handler', async () => {
    const hang = gate();
    const received: number[] = [];
    await loopback.receiver(async (each) => {
      received.push(each.seq);
      await hang.passed;
    });
    const peer = new RawPeer(loopback.socketPath);
    await peer.write(Buffer.concat([rawHello('a', 1), rawBatch(1, 'x'), rawBatch(2, 'y')]));
    await eventually(() => received.length === 1, 'the first batch');
    peer.close();
    const again = sockets.closing(new RawPeer(loopback.socketPath));
    await again.write(rawHello('a', 1));
    // Another lane's answer shows that the receiver has had its chance to answer this one.
    const other = sockets.closing(new RawPeer(loopback.socketPath));
    await other.write(rawHello('b', 1));
    await eventually(() => other.frames().length === 1, 'the welcome of the other lane');
    expect(again.frames()).toEqual([]);
    hang.open();
    await eventually(() => again.frames().length === 1, 'the welcome');
    expect(again.frames()[0]!.body.readDoubleLE(1)).toBe(1);
    expect(received).toEqual([1]);
  });

  it('brings a batch again when its handler rejects, without an ack and without skipping it', async () => {
    const received: number[] = [];
    const errors: FlowError[] = [];
    const cause = new Error('disk full');
    const to = await loopback.receiver(() => undefined, {
      handlers: {
        batch: ({ seq }) => {
          received.push(seq);
          return seq === 2 && received.length < 4 ? Promise.reject(cause) : Promise.resolve();
        },
        failed: (error) => errors.push(error),
      },
    });
    const disconnected: string[] = [];
    const from = loopback.sender({ handlers: { disconnected: (reason) => disconnected.push(reason) } });
    send(from, 'one', 'two', 'three');
    expect(await from.drained(5000)).toBe(true);
    expect(received).toEqual([1, 2, 2, 2, 3]);
    expect(disconnected).toEqual(['batch-failed', 'batch-failed']);
    expect(errors.map((error) => [error.code, error.lane, error.cause])).toEqual([
      ['BATCH_FAILED', 'a', cause],
      ['BATCH_FAILED', 'a', cause],
    ]);
    expect(to.stats()).toMatchObject({ batches: 3, failedBatches: 2, refusedConnections: 0 });
  });

  it('gives the lane to the newer connection, and the older sender stays away', async () => {
    const opened: number[] = [];
    const closed: [number, DisconnectReason][] = [];
    const received: string[] = [];
    await loopback.receiver(() => undefined, {
      handlers: {
        batch: (each) => Promise.resolve(void received.push(text(each))),
        laneOpened: (_lane, epoch) => opened.push(epoch),
        laneClosed: (_lane, epoch, reason) => closed.push([epoch, reason]),
      },
    });
    const reasons: string[] = [];
    const timers: number[] = [];
    const clock = {
      nowMs: () => 0,
      setTimeout: (_run: () => void, delayMs: number) => timers.push(delayMs),
      clearTimeout: () => undefined,
    };
    const handlers = { disconnected: (reason: string) => void reasons.push(reason) };
    const older = loopback.sender({ epoch: 1, clock, handlers });
    await eventually(() => older.stats().connected, 'the older sender');
    const newer = loopback.sender({ epoch: 2 });
    await eventually(() => reasons.length === 1, 'the older to hear of it');
    send(older, 'from the older');
    send(newer, 'from the newer');
    expect(await newer.drained(5000)).toBe(true);
    expect(reasons).toEqual(['superseded']);
    // Not even a plan to connect again.
    expect(timers).toEqual([]);
    expect([opened, closed, received]).toEqual([[1, 2], [[1, 'superseded']], ['from the newer']]);
    expect(await older.close()).toEqual({ unackedBatches: 1, unackedBytes: 14 + BATCH_OVERHEAD_BYTES });
  });

  it('refuses to lose batches to an epoch that was used before', async () => {
    await loopback.receiver(() => undefined);
    const before = loopback.sender({ epoch: 5 });
    send(before, 'one', 'two');
    await before.drained(5000);
    await before.close();
    const reasons: string[] = [];
    const after = loopback.sender({ epoch: 5, handlers: { disconnected: (reason) => reasons.push(reason) } });
    send(after, 'another one', 'another two', 'three');
    await eventually(() => reasons.length === 1, 'the end of the connection');
    expect(reasons).toEqual(['epoch-reused']);
    expect(after.stats()).toMatchObject({ ackedSeq: 0, queuedBatches: 3, connected: false });
  });
});

describe('a batch sender', () => {
  it('refuses what does not fit, reports each spell once, and goes on when there is room', async () => {
    const reports: { batches: number; bytes: number }[] = [];
    const from = loopback.sender({
      queueBytesMax: 3 * (10 + BATCH_OVERHEAD_BYTES),
      handlers: { overflowed: (dropped) => reports.push(dropped) },
    });
    const ten = Buffer.alloc(10);
    expect([1, 2, 3, 4, 5].map(() => from.send(ten))).toEqual([true, true, true, false, false]);
    expect(from.stats()).toMatchObject({ queuedBytes: 3 * (10 + BATCH_OVERHEAD_BYTES), refusedBatches: 2 });
    expect(reports).toEqual([]);
    const seqs: number[] = [];
    await loopback.receiver((each) => void seqs.push(each.seq));
    await from.drained(5000);
    expect(from.send(ten)).toBe(true);
    expect(reports).toEqual([{ batches: 2, bytes: 20 }]);
    await from.drained(5000);
    expect(seqs).toEqual([1, 2, 3, 4]);
  });

  it('keeps no more in flight than its window, and one batch of any size', async () => {
    const hang = gate();
    const to = await loopback.receiver(() => hang.passed);
    const from = loopback.sender({ sentBytesMax: 1000, queueBytesMax: MIB });
    for (let index = 0; index < 50; index++) from.send(Buffer.alloc(300 - BATCH_OVERHEAD_BYTES));
    from.send(Buffer.alloc(5000));
    await eventually(() => from.stats().connected && to.stats().lanes === 1, 'the connection');
    expect(from.stats()).toMatchObject({ sentSeq: 3, ackedSeq: 0, queuedBatches: 51 });
    hang.open();
    expect(await from.drained(5000)).toBe(true);
  });

  it('writes no more than the socket takes, and goes on when that has room, without waiting for acks', async () => {
    const batch = Buffer.alloc(50_000);
    const options = { queueBytesMax: 64 * MIB, sentBytesMax: 64 * MIB };
    const hang = gate();
    const oneAtATime = await loopback.receiver(() => hang.passed);
    const blocked = loopback.sender(options);
    for (let index = 0; index < 200; index++) blocked.send(batch);
    await eventually(() => oneAtATime.stats().lanes === 1 && blocked.stats().connected, 'the connection');
    expect(blocked.stats().sentSeq).toBeLessThan(50);
    hang.open();
    loopback.next();
    const never = gate();
    await loopback.receiver(() => never.passed, { concurrentBatchesMax: 1000 });
    const flowing = loopback.sender(options);
    for (let index = 0; index < 200; index++) flowing.send(batch);
    await eventually(() => flowing.stats().sentSeq === 200, 'everything to be sent');
    expect(flowing.stats().ackedSeq).toBe(0);
    never.open();
  });

  it('says when draining takes too long, and how old the oldest batch is', async () => {
    let nowMs = 1000;
    const timers: (() => void)[] = [];
    const clock = {
      nowMs: () => nowMs,
      setTimeout: (run: () => void) => timers.push(run),
      clearTimeout: () => undefined,
    };
    const from = sockets.closing(
      new BatchSender({ socketPath: loopback.socketPath, lane: 'a', epoch: 1, queueBytesMax: MIB, clock }),
    );
    expect(await from.drained(5000)).toBe(true);
    send(from, 'one');
    nowMs += 250;
    send(from, 'two');
    expect(from.stats().oldestAgeMs).toBe(250);
    timers.length = 0;
    const drained = from.drained(5000);
    timers[0]!();
    expect(await drained).toBe(false);
    const unsettled = from.drained(5000);
    expect(await from.close()).toEqual({ unackedBatches: 2, unackedBytes: 6 + 2 * BATCH_OVERHEAD_BYTES });
    expect(await unsettled).toBe(false);
    expect(send(from, 'late')).toEqual([false]);
    expect(codeOf(() => from.start())).toBe('QUEUE_CLOSED');
  });

  it('waits longer after each failure, and starts over only when an ack arrived', async () => {
    const delays: number[] = [];
    const clock = {
      nowMs: () => 0,
      setTimeout: (run: () => void, delayMs: number) => {
        delays.push(delayMs);
        return setTimeout(run, Math.min(delayMs, 1));
      },
      clearTimeout: (timer: object | number | undefined) => clearTimeout(timer as NodeJS.Timeout),
    };
    const from = loopback.sender({ clock, random: () => 0.5, reconnectDelayMs: 100 });
    await eventually(() => delays.length >= 7, 'seven attempts');
    expect(delays.slice(0, 7)).toEqual([75, 150, 300, 600, 1200, 1500, 1500]);
    await loopback.receiver(({ seq }) => (seq === 2 ? Promise.reject(new Error('no')) : undefined));
    await eventually(() => from.stats().connected, 'a connection');
    delays.length = 0;
    send(from, 'taken', 'never taken');
    await eventually(() => delays.filter((delayMs) => delayMs < 1000).length >= 4, 'four rejections');
    expect(delays.filter((delayMs) => delayMs < 1000).slice(0, 4)).toEqual([75, 150, 300, 600]);
  });

  it.each([
    ['', 1],
    ['x'.repeat(257), 1],
    ['a', -1],
    ['a', 1.5],
    ['a', NaN],
  ])('refuses the lane %j with epoch %d', (lane, epoch) => {
    expect(() => new BatchSender({ socketPath: loopback.socketPath, lane, epoch, queueBytesMax: 1 })).toThrow(
      RangeError,
    );
  });
});
