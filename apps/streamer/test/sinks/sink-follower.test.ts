import { Buffer } from 'node:buffer';
import { StreamMerge } from '@org/continuity';
import type { JournalEntry } from '@org/journal';
import { readRecordBatch, RECORD_TYPE, RecordBatchBuilder, type Sink } from '@org/storage';
import { SinkFollower } from '../../src/sinks/sink-follower.ts';
import { HandClock } from '../hand-clock.ts';

const settled = (): Promise<void> => new Promise(setImmediate);

/** A journal that hands out what is put into it. */
class HandJournal {
  #waiting: ((entries: readonly JournalEntry[]) => void) | undefined;
  #entries: JournalEntry[] = [];
  #position = 0;

  put(tradeId: number): number {
    const builder = new RecordBatchBuilder(256);
    const meta = {
      type: RECORD_TYPE.frame,
      stream: 'BTCUSDT@aggTrade',
      receivedAtUs: tradeId,
      line: 0,
      connectionId: 1,
    };
    builder.append({ ...meta, order: tradeId, follows: tradeId - 1 }, Buffer.from(String(tradeId)));
    this.#position += 100;
    const entry = { lane: 'worker-1/0', epoch: 1, seq: tradeId, payload: builder.take() };
    this.#entries.push({ ...entry, position: this.#position });
    this.#release();
    return this.#position;
  }

  follow() {
    return {
      next: () =>
        new Promise<readonly JournalEntry[]>((resolve) => {
          this.#waiting = resolve;
          this.#release();
        }),
      close: () => {
        this.#waiting?.([]);
        return Promise.resolve();
      },
    };
  }

  #release(): void {
    if (this.#waiting === undefined || this.#entries.length === 0) return;
    const [resolve, entries] = [this.#waiting, this.#entries];
    this.#waiting = undefined;
    this.#entries = [];
    resolve(entries);
  }
}

function followed(commitMs = 0) {
  const time = new HandClock();
  const journal = new HandJournal();
  const appends: { readonly trades: string[]; readonly position: number }[] = [];
  const commitsAtMs: number[] = [];
  let room = true;
  const sink: Pick<Sink, 'name' | 'append' | 'commit'> = {
    name: 'fake',
    append: (batch, position) => {
      if (!room) return Promise.reject(new Error('full'));
      const trades: string[] = [];
      readRecordBatch(batch, ({ bytes, payloadStart, payloadEnd }) => {
        trades.push(bytes.toString('utf8', payloadStart, payloadEnd));
      });
      if (trades.length > 0) appends.push({ trades, position });
      return Promise.resolve();
    },
    commit: () => {
      commitsAtMs.push(time.nowAtMs);
      time.nowAtMs += commitMs;
      return Promise.resolve(appends.at(-1)?.position ?? 0);
    },
  };
  const follower = new SinkFollower({
    source: journal.follow(),
    sink: sink as Sink,
    from: 0,
    isDamaged: false,
    merge: new StreamMerge(),
    clock: time.clock,
    passes: () => true,
    committed: () => undefined,
    blocked: () => undefined,
    freed: () => undefined,
  });
  const running = follower.run();
  return {
    time,
    journal,
    appends,
    commitsAtMs,
    follower,
    running,
    fill: (isFull: boolean) => (room = !isFull),
  };
}

/** The first entry is committed at once, because nothing was for long. */
async function afterFirst(time: HandClock, journal: HandJournal, appends: unknown[]): Promise<void> {
  journal.put(1);
  await time.turn(10);
  expect(appends).toHaveLength(1);
  appends.length = 0;
}

describe('SinkFollower', () => {
  it('appends together what comes within a second', async () => {
    const { time, journal, appends, follower, running } = followed();
    await afterFirst(time, journal, appends);
    for (const tradeId of [2, 3, 4]) {
      journal.put(tradeId);
      await time.turn(300);
    }
    expect(appends).toEqual([]);
    expect(follower.position).toBe(100);
    await time.turn(1000);
    expect(appends).toEqual([{ trades: ['2', '3', '4'], position: 400 }]);
    expect(follower.position).toBe(400);
    await follower.finish(1000, () => Promise.resolve(400));
    await running;
  });

  it('appends what it has gathered before it ends', async () => {
    const { time, journal, appends, commitsAtMs, follower, running } = followed();
    await afterFirst(time, journal, appends);
    const end = journal.put(2);
    await settled();
    expect(appends).toEqual([]);
    const finished = follower.finish(1000, () => Promise.resolve(end));
    await time.turn(1000);
    expect(await finished).toBe(true);
    expect(appends).toEqual([{ trades: ['2'], position: end }]);
    expect(commitsAtMs).toHaveLength(2);
    await running;
  });

  it('keeps what it has gathered while the sink has no room', async () => {
    const { time, journal, appends, follower, running, fill } = followed();
    await time.turn(1000);
    fill(true);
    journal.put(1);
    await time.turn(5000);
    expect(appends).toEqual([]);
    fill(false);
    await time.turn(1000);
    expect(appends).toEqual([{ trades: ['1'], position: 100 }]);
    await follower.finish(1000, () => Promise.resolve(100));
    await running;
  });

  it.each([
    [0, 4000],
    [100, 4000],
    [500, 10_000],
    [60_000, 60_000],
  ])(
    'commits again after 4 s, or when a commit of %d ms is a twentieth of the time',
    async (commitMs, pauseMs) => {
      const { time, journal, commitsAtMs, follower, running } = followed(commitMs);
      for (let tradeId = 1; commitsAtMs.length < 3 && tradeId < 1000; tradeId++) {
        journal.put(tradeId);
        await time.turn(250);
      }
      const [, second = 0, third = 0] = commitsAtMs;
      expect(third - second).toBeGreaterThanOrEqual(pauseMs);
      expect(third - second).toBeLessThanOrEqual(pauseMs + commitMs + 2000);
      await follower.finish(1000, () => Promise.resolve(0));
      await running;
    },
  );
});
