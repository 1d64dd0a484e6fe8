import { LocalDoor, LocalVisitor } from '@org/flow';
import type { DoorVisitor, FlowError, LocalDoorOptions, LocalVisitorOptions } from '@org/flow';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { RawPeer } from './raw-peer.ts';
import { codeOf, eventually, TemporarySockets } from './temporary-sockets.ts';

const sockets = new TemporarySockets();
let socketPath = '';
beforeEach(() => (socketPath = sockets.next()));
afterEach(() => sockets.closeAll());
afterAll(() => sockets.remove());

interface Opened {
  readonly door: LocalDoor;
  readonly visitors: DoorVisitor[];
  readonly left: DoorVisitor[];
  readonly errors: string[];
}

async function open(options: Partial<LocalDoorOptions> = {}): Promise<Opened> {
  const visitors: DoorVisitor[] = [];
  const left: DoorVisitor[] = [];
  const errors: string[] = [];
  const handlers: LocalDoorOptions['handlers'] = {
    visited: (visitor) => visitors.push(visitor),
    left: (visitor) => left.push(visitor),
    failed: (error) => errors.push(error.code),
  };
  const door = sockets.closing(new LocalDoor({ socketPath, handlers, ...options }));
  await door.listen();
  return { door, visitors, left, errors };
}

interface Coming {
  readonly visitor: LocalVisitor;
  readonly messages: unknown[];
  readonly turns: string[];
}

function come(hello: unknown, options: Partial<LocalVisitorOptions> = {}): Coming {
  const messages: unknown[] = [];
  const turns: string[] = [];
  const handlers: LocalVisitorOptions['handlers'] = {
    message: (message) => messages.push(message),
    connected: () => turns.push('connected'),
    disconnected: (error?: FlowError) => turns.push(error?.code ?? 'disconnected'),
  };
  const visitor = sockets.closing(
    new LocalVisitor({ socketPath, hello, handlers, reconnectDelayMs: 2, ...options }),
  );
  visitor.start();
  return { visitor, messages, turns };
}

const LINE_BYTES_MAX = 64 * 1024;
/** A string whose JSON has this many bytes. */
const jsonOf = (bytes: number): string => 'x'.repeat(bytes - 2);

