import assert from 'node:assert/strict';
import { type MergeEntry, StreamMerge } from '@org/continuity';
import { RECORD_TYPE } from '@org/storage';
import fc from 'fast-check';
import {
  aggTrade, depth, DEPTH, entry, gapsOf, kline, KLINE, type Level, restRows, START_MS, type StoredRecord,
  TICKER, ticker, TRADES,
} from './journal-entries.ts'; // prettier-ignore
import {
  expectChain,
  expectStored,
  framesOf,
  idsOf,
  journaledFrames,
  playWithCrashes,
} from './played-journal.ts';
import {
  anyPlan,
  chance,
  journalOf,
  type Plan,
  redundantPlan,
  type TrueEvent,
  type View,
} from './simulated-lines.ts';

const END_MS = 9000;
const EVERY_KIND = ['reconnect', 'restart', 'replace', 'stall'] as const;
const RUNS = { numRuns: 60 };

/** A true change of one price level; ids count from 1. */
interface Change extends TrueEvent {
  readonly id: number;
  readonly level: Level;
}

function changesOf(plan: Plan): Change[] {
  const random = chance(plan.seed ^ 0x5eed);
  const changes: Change[] = [];
  for (let atMs = 0, id = 1; atMs < END_MS; atMs += 1 + Math.floor(random() * 50), id++)
    changes.push({ id, atMs, level: [`${Math.floor(random() * 12)}.50`, `${Math.floor(random() * 5)}.0`] });
  return changes;
}

/** Each line sees the changes in events of up to `sizeMax` changes; `isAlike` when all lines cut at the same ids. */
function cutView(changes: readonly Change[], plan: Plan, sizeMax: number, isAlike: boolean): View<Change> {
  return (line) => {
    const random = chance(plan.seed + (isAlike ? 7 : 7 + line));
    const events: ReturnType<View<Change>>[number][] = [];
    let pu = 0;
    for (let at = 0; at < changes.length;) {
      const part = changes.slice(at, (at += 1 + Math.floor(random() * sizeMax)));
      const event = part.at(-1)!;
      const from = pu;
      const bids = [...new Map(part.map(({ level }) => level))];
      events.push({
        event,
        make: (ms, lineNumber, connectionId) =>
          depth(from, event.id, ms, { line: lineNumber, connectionId }, bids),
      });
      pu = event.id;
    }
    return events;
  };
}

interface DepthFrame {
  readonly data: {
    readonly U: number;
    readonly u: number;
    readonly pu: number;
    readonly b: readonly Level[];
  };
}

/** Expects after every stored event the book that the true changes give, beginning behind the first event's `pu`. */
function expectTrueBook(frames: readonly StoredRecord[], changes: readonly Change[]): void {
  const book = new Map<string, string>();
  const truth = new Map<string, string>();
  let next = frames[0]!.meta.follows!;
  for (const { meta, text } of frames) {
    const { U, u, pu, b } = (JSON.parse(text) as DepthFrame).data;
    assert.deepEqual([pu, u, U], [meta.follows, meta.order, pu + 1]);
    const touched = [...b, ...changes.slice(next, u).map(({ level }) => level)];
    for (const [price, quantity] of b) book.set(price, quantity);
    for (; next < u; next++) truth.set(...changes[next]!.level);
    for (const [price] of touched) assert.equal(book.get(price), truth.get(price), `level ${price} at ${u}`);
  }
  expect(book).toEqual(truth);
}

const oneByOne =
  (changes: readonly Change[], make: typeof ticker): View<Change> =>
  () =>
    changes.map((event) => ({
      event,
      make: (ms, line, connectionId) => make(event.id, ms, { line, connectionId }),
    }));

