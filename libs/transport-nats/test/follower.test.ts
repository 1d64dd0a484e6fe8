import type { MergeHandlers } from '@org/continuity';
import { readRecordBatch, RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import {
  type Bus,
  encodeFrame,
  type ForwardFrame,
  PartitionedFollower,
  type PartitionedFollowerOptions,
  partitionOf,
  toMessages,
  type Wish,
  WishListener,
} from '@org/transport-nats';
import { until } from './cluster.ts';
import { PlayedJournal, SYMBOLS, tradeBatch } from './played-journal.ts';
import { itIn, type Scene, server } from './scene.ts';

const SYMBOL = SYMBOLS[0]!;
const PARTITION = partitionOf(SYMBOL, 4);
const UNCHAINED = `${SYMBOL}@bookTicker`;
const DEPTH = `${SYMBOL}@depth@100ms`;

/** A follower, and what it gave. */
class Followed {
  readonly follower: PartitionedFollower;
  readonly ids = new Map<string, number[]>();
  readonly types: number[] = [];
  readonly failures: unknown[] = [];

  constructor(bus: Bus, options: Partial<PartitionedFollowerOptions> = {}) {
    this.follower = new PartitionedFollower(bus, {
      merged: (batch) => this.#take(batch),
      mergeLimits: { holdMs: 100, aliveMs: 200 },
      handlers: { failed: (_, error) => this.failures.push(error) },
      failurePauseMs: 20,
      ...options,
    });
    this.follower.start();
  }

  last(symbol: string): number | undefined {
    return this.ids.get(symbol)?.at(-1);
  }

  #take(batch: Buffer): void {
    readRecordBatch(batch, ({ type, stream, order }) => {
      this.types.push(type);
      if (type !== RECORD_TYPE.frame || order === undefined) return;
      const symbol = stream.slice(0, stream.indexOf('@'));
      this.ids.set(symbol, [...(this.ids.get(symbol) ?? []), order]);
    });
  }
}

/** It reads from the end on, which it may have to find first: until it has something, more comes. */
async function hasBegun(followed: Followed, fill: (entries: number) => void): Promise<void> {
  await until(() => {
    if (followed.ids.size < SYMBOLS.length) fill(1);
    return followed.ids.size === SYMBOLS.length;
  });
}

/** Everything from the first on, once and in order. */
async function expectRest(followed: Followed, journal: PlayedJournal): Promise<void> {
  await until(
    () => SYMBOLS.every((symbol) => followed.last(symbol) === journal.sent.get(symbol)?.at(-1)),
    () => JSON.stringify(followed.follower.stats()),
  );
  for (const symbol of SYMBOLS) {
    const ids = followed.ids.get(symbol)!;
    expect(ids).toEqual(journal.sent.get(symbol)!.slice(-ids.length));
  }
}

async function publish(bus: Bus, frame: Partial<ForwardFrame>, number: number): Promise<void> {
  const whole = { node: 'n', incarnation: 'j', after: 0, through: 0, pieces: [], ...frame };
  const client = await bus.client();
  for (const message of toMessages(encodeFrame(whole), { run: '0011223344556677', number }, 1e5))
    await client.publish(bus.names.subject(PARTITION, whole.node), message);
}

/** One trade of the journal of a node; positions are ten times the ids. */
function tradeFrame(id: number, more: Partial<ForwardFrame> = {}): Partial<ForwardFrame> {
  const piece = { lane: 'w', epoch: 1, payload: tradeBatch([[SYMBOL, id]]), position: id * 10 };
  return { after: (id - 1) * 10, through: id * 10, pieces: [piece], ...more };
}

/** As a trade, of a stream whose events have an order and no chain. */
function unchainedFrame(id: number): Partial<ForwardFrame> {
  const builder = new RecordBatchBuilder(256);
  const meta = { stream: UNCHAINED, line: 0, connectionId: 1, receivedAtUs: 1.8e15 + id, order: id };
  builder.append({ type: RECORD_TYPE.frame, ...meta }, Buffer.from(`{"u":${id}}`));
  const piece = { lane: 'w', epoch: 1, payload: builder.take(), position: id * 10 };
  return { after: (id - 1) * 10, through: id * 10, pieces: [piece] };
}

