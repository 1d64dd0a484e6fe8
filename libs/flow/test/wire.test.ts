import fc from 'fast-check';
import { BatchReceiver, BatchSender } from '@org/flow';
import type { BatchReceiverOptions, FlowError } from '@org/flow';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { f64, rawBatch, rawFrame, rawHello, RawPeer } from './raw-peer.ts';
import { eventually, TemporarySockets } from './temporary-sockets.ts';

const sockets = new TemporarySockets();
afterEach(() => sockets.closeAll());
afterAll(() => sockets.remove());

interface Recording {
  readonly socketPath: string;
  readonly receiver: BatchReceiver;
  readonly batches: string[];
  readonly errors: FlowError[];
}

async function record(options: Partial<BatchReceiverOptions> = {}): Promise<Recording> {
  const socketPath = sockets.next();
  const batches: string[] = [];
  const errors: FlowError[] = [];
  const handlers: BatchReceiverOptions['handlers'] = {
    batch: ({ lane, seq, payload }) => {
      batches.push(`${lane} ${seq} ${payload.toString()}`);
      return Promise.resolve();
    },
    failed: (error) => errors.push(error),
  };
  const receiver = sockets.closing(new BatchReceiver({ socketPath, handlers, ...options }));
  await receiver.listen();
  return { socketPath, receiver, batches, errors };
}

const WELCOME_NOTHING_KNOWN = rawFrame(2, Buffer.of(1), f64(0));
const ackOf = (seq: number): Buffer => rawFrame(4, f64(seq));

describe('the wire format', () => {
  it('is hello, welcome, batches and acks, to the byte', async () => {
    const { socketPath, batches } = await record();
    const peer = sockets.closing(new RawPeer(socketPath));
    await peer.write(Buffer.concat([rawHello('a', 9), rawBatch(1, 'x'), rawBatch(2, 'y')]));
    await eventually(() => peer.received.subarray(-13).equals(ackOf(2)), 'the last ack');
    expect(peer.received.subarray(0, 14)).toEqual(WELCOME_NOTHING_KNOWN);
    expect(batches).toEqual(['a 1 x', 'a 2 y']);
  });

  it('reads the same however the bytes are split', async () => {
    const { socketPath, batches } = await record();
    const bytes = (lane: string): Buffer =>
      Buffer.concat([rawHello(lane, 1), rawBatch(1, 'first'), rawBatch(2, '')]);
    const lanes = Array.from({ length: bytes('00').length + 1 }, (_, at) => String(at).padStart(2, '0'));
    await Promise.all(
      lanes.map(async (lane, at) => {
        const peer = sockets.closing(new RawPeer(socketPath));
        await peer.write(bytes(lane).subarray(0, at));
        await new Promise((resolve) => setImmediate(resolve));
        await peer.write(bytes(lane).subarray(at));
        await eventually(() => peer.received.subarray(-13).equals(ackOf(2)), `the ack, cut at byte ${at}`);
      }),
    );
    expect(batches.toSorted()).toEqual(lanes.flatMap((lane) => [`${lane} 1 first`, `${lane} 2 `]));
  });

  it('reads the same one byte at a time', async () => {
    const { socketPath, batches } = await record();
    const peer = sockets.closing(new RawPeer(socketPath));
    peer.socket.setNoDelay();
    for (const byte of Buffer.concat([rawHello('a', 1), rawBatch(1, 'slow')]))
      await peer.write(Buffer.of(byte));
    await eventually(() => batches.length === 1, 'the batch');
    expect(batches).toEqual(['a 1 slow']);
  });
});

