import * as fc from 'fast-check';
import { readRecordBatch, RECORD_TYPE, RecordBatchBuilder, RecordBatchError } from '@org/storage';
import {
  decideSettling,
  decodeCursor,
  decodeFrame,
  decodeWish,
  encodeCursor,
  encodeFrame,
  encodeWish,
  fairShare,
  FIRST_CURSOR,
  FrameAssembler,
  judgeServer,
  Lease,
  NodeIntake,
  partitionOf,
  PartitionQueue,
  planLeases,
  splitBatch,
  StreamPartitions,
  SurplusWait,
  toMessages,
  TransportNatsError,
  type Piece,
  type ServerFacts,
} from '@org/transport-nats';
import { SYMBOLS, tradeBatch } from './played-journal.ts';

/** Of SYMBOLS, among sixteen. */
const KNOWN_PARTITIONS = [11, 13, 2, 11, 13, 10, 4, 12];
const symbols = fc.constantFrom(...SYMBOLS);
const payloads = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

function textsOf(batch: Buffer): string[] {
  const texts: string[] = [];
  readRecordBatch(batch, ({ stream, order, bytes, payloadStart, payloadEnd }) =>
    texts.push(`${stream} ${order} ${bytes.toString('utf8', payloadStart, payloadEnd)}`),
  );
  return texts;
}

/** Pieces with growing positions. */
const pieceLists = fc
  .array(
    fc.record({
      lane: fc.string({ maxLength: 12, unit: 'grapheme' }),
      epoch: fc.nat(),
      payload: payloads,
      step: fc.integer({ min: 1, max: 1000 }),
      afterDamage: fc.boolean(),
    }),
    { maxLength: 20 },
  )
  .map((list) => {
    let position = 0;
    return list.map(({ step, afterDamage, ...piece }): Piece => {
      position += step;
      return { ...piece, position, ...(afterDamage && { afterDamage }) };
    });
  });

describe('the partition of a symbol', () => {
  it('never changes: these are on disks', () => {
    expect(SYMBOLS.map((symbol) => partitionOf(symbol, 16))).toEqual(KNOWN_PARTITIONS);
  });

  it('is evenly spread over six hundred symbols', () => {
    const counts = new Array<number>(16).fill(0);
    for (let index = 0; index < 600; index++) counts[partitionOf(`SYM${index}USDT`, 16)]!++;
    expect(Math.max(...counts)).toBeLessThan(2 * (600 / 16));
    expect(Math.min(...counts)).toBeGreaterThan(10);
  });
});

describe('splitBatch', () => {
  it('gives each partition its records, in their order, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(symbols, fc.nat({ max: 999 })), { minLength: 1 }),
        fc.integer({ min: 1, max: 9 }),
        (trades, partitions) => {
          const batch = tradeBatch(trades);
          const { parts, damage } = splitBatch(batch, new StreamPartitions(partitions));
          expect(damage).toBeUndefined();
          const all = textsOf(batch);
          for (let partition = 0; partition < partitions; partition++) {
            const wanted = all.filter(
              (text) => partitionOf(text.slice(0, text.indexOf('@')), partitions) === partition,
            );
            const part = parts.get(partition);
            expect(part === undefined ? [] : textsOf(part)).toEqual(wanted);
          }
          if (parts.size === 1) expect([...parts.values()][0]).toBe(batch);
        },
      ),
    );
  });

  it('leaves ticks out', () => {
    const builder = new RecordBatchBuilder(64);
    builder.append(
      { type: RECORD_TYPE.tick, stream: '', receivedAtUs: 5, line: 0, connectionId: 0 },
      Buffer.alloc(0),
    );
    expect(splitBatch(builder.take(), new StreamPartitions(4)).parts.size).toBe(0);
  });

  it('gives every partition a damaged batch of a damaged one, behind what could be read', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(symbols, fc.nat({ max: 999 }))), fc.nat(), (trades, cut) => {
        const batch = Buffer.concat([tradeBatch(trades), Buffer.from([9, 0, 0, 0])]);
        const { parts, damage } = splitBatch(
          batch.subarray(0, batch.length - (cut % 4)),
          new StreamPartitions(4),
        );
        expect(damage).toBeInstanceOf(RecordBatchError);
        const read: string[] = [];
        expect(parts.size).toBe(4);
        for (const part of parts.values())
          expect(() => readRecordBatch(part, ({ stream }) => read.push(stream))).toThrow(RecordBatchError);
        expect(read.length).toBe(trades.length);
      }),
    );
  });
});