/** Begins in the middle of a journal: with whatever id the follower meets first. */
async function beginning(followed: Followed, bus: Bus): Promise<number> {
  let id = 100;
  await until(async () => {
    await publish(bus, tradeFrame(++id), id);
    return followed.last(SYMBOL) !== undefined;
  });
  await until(() => followed.last(SYMBOL) === id);
  return id;
}

function snapshotFrame(after: number): Partial<ForwardFrame> {
  const builder = new RecordBatchBuilder(256);
  const meta = { stream: DEPTH, line: 0, connectionId: 1, receivedAtUs: 1e15 };
  builder.append({ type: RECORD_TYPE.depthSnapshot, ...meta }, Buffer.from('{"lastUpdateId":1}'));
  const piece = { lane: 'w', epoch: 1, payload: builder.take(), position: after + 1 };
  return { after, through: after + 1, pieces: [piece] };
}

function listening(bus: Bus): { readonly wishes: Wish[]; readonly close: () => Promise<void> } {
  const wishes: Wish[] = [];
  const listener = new WishListener(bus, (wish) => wishes.push(wish));
  listener.start();
  return { wishes, close: () => listener.close() };
}

/** As `itIn`, with an end for what it started. */
function itFollows(
  name: string,
  play: (scene: Scene, follow: (options?: Partial<PartitionedFollowerOptions>) => Followed) => Promise<void>,
): void {
  itIn(name, async (scene) => {
    const all: Followed[] = [];
    try {
      await play(scene, (options) => {
        const followed = new Followed(scene.cluster.bus(), options);
        all.push(followed);
        return followed;
      });
    } finally {
      await Promise.all(all.map(({ follower }) => follower.close()));
    }
  });
}

