import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TailReader } from '@org/flow';
import { Journal } from '@org/journal';
import { readRecordBatch, RECORD_TYPE, RecordBatchBuilder, type Sink } from '@org/storage';
import { childClock } from '../../src/control/child-clock.ts';
import { leveledLog } from '../../src/logging/child-log.ts';
import { SinkDesk } from '../../src/sinks/sink-desk.ts';
import { StoreFollower } from '../../src/sinks/store-follower.ts';
import { ReleasePoint } from '../../src/writer/release-point.ts';
import { eventually } from '../process/recorder.ts';

const folder = mkdtempSync(join(tmpdir(), 'sink-desk-'));
let count = 0;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const LIMIT = 100_000;
/** Large enough that a few are more than is kept, and more than a file of the journal. */
const TRADE_BYTES = 10_000;

function eventBatch(stream: string, id: number): Buffer {
  const builder = new RecordBatchBuilder(TRADE_BYTES + 200);
  const meta = {
    type: RECORD_TYPE.frame,
    stream,
    receivedAtUs: id,
    line: 0,
    connectionId: 1,
  };
  builder.append({ ...meta, order: id, follows: id - 1 }, Buffer.alloc(TRADE_BYTES, `${id} `));
  return builder.take();
}

/** Every tick says that an hour has passed. */
function tickBatch(number: number): Buffer {
  const builder = new RecordBatchBuilder(64);
  const meta = {
    type: RECORD_TYPE.tick,
    stream: 'writer',
    receivedAtUs: number * 3600e6,
    line: 0,
    connectionId: 0,
  };
  builder.append(meta, new Uint8Array(0));
  return builder.take();
}

/** The writer without its files: what everybody else has read is at the end of the journal. */
class Writer {
  readonly path: string;
  readonly socketPath: string;
  readonly events: string[] = [];
  readonly desk: SinkDesk;
  journal!: Journal;
  #release!: ReleasePoint;
  stream = 'BTCUSDT@depth@0ms';
  ticks = 0;
  static seq = 0;

  constructor(path: string, names: readonly string[] = ['postgres']) {
    this.path = path;
    this.socketPath = join(path, `tail${++count}.sock`);
    this.desk = new SinkDesk({
      names,
      socketPath: this.socketPath,
      outputPath: path,
      backlogBytesMax: LIMIT,
      listenTimeoutMs: 0,
      clock: childClock,
      log: leveledLog((_, event) => this.events.push(event)),
    });
  }

  static async open(path = mkdtempSync(join(folder, 'data-')), names?: readonly string[]): Promise<Writer> {
    const writer = new Writer(path, names);
    const positions = [...writer.desk.positions.values()];
    const journal = await Journal.open({
      dir: join(path, 'journal'), segmentBytes: 32_768, reserveBytes: 0, tailBytesMax: 4096, knownPosition: Math.max(0, ...positions),
    }); // prettier-ignore
    writer.journal = journal;
    const readers = new Map([...writer.desk.positions, ['csv', journal.stats().durablePosition]]);
    writer.#release = new ReleasePoint(readers, (position) => void journal.release(position));
    await writer.desk.open({
      journal,
      holds: writer.#release,
      mark: () => writer.#append(tickBatch(++writer.ticks)),
    });
    closers.push(() => writer.close());
    return writer;
  }

  put(id: number): Promise<number> {
    return this.#append(eventBatch(this.stream, id));
  }

  async putAll(from: number, to: number): Promise<void> {
    for (let id = from; id <= to; id++) await this.put(id);
  }

  async #append(payload: Buffer): Promise<number> {
    const { position } = await this.journal.append({
      lane: 'worker-1/0',
      epoch: 1,
      seq: ++Writer.seq,
      payload,
    });
    this.#release.moved('csv', position);
    return position;
  }

  reader(name = 'postgres', from: number | undefined = 0): TailReader {
    const reader = new TailReader({ socketPath: this.socketPath, name, from, reconnectDelayMs: 2 });
    closers.push(() => reader.close());
    return reader;
  }

  get hold() {
    return this.desk.report()[0]!;
  }

  async close(): Promise<void> {
    await this.desk.close();
    await this.journal.close();
  }
}

beforeEach(() => (Writer.seq = 0));

/** A store in memory that outlives its sinks: the ids of its trades and its gaps, in their order. */
class MemoryStore {
  rows: string[] = [];
  position = 0;
  state: string | undefined;
  fault: { readonly isPassing?: boolean } | undefined;
  opens = 0;