describe('a frame', () => {
  it('is read as it was written, also through messages of any size', () => {
    fc.assert(
      fc.property(
        pieceLists,
        fc.integer({ min: 18, max: 400 }),
        fc.nat({ max: 50 }),
        (pieces, messageBytes, extra) => {
          const through = (pieces.at(-1)?.position ?? 0) + extra;
          const frame = { node: 'tokyo-1', incarnation: 'a1', after: 0, through, pieces };
          const messages = toMessages(
            encodeFrame(frame),
            { run: '0123456789abcdef', number: 7 },
            messageBytes,
          );
          const assembler = new FrameAssembler();
          const whole = messages.map((message, index) => assembler.take(message, index + 1));
          expect(messages.every(({ length }) => length <= messageBytes)).toBe(true);
          expect(whole.slice(0, -1).every((part) => part === undefined)).toBe(true);
          expect(decodeFrame(whole.at(-1)!)).toEqual(frame);
          expect(assembler.openSequence).toBeUndefined();
        },
      ),
    );
  });

  it('is refused when any byte of it was altered', () => {
    fc.assert(
      fc.property(pieceLists, fc.nat(), fc.integer({ min: 1, max: 255 }), (pieces, at, change) => {
        const through = pieces.at(-1)?.position ?? 0;
        const bytes = encodeFrame({ node: 'n', incarnation: 'i', after: 0, through, pieces });
        bytes[at % bytes.length]! ^= change;
        expect(() => decodeFrame(bytes)).toThrow(TransportNatsError);
      }),
    );
  });

  it('is refused, not crashed on, when it is any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeFrame(Buffer.from(bytes))).toThrow(TransportNatsError);
      }),
    );
  });

  it('is put together only from its own messages, each once, in order', () => {
    const messages = (number: number) =>
      toMessages(Buffer.alloc(100, number), { run: '0123456789abcdef', number }, 60);
    const [first, second] = [messages(1), messages(2)];
    const assembler = new FrameAssembler();
    expect(first.length).toBeGreaterThan(2);
    expect(assembler.take(first[1]!, 1)).toBeUndefined();
    expect(assembler.take(first[0]!, 2)).toBeUndefined();
    expect(assembler.openSequence).toBe(2);
    expect(assembler.take(first[0]!, 3)).toBeUndefined();
    expect(assembler.take(second[0]!, 4)).toBeUndefined();
    for (const message of second.slice(1, -1)) expect(assembler.take(message, 5)).toBeUndefined();
    expect(assembler.take(first.at(-1)!, 6)).toBeUndefined();
    expect(assembler.take(second.at(-1)!, 7)).toBeUndefined();
  });
});