describe('a follower', () => {
  itFollows(
    'gives every record from its beginning on once while forwarders, a writer and the server come and go',
    async ({ cluster, journal, fill, folder, expectStored }, follow) => {
      const first = cluster.forwarder('n', journal);
      const writer = cluster.writer('a', folder);
      fill(20);
      const early = follow();
      await hasBegun(early, fill);
      await writer.close();
      await first.close();
      cluster.forwarder('n', journal);
      fill(50);
      await server().restart();
      fill(50);
      await expectRest(early, journal);
      const late = follow();
      await hasBegun(late, fill);
      cluster.writer('a', folder);
      fill(50);
      await expectRest(early, journal);
      await expectRest(late, journal);
      expect(late.ids.get(SYMBOL)!.length).toBeLessThan(early.ids.get(SYMBOL)!.length);
      expect([early.follower.stats().leaps, late.follower.stats().leaps]).toEqual([0, 0]);
      await expectStored();
    },
  );

  itFollows(
    'merges what several nodes bring of the same streams',
    async ({ cluster, journal, fill }, follow) => {
      const second = new PlayedJournal();
      const both = (entries: number): void => {
        fill(entries);
        for (let count = 0; count < entries; count++) second.add(SYMBOLS);
      };
      cluster.forwarder('n', journal);
      cluster.forwarder('m', second);
      const followed = follow({ mergeLimits: { holdMs: 5000 } });
      await hasBegun(followed, both);
      both(100);
      await expectRest(followed, journal);
      expect(followed.types).not.toContain(RECORD_TYPE.gap);
    },
  );

  itFollows(
    'takes frames that do not join as a new beginning, behind a gap, and asks nobody for what is missing',
    async ({ cluster }, follow) => {
      const bus = cluster.bus();
      const { wishes, close } = listening(bus);
      const gaps: (number | undefined)[][] = [];
      const gap: MergeHandlers['gap'] = ({ lastId, nextId }) => gaps.push([lastId, nextId]);
      const followed = follow({ mergeHandlers: { gap } });
      const id = await beginning(followed, bus);
      expect(followed.follower.stats().leaps).toBe(0);
      await publish(bus, tradeFrame(id + 3), id + 3);
      await until(() => followed.last(SYMBOL) === id + 3);
      // What a writer had sent again comes too late here.
      await publish(bus, tradeFrame(id + 1), id + 11);
      await publish(bus, tradeFrame(id + 4), id + 4);
      await until(() => followed.last(SYMBOL) === id + 4);
      expect(followed.follower.stats()).toMatchObject({ leaps: 1, repeats: 1 });
      expect(gaps).toEqual([[id, id + 3]]);
      expect(wishes).toEqual([]);
      await close();
    },
  );

  itFollows(
    'doubts what it has read across a leap, where no ids prove that it goes on',
    async (scene, follow) => {
      const bus = scene.cluster.bus();
      const gaps: (number | undefined)[][] = [];
      const gap: MergeHandlers['gap'] = ({ stream, lastId, nextId }) => {
        if (stream === UNCHAINED) gaps.push([lastId, nextId]);
      };
      const followed = follow({ mergeHandlers: { gap } });
      const id = await beginning(followed, bus);
      await publish(bus, unchainedFrame(id + 1), id + 1);
      await publish(bus, unchainedFrame(id + 2), id + 2);
      await publish(bus, unchainedFrame(id + 9), id + 9);
      await publish(bus, unchainedFrame(id + 10), id + 10);
      await until(() => followed.last(SYMBOL) === id + 10);
      expect(gaps).toEqual([[id + 2, id + 9]]);
    },
  );

  itFollows('is reading again, and says so, after the server was away', async ({ cluster }, follow) => {
    const bus = cluster.bus();
    const followed = follow();
    const id = await beginning(followed, bus);
    await server().kill();
    try {
      await until(() => followed.follower.stats().retries > 0);
    } finally {
      await server().restart();
    }
    const { answers } = followed.follower.stats();
    await until(() => followed.follower.stats().answers > answers);
    await publish(bus, tradeFrame(id + 1), id + 1);
    await until(() => followed.last(SYMBOL) === id + 1);
    expect(followed.follower.stats().leaps).toBe(0);
  });

  itFollows('goes on behind a message that nobody of us wrote', async ({ cluster }, follow) => {
    const bus = cluster.bus();
    const malformed: string[] = [];
    const followed = follow({ handlers: { malformed: (_, problem) => malformed.push(problem) } });
    const id = await beginning(followed, bus);
    await (await bus.client()).publish(bus.names.subject(PARTITION, 'n'), 'what is that?');
    await publish(bus, tradeFrame(id + 1), id + 1);
    await until(() => followed.last(SYMBOL) === id + 1);
    expect(malformed).toEqual([expect.stringMatching(/p\d\d\.n at \d+: message: of 13 bytes/)]);
    expect(followed.follower.stats()).toMatchObject({ malformed: 1, leaps: 0 });
  });

  itFollows('wishes for a snapshot until one came', async ({ cluster }, follow) => {
    const bus = cluster.bus();
    const { wishes, close } = listening(bus);
    const followed = follow();
    const id = await beginning(followed, bus);
    followed.follower.wishSnapshot(DEPTH);
    followed.follower.wishSnapshot(DEPTH);
    await until(() => wishes.length > 0);
    expect(wishes).toEqual([{ kind: 'depthSnapshot', stream: DEPTH }]);
    await publish(bus, snapshotFrame(id * 10), id + 1);
    await until(() => followed.types.includes(RECORD_TYPE.depthSnapshot));
    // It is no repetition of an open wish any more.
    followed.follower.wishSnapshot(DEPTH);
    await until(() => wishes.length === 2);
    await close();
  });

  itFollows(
    'says that the server was set up for other partitions, and tries again',
    async ({ cluster }, follow) => {
      await cluster.bus({ partitions: 8 }).provision();
      const { failures, follower } = follow();
      await until(() => failures.length > 4);
      expect(failures[0]).toMatchObject({ code: 'LAYOUT_MISMATCH' });
      expect(follower.stats().messages).toBe(0);
    },
  );
});