describe('depth', () => {
  it.each([true, false])(
    'is one chain with a row for every hole, whatever happens (cut alike: %s)',
    (isAlike) => {
      fc.assert(
        fc.property(anyPlan(END_MS, EVERY_KIND, 8000), (plan) => {
          const changes = changesOf(plan);
          const journal = journalOf(plan, DEPTH, cutView(changes, plan, 4, isAlike), END_MS);
          const { records, merge } = playWithCrashes(journal, plan);
          const lost = expectChain(records, true);
          const frames = framesOf(records);
          expectStored(journal, frames, false);
          expect(merge.stats()).toMatchObject({
            events: frames.length,
            gaps: records.length - frames.length,
          });
          if (lost.size === 0 && frames.length > 0) expectTrueBook(frames, changes);
        }),
        RUNS,
      );
    },
  );

  it.each([true, false])('loses exactly what no line has (cut alike: %s)', (isAlike) => {
    fc.assert(
      fc.property(anyPlan(END_MS, ['reconnect'], 3000), (plan) => {
        const journal = journalOf(plan, DEPTH, cutView(changesOf(plan), plan, 4, isAlike), END_MS);
        const { records } = playWithCrashes(journal, plan);
        const lost = expectChain(records, true);
        expectStored(journal, framesOf(records), true);
        const reached = idsOf(journaledFrames(journal));
        expect([...lost].filter((id) => reached.has(id))).toEqual([]);
      }),
      RUNS,
    );
  });

  it.each([true, false])(
    'has no gap while one line is there, and the true book (cut alike: %s)',
    (isAlike) => {
      fc.assert(
        fc.property(redundantPlan(), (plan) => {
          const endMs = Math.max(END_MS, ...plan.troubles.map(({ toMs }) => toMs + 1000));
          const changes = changesOf(plan);
          const journal = journalOf(plan, DEPTH, cutView(changes, plan, 4, isAlike), endMs);
          const { records, merge } = playWithCrashes(journal, plan);
          expect(gapsOf(records)).toEqual([]);
          expectChain(records, true);
          expectTrueBook(records, changes);
          expectStored(journal, records, true);
          // Only the seam of two lines is cut: events of different lines are never mixed.
          const { recut, switches } = merge.stats();
          expect(recut).toBeLessThanOrEqual(isAlike ? 0 : switches);
        }),
        RUNS,
      );
    },
  );
});

describe('a stream without a chain', () => {
  it('has a row for every hole, whatever happens', () => {
    fc.assert(
      fc.property(anyPlan(END_MS, EVERY_KIND, 8000), (plan) => {
        const journal = journalOf(plan, TICKER, oneByOne(changesOf(plan), ticker), END_MS);
        const { records } = playWithCrashes(journal, plan);
        expectChain(records, false);
        expectStored(journal, framesOf(records), false);
      }),
      RUNS,
    );
  });

  it('loses exactly what no line has', () => {
    fc.assert(
      fc.property(anyPlan(END_MS, ['reconnect'], 3000), (plan) => {
        const journal = journalOf(plan, TICKER, oneByOne(changesOf(plan), ticker), END_MS);
        const { records } = playWithCrashes(journal, plan);
        expectChain(records, false);
        expectStored(journal, framesOf(records), true);
      }),
      RUNS,
    );
  });

  it('has no gap while one line is there', () => {
    fc.assert(
      fc.property(redundantPlan(), (plan) => {
        const journal = journalOf(plan, TICKER, oneByOne(changesOf(plan), ticker), END_MS);
        const { records } = playWithCrashes(journal, plan);
        expect(gapsOf(records)).toEqual([]);
        expectChain(records, false);
        expectStored(journal, records, true);
      }),
      RUNS,
    );
  });
});

/** Updates of bars of one second, the last of each closing it. */
function barsView(changes: readonly Change[]): View<Change> {
  const closes = Array.from({ length: END_MS / 1000 - 1 }, (_, bar) => (bar + 1) * 1000);
  const updates = [
    ...changes
      .filter(({ id, atMs }) => id % 4 === 0 && atMs % 1000 > 50)
      .map((event) => ({ event, isClosed: false })),
    ...closes.map((atMs) => ({ event: { ...changes[0]!, atMs: atMs + 7 }, isClosed: true })),
  ].sort((a, b) => a.event.atMs - b.event.atMs);
  return () =>
    updates.map(({ event, isClosed }) => ({
      event,
      make: (ms, line, connectionId) => {
        const bar = Math.floor(event.atMs / 1000) - (isClosed ? 1 : 0);
        const made = kline(bar, isClosed, event.atMs, { line, connectionId }, 1000);
        return { ...made, meta: { ...made.meta, receivedAtUs: (START_MS + ms) * 1000 } };
      },
    }));
}

interface KlineFrame {
  readonly k: { readonly t: number; readonly x: boolean };
}