  sink(): Sink {
    const uncommitted: string[] = [];
    let position = 0;
    const tried = <T>(step: () => T): Promise<T> =>
      this.fault === undefined
        ? Promise.resolve(step())
        : Promise.reject(Object.assign(new Error('the store is down'), this.fault));
    return {
      name: 'memory',
      open: () => tried(() => {
        this.opens++;
        position = this.position;
        return { position, state: this.state, isPositionLost: false, repairs: [] };
      }),
      append: (batch, behind) => tried(() => {
        expect(behind).toBeGreaterThan(position);
        readRecordBatch(batch, ({ type, bytes, payloadStart, payloadEnd }) => {
          const text = bytes.toString('utf8', payloadStart, payloadEnd);
          uncommitted.push(type === RECORD_TYPE.gap ? gapText(text) : text.slice(0, text.indexOf(' ')));
        });
        position = behind;
      }),
      commit: (state) => tried(() => {
        this.rows.push(...uncommitted.splice(0));
        this.position = position;
        this.state = state ?? this.state;
        return position;
      }),
      close: () => Promise.resolve(),
      stats: () => ({ records: 0, rows: this.rows.length, bytes: 0, rejected: 0 }),
    }; // prettier-ignore
  }

  follow(writer: Writer): StoreFollower {
    const follower = new StoreFollower({
      name: 'postgres',
      makeSink: () => Promise.resolve(this.sink()),
      makeTail: (from) => writer.reader('postgres', from),
      clock: {
        ...childClock,
        nowMs: () => childClock.nowMs() * 20,
        setTimeout: (run, delayMs) => childClock.setTimeout(run, delayMs / 20),
      },
      random: () => 0,
      log: leveledLog((_, event) => writer.events.push(event)),
    });
    follower.run().catch(() => writer.events.push('run ended'));
    closers.push(() => follower.stop(0));
    return follower;
  }
}

function gapText(json: string): string {
  const { lastId, nextId } = JSON.parse(json) as { lastId?: number; nextId?: number };
  return `gap ${lastId}-${nextId}`;
}

const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
const refusalOf = (reader: TailReader): Promise<unknown> =>
  reader.open().then(
    () => undefined,
    (error: unknown) => (error as { code: unknown }).code,
  );

