import { FlowError, TailPublisher, TailReader } from '@org/flow';
import type { TailEntry, TailPublisherHandlers, TailPublisherOptions, TailReaderOptions } from '@org/flow';
import { HandLog } from './hand-log.ts';
import { f64, rawFrame, RawPeer } from './raw-peer.ts';
import { eventually, TemporarySockets } from './temporary-sockets.ts';

const sockets = new TemporarySockets();
let socketPath = '';
let log = new HandLog();

beforeEach(() => {
  socketPath = sockets.next();
  log = new HandLog();
});
afterEach(() => sockets.closeAll());
afterAll(() => sockets.remove());

interface Heard {
  readonly taken: number[];
  readonly committed: string[];
  readonly left: string[];
  readonly failed: string[];
}

async function publisher(
  options: Partial<TailPublisherOptions> = {},
  handlers: Partial<TailPublisherHandlers> = {},
): Promise<{ tail: TailPublisher; heard: Heard }> {
  const heard: Heard = { taken: [], committed: [], left: [], failed: [] };
  const tail = sockets.closing(
    new TailPublisher({
      socketPath,
      ...options,
      handlers: {
        follow: (request) => log.follow(request),
        taken: (_, position) => void heard.taken.push(position),
        committed: (name, position) => void heard.committed.push(`${name} ${position}`),
        mark: () => Promise.resolve(log.put('mark')),
        left: (name, reason) => void heard.left.push(`${name} ${reason}`),
        failed: ({ code }) => void heard.failed.push(code),
        ...handlers,
      },
    }),
  );
  await tail.listen();
  return { tail, heard };
}

const reader = (options: Partial<TailReaderOptions> = {}): TailReader =>
  sockets.closing(new TailReader({ socketPath, name: 'a', from: 0, reconnectDelayMs: 2, ...options }));

const texts = (entries: readonly TailEntry[]): string[] => entries.map(({ payload }) => payload.toString());

async function read(from: TailReader, count: number): Promise<TailEntry[]> {
  const entries: TailEntry[] = [];
  while (entries.length < count) entries.push(...(await from.next(1)));
  return entries;
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => (error as { code?: unknown }).code,
  );