describe('klines', () => {
  it('have a row where a bar is missing or was not seen to its end', () => {
    fc.assert(
      fc.property(anyPlan(END_MS, EVERY_KIND, 8000), (plan) => {
        const journal = journalOf(plan, KLINE, barsView(changesOf(plan)), END_MS);
        const { records, merge } = playWithCrashes(journal, plan);
        const rows = gapsOf(records).map(({ lastId, nextId }) => `${lastId}>${nextId}`);
        const frames = framesOf(records).map(({ meta, text }) => ({
          ...(JSON.parse(text) as KlineFrame).k,
          ...meta,
        }));
        frames.slice(1).forEach((one, index) => {
          const before = frames[index]!;
          assert(one.order! > before.order!);
          const isWhole = one.t === before.t || (one.t === before.t + 1000 && before.x);
          assert(isWhole || rows.includes(`${before.t}>${one.t}`), `${before.t} to ${one.t}`);
        });
        expect(merge.repairs()).toHaveLength(rows.length);
        expectLastOrder(journal, records);
      }),
      RUNS,
    );
  });

  it('have no gap while one line is there', () => {
    fc.assert(
      fc.property(redundantPlan(), (plan) => {
        const journal = journalOf(plan, KLINE, barsView(changesOf(plan)), END_MS);
        const { records } = playWithCrashes(journal, plan);
        const orders = (all: readonly StoredRecord[]) =>
          [...new Set(all.map(({ meta }) => meta.order!))].sort();
        expect(gapsOf(records)).toEqual([]);
        const reached = orders(journaledFrames(journal)).filter((order) => order >= records[0]!.meta.order!);
        expect(records.map(({ meta }) => meta.order)).toEqual(reached);
      }),
      RUNS,
    );
  });
});

function expectLastOrder(journal: readonly MergeEntry[], records: readonly StoredRecord[]): void {
  const orders = (all: readonly StoredRecord[]) =>
    Math.max(0, ...framesOf(all).map(({ meta }) => meta.order!));
  expect(orders(records)).toBe(orders(journaledFrames(journal)));
}

describe('trades with repair', () => {
  it('are stored once each, by a line or by REST, and every row is healed', () => {
    fc.assert(
      fc.property(anyPlan(END_MS, EVERY_KIND, 8000), fc.integer({ min: 1, max: 40 }), (plan, rowsMax) => {
        const changes = changesOf(plan);
        const asked = new StreamMerge();
        const journal: MergeEntry[] = [];
        const give = (one: MergeEntry) => {
          journal.push(one);
          asked.take(one);
        };
        journalOf(plan, TRADES, oneByOne(changes, aggTrade), END_MS).forEach((one, index) => {
          give(one);
          const order = index % 10 === 0 ? asked.repairs()[0] : undefined;
          if (order !== undefined)
            give(answer(order.from, Math.min(order.to, order.from + rowsMax), changes));
        });
        for (let order; (order = asked.repairs()[0]) !== undefined;)
          give(answer(order.from - 1, order.from + rowsMax, changes));
        const { records } = playWithCrashes(journal, plan);
        const stored = records.flatMap(({ meta, text }) =>
          meta.type === RECORD_TYPE.restRows
            ? (JSON.parse(text) as { a: number }[]).map(({ a }) => a)
            : meta.type === RECORD_TYPE.frame ? [meta.order!] : [],
        ); // prettier-ignore
        expect(new Set(stored).size).toBe(stored.length);
        const first = framesOf(records)[0]?.meta.order ?? 1;
        expect(Math.max(0, ...stored) - first + 1).toBe(stored.length);
        const gaps = gapsOf(records);
        const healed = gaps.filter(({ healedBy }) => healedBy === 'rest').map(({ lastId }) => lastId);
        expect(new Set(gaps.map(({ lastId }) => lastId))).toEqual(new Set(healed));
        expect(new Set(healed).size).toBe(healed.length);
      }),
      { numRuns: 60 },
    );
  });
});

/** Trades by REST, in batches of the line that asks. */
function answer(from: number, to: number, changes: readonly Change[]): MergeEntry {
  const rows = changes
    .filter(({ id }) => from <= id && id <= to)
    .map(({ id }) => ({ a: id, p: '1.0', q: '2' }));
  return entry('rest', 1, restRows(TRADES, 2 * END_MS, rows));
}