describe('what goes out and what is taken in', () => {
  it('is every piece once, however the frames of several readings are cut, repeated and lost', () => {
    const readings = fc.array(
      fc.record({
        messageBytes: fc.integer({ min: 1, max: 300 }),
        from: fc.nat(),
        lost: fc.array(fc.boolean(), { maxLength: 30 }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(pieceLists, readings, (pieces, runs) => {
        let intake = new NodeIntake({});
        const taken: Piece[] = [];
        const end = pieces.at(-1)?.position ?? 0;
        // The last reading loses nothing, as the forwarder reads again until nothing is missing.
        for (const { messageBytes, from, lost } of [...runs, { messageBytes: 99, from: 0, lost: [] }]) {
          const known = intake.taken['n']?.[0]?.position ?? 0;
          const queue = new PartitionQueue(known === 0 ? 0 : from % (known + 1));
          for (const piece of pieces) queue.push(piece, 0);
          for (let count = 0; queue.length > 0; count++) {
            const content = queue.take(messageBytes, end);
            if (lost[count] === true) continue;
            const result = intake.take({ node: 'n', incarnation: 'i', ...content });
            if (result.kind === 'take') taken.push(...result.pieces);
          }
          // A writer that takes over knows what its predecessor has stored, as text.
          intake = new NodeIntake(
            decodeCursor('k', encodeCursor({ ...FIRST_CURSOR, nodes: intake.taken })).nodes,
          );
        }
        expect(taken).toEqual(pieces);
      }),
    );
  });

  it('keeps journals of one node apart, and remembers no more than four', () => {
    const intake = new NodeIntake({});
    for (const incarnation of ['a', 'b', 'a', 'c', 'd', 'e'])
      intake.take({ node: 'n', incarnation, after: 0, through: 10, pieces: [] });
    expect(intake.taken['n']!.map(({ incarnation }) => incarnation)).toEqual(['e', 'd', 'c', 'b']);
  });
});

describe('shares of partitions', () => {
  const members = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 });

  it('sum up to all partitions, and differ by one at most', () => {
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 64 }), (names, partitions) => {
        const shares = names.map((self) => fairShare(self, names, partitions));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(partitions);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('are reached from any distribution, and then nothing moves', () => {
    fc.assert(
      fc.property(
        members,
        fc.array(fc.option(fc.nat({ max: 4 })), { minLength: 16, maxLength: 16 }),
        (names, start) => {
          const owners = start.map((at) => (at === null ? undefined : names[at % names.length]));
          for (let round = 0; round < 3; round++)
            for (const self of names) {
              const own = owners.flatMap((owner, partition) => (owner === self ? partition : []));
              const held = new Set(
                owners.flatMap((owner, partition) => (owner === undefined ? [] : partition)),
              );
              const plan = planLeases({ self, members: names, partitions: 16, held, own });
              for (const partition of plan.surplus) owners[partition] = undefined;
              for (const partition of plan.take) owners[partition] = self;
              if (round === 2) expect(plan).toEqual({ take: [], surplus: [] });
            }
          expect(owners).not.toContain(undefined);
        },
      ),
    );
  });

  it('are given back only when the surplus has lasted', () => {
    const wait = new SurplusWait(100);
    expect([
      wait.hasLasted(1, 0),
      wait.hasLasted(1, 99),
      wait.hasLasted(0, 100),
      wait.hasLasted(1, 150),
    ]).toEqual([false, false, false, false]);
    expect([wait.hasLasted(1, 249), wait.hasLasted(1, 250)]).toEqual([false, true]);
  });
});

describe('a lease', () => {
  it('is usable for six tenths of its time, counted from before it was asked for', () => {
    let nowMs = 1000;
    const clock = { nowMs: () => nowMs, setTimeout: () => 0, clearTimeout: () => undefined };
    const lease = new Lease(3, 'lease.p03', { clock, ttlMs: 1000, revision: 1, askedAtMs: 900 });
    nowMs = 1499;
    expect(lease.isUsable).toBe(true);
    nowMs = 1500;
    expect(lease.isUsable).toBe(false);
    lease.renewed(2, 1450);
    expect(lease.isUsable).toBe(true);
    lease.lost();
    expect(lease.isUsable).toBe(false);
  });
});

describe('a store', () => {
  it('is kept, undone or refused by what is confirmed', () => {
    const cursor = (generation: number, confirmed?: string) => ({
      generation,
      stores: confirmed === undefined ? {} : { w: confirmed },
    });
    expect(decideSettling('3.7', cursor(3, '3.7'), 'w')).toBe('keep');
    expect(decideSettling('3.7', cursor(9, '3.7'), 'w')).toBe('keep');
    expect(decideSettling(undefined, undefined, 'w')).toBe('keep');
    expect(decideSettling('3.8', cursor(4, '3.7'), 'w')).toBe('undo');
    expect(decideSettling('3.8', cursor(3), 'w')).toBe('undo');
    expect(decideSettling('3.8', cursor(2, '2.7'), 'w')).toBe('refuse');
    expect(decideSettling('3.8', undefined, 'w')).toBe('refuse');
    expect(decideSettling(undefined, cursor(3, '3.7'), 'w')).toBe('refuse');
  });
});

describe('a cursor', () => {
  it('is read as it was written, whatever the state', () => {
    fc.assert(
      fc.property(
        fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
        fc.nat(),
        (state, sequence) => {
          const cursor = {
            ...FIRST_CURSOR,
            generation: 4,
            sequence,
            stores: { w: '4.1' },
            state: state === '' ? 'x' : state,
          };
          expect(decodeCursor('k', encodeCursor(cursor))).toEqual(cursor);
        },
      ),
    );
  });

  it('is refused when it is any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        (bytes) => void expect(() => decodeCursor('k', bytes)).toThrow(TransportNatsError),
      ),
    );
  });
});

describe('a wish', () => {
  it('is read as it was written, and refused when it is anything else', () => {
    const wish = { kind: 'resend', node: 'n', incarnation: 'i', partition: 3, after: 9 } as const;
    expect(decodeWish(Buffer.from(encodeWish(wish)))).toEqual(wish);
    fc.assert(
      fc.property(
        fc.json(),
        (text) => void expect(() => decodeWish(Buffer.from(text))).toThrow(TransportNatsError),
      ),
    );
    fc.assert(
      fc.property(
        fc.uint8Array(),
        (bytes) => void expect(() => decodeWish(bytes)).toThrow(TransportNatsError),
      ),
    );
  });
});

describe('the report on a server', () => {
  const good: ServerFacts = {
    version: '2.12.4', storage: 'file', replicas: 1, discard: 'new', maxAgeMs: 0, isSyncedAlways: true, areCopiesApart: false,
  }; // prettier-ignore

  it.each([
    [{}, []],
    [{ isSyncedAlways: false }, ['NOT_SYNCED']],
    [{ isSyncedAlways: false, replicas: 3 }, ['COPIES_NOT_APART']],
    [{ isSyncedAlways: false, replicas: 3, areCopiesApart: true }, []],
    [{ version: '2.9.10' }, ['VERSION_LOSES_STREAMS']],
    [{ version: '2.10.22' }, ['VERSION_LOSES_STREAMS']],
    [{ version: '2.10.23-beta.1' }, []],
    [{ version: 'unknown' }, ['VERSION_UNKNOWN']],
    [{ storage: 'memory' as const }, ['IN_MEMORY']],
    [{ discard: 'old' as const, maxAgeMs: 5 }, ['DISCARDS_OLD', 'AGES_OUT']],
  ])('%j: %j', (facts, codes) => {
    const report = judgeServer({ ...good, ...facts });
    expect(report.reasons.map(({ code }) => code)).toEqual(codes);
    expect(report.isAckDurable).toBe(codes.length === 0);
  });
});