describe('a tail', () => {
  it('brings every entry as it is, from the position that was asked for, and what comes later', async () => {
    const { heard } = await publisher();
    const from = log.put('one', { lane: 'worker-1/3', epoch: 7 });
    log.put('two', { lane: 'λane', epoch: 2 ** 52 });
    const tail = reader({ from });
    expect(await tail.open()).toBe(from);
    const [two] = await read(tail, 1);
    expect(two).toEqual({ lane: 'λane', epoch: 2 ** 52, position: log.end, payload: Buffer.from('two') });
    const waiting = tail.next(1);
    log.put('three');
    expect(texts(await waiting)).toEqual(['three']);
    tail.committed(log.end);
    await eventually(() => heard.committed.length > 0, 'the commit is told');
    expect(heard.committed).toEqual([`a ${log.end}`]);
  });

  it('hands out as much as is asked for, and at least one entry', async () => {
    await publisher();
    for (const text of ['12345', '67', '8', '90123']) log.put(text);
    const tail = reader();
    await tail.open();
    await eventually(() => log.readTo === log.end, 'everything was sent');
    const chunks: string[][] = [];
    for (let left = 4; left > 0; left -= chunks.at(-1)!.length) chunks.push(texts(await tail.next(3)));
    expect(chunks.flat()).toEqual(['12345', '67', '8', '90123']);
    expect(chunks.every((chunk) => chunk.length === 1 || chunk.join('').length <= 3)).toBe(true);
  });

  it('begins with what comes when no position is asked for', async () => {
    await publisher();
    log.put('before');
    const tail = reader({ from: undefined });
    expect(await tail.open()).toBe(log.end);
    log.put('after');
    expect(texts(await tail.next(100))).toEqual(['after']);
  });

  it('marks the first entry when what lay before it is gone, also when the line is cut meanwhile', async () => {
    const { tail: first } = await publisher();
    const from = log.put('asked for');
    log.put('gone');
    log.put('here');
    log.put('there');
    log.forgetTo(from + 4);
    const tail = reader({ from });
    expect(await tail.open()).toBe(log.oldest);
    first.cut('a');
    await eventually(() => log.follows === 2, 'it asks again');
    const entries = await read(tail, 2);
    expect(entries.map(({ afterDamage }) => afterDamage)).toEqual([true, undefined]);
  });

  it('has no more on its way than its window, whoever does not read', async () => {
    await publisher({ windowBytes: 1000, readBytes: 300 });
    for (let index = 0; index < 100; index++) log.put('x'.repeat(90));
    const tail = reader();
    await tail.open();
    await eventually(() => log.readTo > 600, 'the window is full');
    await new Promise((resolve) => setTimeout(resolve, 20));
    const entryBytes = 120;
    expect(log.readTo).toBeLessThanOrEqual(Math.ceil(1000 / entryBytes) * 100);
    expect(await read(tail, 100)).toHaveLength(100);
  });

  it('sends an entry that is larger than the window alone', async () => {
    await publisher({ windowBytes: 10, readBytes: 10 });
    log.put('x'.repeat(5000));
    log.put('y'.repeat(5000));
    const tail = reader();
    await tail.open();
    expect(texts(await read(tail, 2)).map((text) => text.length)).toEqual([5000, 5000]);
  });

  it('tells what was taken when the next is asked for', async () => {
    const { heard } = await publisher();
    const first = log.put('one');
    const tail = reader();
    await tail.open();
    await tail.next(1);
    expect(heard.taken).toEqual([]);
    const waiting = tail.next(1);
    await eventually(() => heard.taken.length === 1, 'it is told');
    expect(heard.taken).toEqual([first]);
    await tail.close();
    expect(await waiting).toEqual([]);
  });

  it('finds the end by a mark, and loses the answer with the line', async () => {
    let mark = (): Promise<number> => Promise.resolve(log.put('mark'));
    await publisher({}, { mark: () => mark() });
    const tail = reader();
    expect(await failureOf(tail.mark())).toBe('TAIL_LOST');
    await tail.open();
    log.put('one');
    const end = await tail.mark();
    expect(end).toBe(log.end);
    expect(texts(await read(tail, 2))).toEqual(['one', 'mark']);
    mark = () => Promise.reject(new Error('no room'));
    expect(await failureOf(tail.mark())).toBe('TAIL_LOST');
    log.put('two');
    expect(texts(await read(tail, 1))).toEqual(['two']);
  });

  it('goes on where it was with the next publisher, and tells it again what is committed', async () => {
    const first = await publisher();
    log.put('one');
    log.put('two');
    const tail = reader();
    await tail.open();
    expect(texts(await read(tail, 1))).toEqual(['one']);
    tail.committed(5);
    await first.tail.close();
    log.put('three');
    const { heard } = await publisher();
    expect(texts(await read(tail, 2))).toEqual(['two', 'three']);
    await eventually(() => heard.committed.length === 1, 'the commit is told again');
    expect(heard.committed).toEqual(['a 5']);
  });

  it('gives a name to whoever came last', async () => {
    const { tail: desk, heard } = await publisher();
    const [older, newer] = [reader(), reader()];
    await older.open();
    const waiting = failureOf(older.next(1));
    await newer.open();
    expect(await waiting).toBe('READER_REFUSED');
    expect(await failureOf(older.next(1))).toBe('READER_REFUSED');
    log.put('one');
    expect(texts(await newer.next(1))).toEqual(['one']);
    expect(heard.left).toEqual([]);
    expect([desk.has('a'), desk.has('b')]).toEqual([true, false]);
    await newer.close();
    await eventually(() => heard.left.length === 1, 'it left');
    expect(heard.left).toEqual(['a closing']);
  });

  it.each([
    ['READER_REFUSED', 'READER_REFUSED'],
    ['POSITION_UNKNOWN', 'POSITION_UNKNOWN'],
  ] as const)('refuses a reader with %s for good', async (code, expected) => {
    const refuse = (): never => {
      throw new FlowError(code, 'refused');
    };
    const { heard } = await publisher({}, { follow: refuse });
    const tail = reader();
    expect(await failureOf(tail.open())).toBe(expected);
    expect(await failureOf(tail.next(1))).toBe(expected);
    expect(heard.failed).toEqual([code]);
  });

  it('ends a reader whose log cannot be read, and serves it again', async () => {
    const { heard } = await publisher();
    const tail = reader();
    log.failNext = true;
    await tail.open();
    log.put('one');
    expect(texts(await read(tail, 1))).toEqual(['one']);
    expect(heard.failed).toEqual(['TAIL_LOST']);
  });

  it('closes what is no reader, and serves the others', async () => {
    const { heard } = await publisher();
    const tail = reader();
    await tail.open();
    const follow = rawFrame(8, Buffer.of(1, 1), f64(0), Buffer.from('raw'));
    const nonsense: readonly (readonly Buffer[])[] = [
      [rawFrame(12, f64(1))],
      [rawFrame(8, Buffer.of(9, 1), f64(0), Buffer.from('raw'))],
      [rawFrame(8, Buffer.of(1, 1), f64(0))],
      [rawFrame(8, Buffer.of(1, 1), f64(-1), Buffer.from('raw'))],
      [follow, follow],
      [follow, rawFrame(11, f64(1), f64(0))],
      [follow, rawFrame(11, f64(0), f64(1e9))],
      [follow, rawFrame(12, Buffer.of(1))],
      [rawFrame(8, Buffer.alloc(4000))],
    ];
    for (const [index, frames] of nonsense.entries()) {
      const peer = sockets.closing(new RawPeer(socketPath));
      await peer.write(Buffer.concat(frames));
      await peer.ended;
      expect(heard.failed).toHaveLength(index + 1);
    }
    log.put('one');
    expect(texts(await tail.next(1))).toEqual(['one']);
  });

  it('has names that can be said', () => {
    expect(() => new TailReader({ socketPath, name: '', from: 0 })).toThrow(RangeError);
    expect(() => new TailReader({ socketPath, name: 'x'.repeat(257), from: 0 })).toThrow(RangeError);
  });

  it('is closed whatever it waits for', async () => {
    const waiting = reader();
    const opening = failureOf(waiting.open());
    await waiting.close();
    expect(await opening).toBe('QUEUE_CLOSED');
    expect(await waiting.next(1)).toEqual([]);
  });
});