describe('a receiver whose peer breaks the protocol', () => {
  const hello = rawHello('bad', 1);
  it.each<[string, string, number, Buffer]>([
    ['says another version', 'VERSION_MISMATCH', 5, rawHello('bad', 1, 2)],
    ['sends a batch before its hello', 'FRAME_CORRUPT', 4, rawBatch(1, 'x')],
    ['says hello twice', 'FRAME_CORRUPT', 4, Buffer.concat([hello, hello])],
    ['sends a frame of a type that nobody knows', 'FRAME_CORRUPT', 4, Buffer.concat([hello, rawFrame(99)])],
    ['sends a frame without a type', 'FRAME_CORRUPT', 4, Buffer.alloc(4)],
    [
      'announces a frame that is too large',
      'FRAME_TOO_LARGE',
      4,
      Buffer.concat([hello, Buffer.alloc(4, 255)]),
    ],
    ['leaves a hole', 'SEQUENCE_HOLE', 4, Buffer.concat([hello, rawBatch(1, 'x'), rawBatch(3, 'z')])],
    ['numbers a batch 0', 'FRAME_CORRUPT', 4, Buffer.concat([hello, rawBatch(0, 'x')])],
    ['numbers a batch 1.5', 'FRAME_CORRUPT', 4, Buffer.concat([hello, rawBatch(1.5, 'x')])],
    [
      'sends a batch without a number',
      'FRAME_CORRUPT',
      4,
      Buffer.concat([hello, rawFrame(3, Buffer.of(1, 2, 3))]),
    ],
    ['names no lane', 'FRAME_CORRUPT', 4, rawHello('', 1)],
    ['names a lane of 257 bytes', 'FRAME_CORRUPT', 4, rawHello('x'.repeat(257), 1)],
    ['says an epoch that is no number', 'FRAME_CORRUPT', 4, rawHello('bad', NaN)],
  ])('closes only the connection that %s', async (_what, code, reason, bytes) => {
    const { socketPath, receiver, batches, errors } = await record();
    const good = sockets.closing(
      new BatchSender({ socketPath, lane: 'good', epoch: 1, queueBytesMax: 1000 }),
    );
    good.start();
    good.send(Buffer.from('before'));
    await good.drained(5000);
    const bad = new RawPeer(socketPath);
    await bad.write(bytes);
    await bad.ended;
    expect(errors.map((error) => error.code)).toEqual([code]);
    expect(bad.frames().at(-1)).toEqual({ type: 7, body: Buffer.of(reason) });
    good.send(Buffer.from('after'));
    expect(await good.drained(5000)).toBe(true);
    expect(batches.filter((each) => each.startsWith('good'))).toEqual(['good 1 before', 'good 2 after']);
    expect(good.stats().connected).toBe(true);
    expect(receiver.stats()).toMatchObject({ connections: 1, refusedConnections: 1 });
  });

  it('survives any bytes at all', async () => {
    const { socketPath, batches } = await record({ frameBytesMax: 4096 });
    const good = sockets.closing(
      new BatchSender({ socketPath, lane: 'good', epoch: 1, queueBytesMax: 10_000 }),
    );
    good.start();
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      // Garbage in the dress of frames gets further in.
      fc
        .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.uint8Array({ maxLength: 40 })), { maxLength: 5 })
        .map((frames) =>
          Buffer.concat([
            rawHello('x', 1),
            ...frames.map(([type, body]) => rawFrame(type, Buffer.from(body))),
          ]),
        ),
    );
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(garbage, async (bytes) => {
        const peer = new RawPeer(socketPath);
        await peer.write(Buffer.from(bytes));
        peer.socket.end();
        await peer.ended;
        sent++;
        expect(good.send(Buffer.from(`${sent}`))).toBe(true);
        expect(await good.drained(5000)).toBe(true);
      }),
      { numRuns: 100 },
    );
    expect(batches.filter((each) => each.startsWith('good'))).toHaveLength(sent);
  });
});

describe('a sender whose peer breaks the protocol', () => {
  const welcome = WELCOME_NOTHING_KNOWN;
  it.each<[string, string, Buffer]>([
    ['says another version', 'version', rawFrame(2, Buffer.of(2), f64(0))],
    ['acks before its welcome', 'protocol', ackOf(1)],
    ['acks what was never sent', 'protocol', Buffer.concat([welcome, ackOf(5)])],
    ['welcomes twice', 'protocol', Buffer.concat([welcome, welcome])],
    ['sends garbage', 'protocol', Buffer.alloc(100, 255)],
  ])('connects again when that %s', async (_what, expected, bytes) => {
    const socketPath = sockets.next();
    const accepted: Socket[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
      accepted.push(socket);
      socket.write(accepted.length === 1 ? bytes : welcome);
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    sockets.closing({ close: () => new Promise((resolve) => server.close(resolve)) });
    const reasons: string[] = [];
    const handlers = { disconnected: (reason: string) => void reasons.push(reason) };
    const from = new BatchSender({
      socketPath,
      lane: 'a',
      epoch: 1,
      queueBytesMax: 1000,
      reconnectDelayMs: 2,
      handlers,
    });
    sockets.closing(from);
    from.start();
    from.send(Buffer.from('kept'));
    await eventually(() => accepted.length === 2 && from.stats().connected, 'the second connection');
    expect(reasons).toEqual([expected]);
    expect(from.stats()).toMatchObject({ ackedSeq: 0, queuedBatches: 1 });
  });
});