describe('a local door', () => {
  it('hears the hello of each visitor and tells each what it is to do', async () => {
    const { door, visitors } = await open();
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    const comers = ['ä\n', 'b'].map((name) => come({ name, pid: 1 }));
    await eventually(() => visitors.length === 2, 'both visitors');
    for (const visitor of visitors) {
      const { name } = visitor.hello as { name: string };
      expect(visitor.send({ order: 'drain', name })).toBe(true);
      expect(visitor.send([null, 1.5])).toBe(true);
    }
    await eventually(() => comers.every(({ messages }) => messages.length === 2), 'all messages');
    expect(comers.map(({ messages }) => messages)).toEqual([
      [{ order: 'drain', name: 'ä\n' }, [null, 1.5]],
      [{ order: 'drain', name: 'b' }, [null, 1.5]],
    ]);
    expect(door.stats()).toEqual({ visitors: 2, refusedVisitors: 0, droppedConnections: 0 });
  });

  it('says who left, and takes no word for one that is gone', async () => {
    const { door, visitors, left } = await open();
    const { visitor } = come('a');
    await eventually(() => visitors.length === 1, 'the visitor');
    await visitor.close();
    await eventually(() => left.length === 1, 'the visitor to leave');
    expect(left[0]).toBe(visitors[0]);
    expect(visitors[0]!.send('late')).toBe(false);
    expect(door.stats().visitors).toBe(0);
  });

  it('lets a visitor go after what it was sent, and sees it come again', async () => {
    const { visitors, left } = await open();
    const { messages, turns } = come('a');
    await eventually(() => visitors.length === 1, 'the visitor');
    visitors[0]!.send(jsonOf(LINE_BYTES_MAX));
    visitors[0]!.send('last');
    visitors[0]!.close();
    await eventually(() => visitors.length === 2, 'the visitor to come again');
    expect(messages).toEqual([jsonOf(LINE_BYTES_MAX), 'last']);
    expect(left).toEqual([visitors[0]]);
    expect(turns).toEqual(['connected', 'disconnected', 'connected']);
  });

  it('is found again at the same path when it goes and another one comes', async () => {
    const first = await open();
    const comers = [1, 2, 3].map((number) => come({ number }));
    await eventually(() => first.visitors.length === 3, 'the visitors');
    const second = open({ listenTimeoutMs: 5000 });
    for (const visitor of first.visitors) visitor.send('from the first');
    await first.door.close();
    const { visitors } = await second;
    await eventually(() => visitors.length === 3, 'the visitors at the second door');
    expect(first.left).toHaveLength(3);
    for (const visitor of visitors) visitor.send('from the second');
    await eventually(() => comers.every(({ messages }) => messages.length === 2), 'all messages');
    for (const { messages } of comers) expect(messages).toEqual(['from the first', 'from the second']);
    expect(new Set(visitors.map(({ hello }) => (hello as { number: number }).number))).toEqual(
      new Set([1, 2, 3]),
    );
  });

  it('is the only one at its path', async () => {
    const { door } = await open();
    await expect(open()).rejects.toMatchObject({ code: 'SOCKET_IN_USE' });
    await door.close();
    await open();
    await expect(door.listen()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
  });

  it.each<[string, string, string | Buffer]>([
    ['says no JSON', 'FRAME_CORRUPT', 'hello\n'],
    ['says nothing', 'FRAME_CORRUPT', '\n'],
    ['says no UTF-8', 'FRAME_CORRUPT', Buffer.from([0x22, 0xff, 0x22, 0x0a])],
    ['says a second line', 'FRAME_CORRUPT', '"hello"\n"again"\n'],
    ['says too long a line', 'FRAME_TOO_LARGE', `"${jsonOf(LINE_BYTES_MAX + 1)}"\n`],
    ['never ends its line', 'FRAME_TOO_LARGE', 'x'.repeat(LINE_BYTES_MAX + 1)],
  ])('closes only the visitor that %s', async (_what, code, bytes) => {
    const { door, visitors, errors } = await open();
    const good = come('good');
    await eventually(() => visitors.length === 1, 'the good visitor');
    const bad = new RawPeer(socketPath);
    await bad.write(Buffer.from(bytes));
    await bad.ended;
    expect(errors).toEqual([code]);
    visitors[0]!.send('still there');
    await eventually(() => good.messages.length === 1, 'the message');
    expect(good.turns).toEqual(['connected']);
    expect(door.stats()).toMatchObject({ visitors: 1, refusedVisitors: 1 });
  });

  it('takes a hello of 64 KiB, byte by byte or at once', async () => {
    const { visitors } = await open();
    come(jsonOf(LINE_BYTES_MAX));
    const slow = sockets.closing(new RawPeer(socketPath));
    for (const byte of Buffer.from('"slow"\n')) await slow.write(Buffer.of(byte));
    await eventually(() => visitors.length === 2, 'both visitors');
    expect(visitors.map(({ hello }) => (hello as string).length).toSorted((a, b) => a - b)).toEqual([
      4,
      LINE_BYTES_MAX - 2,
    ]);
  });

  it('closes a visitor that is silent, and one that does not read', async () => {
    const { visitors, left, errors } = await open({ helloTimeoutMs: 30 });
    const silent = new RawPeer(socketPath);
    await silent.ended;
    expect([errors, visitors.length]).toEqual([['FRAME_CORRUPT'], 0]);
    const deaf = sockets.closing(new RawPeer(socketPath));
    await deaf.write(Buffer.from('"deaf"\n'));
    await eventually(() => visitors.length === 1, 'the visitor');
    deaf.socket.pause();
    let sent = 0;
    while (visitors[0]!.send(jsonOf(LINE_BYTES_MAX))) sent++;
    expect(sent).toBeGreaterThan(10);
    expect(sent).toBeLessThan(64);
    expect([errors, left]).toEqual([['FRAME_CORRUPT', 'FRAME_TOO_LARGE'], visitors]);
  });

  it('drops visitors beyond its limit', async () => {
    const { door, visitors } = await open({ visitorsMax: 1 });
    come('first');
    await eventually(() => visitors.length === 1, 'the first visitor');
    await new RawPeer(socketPath).ended;
    await eventually(() => door.stats().droppedConnections === 1, 'the second to be dropped');
    expect(visitors).toHaveLength(1);
  });

  it('sends nothing that is no JSON or too long, and keeps the visitor', async () => {
    const { visitors } = await open();
    const { messages } = come('a');
    await eventually(() => visitors.length === 1, 'the visitor');
    expect(() => visitors[0]!.send(undefined)).toThrow(RangeError);
    expect(() => visitors[0]!.send(jsonOf(LINE_BYTES_MAX + 1))).toThrow(RangeError);
    expect(visitors[0]!.send('fine')).toBe(true);
    await eventually(() => messages.length === 1, 'the message');
  });
});

describe('a local visitor', () => {
  it('comes when there is a door, and stays away once it is closed', async () => {
    const { visitor, turns } = come('early');
    const { visitors } = await open();
    await eventually(() => visitors.length === 1, 'the visitor');
    expect(visitor.connected).toBe(true);
    await visitor.close();
    expect([visitor.connected, turns]).toEqual([false, ['connected', 'disconnected']]);
    expect(codeOf(() => visitor.start())).toBe('QUEUE_CLOSED');
  });

  it.each<[string, string, string]>([
    ['says no JSON', 'FRAME_CORRUPT', 'garbage\n'],
    ['never ends its line', 'FRAME_TOO_LARGE', 'x'.repeat(LINE_BYTES_MAX + 1)],
  ])('comes again when the door %s', async (_what, code, bytes) => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(accepted.push(socket) === 1 ? bytes : '"well"\n');
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    sockets.closing({ close: () => new Promise((resolve) => server.close(resolve)) });
    const { messages, turns } = come('a');
    await eventually(() => messages.length === 1, 'the message');
    expect([messages, turns]).toEqual([['well'], ['connected', code, 'connected']]);
  });

  it('waits longer after each failure', async () => {
    const delays: number[] = [];
    const clock = {
      nowMs: () => 0,
      setTimeout: (run: () => void, delayMs: number) => {
        delays.push(delayMs);
        return setTimeout(run, 1);
      },
      clearTimeout: (timer: object | number | undefined) => clearTimeout(timer as NodeJS.Timeout),
    };
    come('a', { clock, random: () => 0.5, reconnectDelayMs: 100 });
    await eventually(() => delays.length >= 6, 'six attempts');
    expect(delays.slice(0, 6)).toEqual([75, 150, 300, 600, 1200, 1500]);
  });

  it.each([undefined, jsonOf(LINE_BYTES_MAX + 1)])('refuses a hello that cannot be said', (hello) => {
    const make = (): unknown =>
      new LocalVisitor({ socketPath, hello, handlers: { message: () => undefined } });
    expect(make).toThrow(RangeError);
  });
});