describe('what the journal keeps for a sink in another process', () => {
  it('is everything that it has not committed, over restarts of the writer, while it is not too much', async () => {
    const first = await Writer.open();
    await first.putAll(1, 3);
    const reader = first.reader();
    await reader.open();
    reader.committed((await reader.next(1))[0]!.position);
    const file = join(first.path, '.sinks', 'postgres.json');
    const written = () => JSON.parse(readFileSync(file, 'utf8')) as { position: number };
    await eventually(() => first.desk.positions.get('postgres')! > 0);
    await reader.close();
    await first.close();
    expect(written().position).toBe(first.desk.positions.get('postgres'));

    const second = await Writer.open(first.path);
    await second.putAll(4, 8);
    const again = second.reader('postgres', written().position);
    await again.open();
    const seen: string[] = [];
    while (seen.length < 7)
      for (const { payload } of await again.next(1e6)) seen.push(payload.toString('latin1'));
    expect(seen.every((text, index) => text.includes(`${index + 2} ${index + 2} `))).toBe(true);
    expect(second.hold).toMatchObject({ isHeld: true, drops: 0, isConnected: true });
  });

  it('ends at the limit, and the store that comes again has one gap with the ids that are missing', async () => {
    const writer = await Writer.open();
    const store = new MemoryStore();
    await writer.putAll(1, 2);
    const follower = store.follow(writer);
    await eventually(() => store.rows.length === 2);
    store.fault = { isPassing: true };
    await writer.put(3);
    await eventually(() => follower.report().state === 'waiting');
    await writer.putAll(4, 20);
    await eventually(() => writer.hold.drops === 1);
    expect(writer.hold).toMatchObject({ isHeld: false, isConnected: false });
    expect(writer.events).toContain('SinkHoldDropped');
    await writer.putAll(21, 22);
    expect(writer.journal.stats().oldestPosition).toBeGreaterThan(store.position);
    store.fault = undefined;
    await eventually(() => store.rows.at(-1) === '22');
    const gap = store.rows.findIndex((row) => row.startsWith('gap'));
    const next = Number(store.rows[gap + 1]);
    expect(store.rows).toEqual([...ids(1, 2), `gap 2-${next - 1}`, ...ids(next, 22)]);
    await eventually(() => writer.hold.isHeld);
    expect(writer.hold.drops).toBe(1);
    await follower.stop(5000);
    expect(writer.events.filter((event) => event === 'SinkLeftBehind')).toEqual([]);
  });

  it('leaves a gap that nobody repairs, whose row is there when its time has come', async () => {
    const writer = await Writer.open();
    writer.stream = 'BTCUSDT@aggTrade';
    const store = new MemoryStore();
    await writer.put(1);
    store.follow(writer);
    await eventually(() => store.rows.length === 1);
    await writer.put(5);
    await eventually(() => store.rows.length === 3);
    expect(store.rows).toEqual(['1', '5', 'gap 1-5']);
    expect(writer.ticks).toBe(1);
  });

  it('ends when the disk has no room, but not for a sink that is near the end', async () => {
    const writer = await Writer.open();
    await writer.putAll(1, 3);
    writer.desk.dropHolds();
    expect(writer.hold).toMatchObject({ isHeld: true, drops: 0 });
    await writer.putAll(4, 12);
    writer.desk.dropHolds();
    expect(writer.hold).toMatchObject({ isHeld: false, drops: 1 });
  });

  it('is nothing for a name that is configured no more, or never was', async () => {
    const first = await Writer.open();
    await first.put(1);
    const reader = first.reader();
    await reader.open();
    reader.committed((await reader.next(1))[0]!.position);
    await eventually(() => first.desk.positions.get('postgres')! > 0);
    await first.close();
    writeFileSync(join(first.path, '.sinks', 'influx.json'), 'no JSON');
    const second = await Writer.open(first.path, ['influx']);
    expect([...second.desk.positions.keys()]).toEqual(['influx']);
    expect(await refusalOf(second.reader('postgres'))).toBe('READER_REFUSED');
    expect(() => readFileSync(join(first.path, '.sinks', 'postgres.json'))).toThrow('ENOENT');
  });

  it('begins at the oldest position for a sink that nobody has heard of, however far the journal is', async () => {
    const first = await Writer.open(undefined, []);
    await first.putAll(1, 30);
    await first.close();
    const second = await Writer.open(first.path);
    second.desk.check();
    expect(second.hold).toMatchObject({ isHeld: true, drops: 0 });
    const from = await second.reader().open();
    expect(from).toBe(second.journal.stats().oldestPosition);
  });
});

describe('a store that has more than the journal', () => {
  it('is refused until the next start, which begins behind it and tells it of the damage', async () => {
    const first = await Writer.open();
    await first.put(1);
    const ahead = first.journal.stats().durablePosition + 50_000;
    expect(await refusalOf(first.reader('postgres', ahead))).toBe('POSITION_UNKNOWN');
    expect(first.hold.refusal).toMatch(/belongs to another recording, or the journal was lost/);
    await first.putAll(2, 10);
    expect(first.journal.stats().durablePosition).toBeGreaterThan(ahead);
    expect(await refusalOf(first.reader('postgres', ahead))).toBe('POSITION_UNKNOWN');
    await first.close();
    const second = await Writer.open(first.path);
    await second.put(11);
    const reader = second.reader('postgres', second.journal.stats().oldestPosition);
    await reader.open();
    expect(second.hold.refusal).toBe(undefined);
  });
});

describe('a store that fails', () => {
  it('is opened anew when its error passes, and has every row once', async () => {
    const writer = await Writer.open();
    const store = new MemoryStore();
    const follower = store.follow(writer);
    for (let id = 1; id < 8; id += 2) {
      await writer.put(id);
      await eventually(() => store.rows.length === id);
      store.fault = { isPassing: true };
      await writer.put(id + 1);
      await eventually(() => follower.report().state === 'waiting');
      expect(follower.report().problem).toBe('the store is down');
      store.fault = undefined;
      await eventually(() => store.rows.length === id + 1);
    }
    expect(store.rows).toEqual(ids(1, 8));
    expect(store.opens).toBeGreaterThan(4);
    await follower.stop(5000);
  });

  it('ends the process when its error does not pass', async () => {
    const writer = await Writer.open();
    const store = new MemoryStore();
    store.fault = {};
    store.follow(writer);
    await eventually(() => writer.events.includes('run ended'));
    expect(writer.events).toContain('SinkFailed');
  });
});
