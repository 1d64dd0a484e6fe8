import { BookSync, type SequenceGap, type SnapshotRequest } from '@org/orderbook';
import {
  diffOf,
  DIFFS,
  type Levels,
  ordersOf,
  type Product,
  setLevel,
  type SmallDiff,
  type SmallSnapshot,
  snapshotAt,
  truths,
} from './small-exchange.ts';

type Message = SmallDiff | SmallSnapshot;

const PRODUCTS: readonly Product[] = ['futures', 'spot'];
const NUMBERS = Array.from({ length: DIFFS }, (_, index) => index + 1);

/*
 * Before all diffs, between them (which is `pu == L` of one and `u == L` of the one before), inside one before and
 * after its first change, and ahead of all.
 */
const SNAPSHOT_IDS = [97, 100, 103, 107, 110, 127, 130, 150, 155];

class Run {
  readonly levels = new Map<string, number>();
  readonly gaps: SequenceGap[] = [];
  readonly requests: SnapshotRequest[] = [];
  joins = 0;
  covered = 0;
  newestId = 0;
  readonly sync: BookSync<SmallDiff, SmallSnapshot>;

  constructor(answer?: (run: Run, request: SnapshotRequest) => void) {
    this.sync = new BookSync({
      applySnapshot: ({ levels }) => {
        this.levels.clear();
        for (const [price, quantity] of levels) this.levels.set(price, quantity);
      },
      applyDiff: ({ levels }) => {
        for (const [price, quantity] of levels) setLevel(this.levels, price, quantity);
      },
      covered: () => this.covered++,
      joined: () => this.joins++,
      gap: (gap) => this.gaps.push(gap),
      snapshotNeeded: (request) => {
        this.requests.push(request);
        answer?.(this, request);
      },
    });
  }

  take(message: Message): void {
    if ('lastUpdateId' in message) {
      this.sync.snapshot(message);
    } else {
      this.newestId = Math.max(this.newestId, message.finalUpdateId);
      this.sync.diff(message);
    }
  }

  /** What is wrong with the book, or undefined. A live book must be true, and must be as new as the newest diff. */
  fault(): string | undefined {
    const { state, lastUpdateId } = this.sync;
    if (state === 'buffering') return lastUpdateId === undefined ? undefined : `buffering at ${lastUpdateId}`;
    if (!isSame(this.levels, truths[lastUpdateId!]!)) return `${state} and wrong at ${lastUpdateId}`;
    return state === 'live' && lastUpdateId! < this.newestId
      ? `live at ${lastUpdateId} of ${this.newestId}`
      : undefined;
  }
}

function isSame(levels: Levels, truth: Levels): boolean {
  if (levels.size !== truth.size) return false;
  for (const [price, quantity] of truth) if (levels.get(price) !== quantity) return false;
  return true;
}

/** Hands the messages over in order and fails with the order at the first step after which something is wrong. */
function check(run: Run, order: readonly Message[]): void {
  for (const [step, message] of order.entries()) {
    run.take(message);
    const fault = run.fault();
    if (fault !== undefined) throw new Error(`${fault} after ${JSON.stringify(order.slice(0, step + 1))}`);
  }
}

/** Diffs 1 to 5 without the lost one, with the duplicated one twice; 0 stands for none. */
function diffsOf(product: Product, lost: number, duplicated: number): SmallDiff[] {
  const diffs = NUMBERS.filter((number) => number !== lost).map((number) => diffOf(product, number));
  const twice = diffs.find(({ finalUpdateId }) => finalUpdateId === 100 + 10 * duplicated);
  return twice === undefined ? diffs : [...diffs, twice];
}

describe.each(PRODUCTS)('on %s, with five diffs and a snapshot in all orders', (product) => {
  it('a live book is never wrong and never behind when one diff is lost and one comes twice', () => {
    let runs = 0;
    let live = 0;
    for (const lost of NUMBERS) {
      for (const duplicated of NUMBERS.filter((number) => number !== lost)) {
        for (const snapshotId of SNAPSHOT_IDS) {
          for (const order of ordersOf<Message>([
            snapshotAt(snapshotId),
            ...diffsOf(product, lost, duplicated),
          ])) {
            const run = new Run();
            check(run, order);
            runs++;
            if (run.joins > 0) live++;
          }
        }
      }
    }
    expect(runs).toBe(5 * 4 * SNAPSHOT_IDS.length * 360);
    expect(live).toBeGreaterThan(runs / 10);
  });

  it('a live book is never wrong when nothing is lost, and becomes live whenever the order allows it', () => {
    for (const snapshotId of SNAPSHOT_IDS) {
      for (const order of ordersOf<Message>([snapshotAt(snapshotId), ...diffsOf(product, 0, 0)])) {
        const run = new Run();
        check(run, order);
        const ids = order.flatMap((message) => ('lastUpdateId' in message ? [] : [message.finalUpdateId]));
        const isInOrder = ids.every((id, index) => index === 0 || id > ids[index - 1]!);
        const canJoin = snapshotId >= 100 && (product === 'spot' ? snapshotId < 150 : snapshotId <= 150);
        if (!isInOrder) continue;
        expect({ order, state: run.sync.state === 'live' }).toEqual({ order, state: canJoin });
        expect(run.gaps).toEqual([]);
      }
    }
  });

  it('a sync that gets a snapshot whenever it asks ends with the true book', () => {
    const answer = (run: Run, { epoch }: SnapshotRequest) =>
      run.sync.snapshot(snapshotAt(run.newestId), epoch);
    for (const lost of [0, ...NUMBERS]) {
      for (const order of ordersOf<Message>(diffsOf(product, lost, 0))) {
        const run = new Run(answer);
        check(run, order);
        expect(run.sync.state).not.toBe('buffering');
        expect(run.sync.lastUpdateId).toBe(run.newestId);
      }
    }
  });
});

describe.each(PRODUCTS)('on %s, with the diffs in their order', (product) => {
  it.each(NUMBERS.filter((number) => number < DIFFS))(
    'reports the loss of diff %i at the very next diff',
    (lost) => {
      const diffs = diffsOf(product, lost, 0);
      for (const snapshotId of [100, 103, 107, 110, 120, 127, 130, 140]) {
        for (let before = 0; before <= diffs.length; before++) {
          const run = new Run();
          for (const diff of diffs.slice(0, before)) run.take(diff);
          run.take(snapshotAt(snapshotId));
          for (const diff of diffs.slice(before)) run.take(diff);
          const lostId = 100 + 10 * lost;
          const gaps = run.gaps.map(({ lastUpdateId, previousFinalUpdateId }) => [
            lastUpdateId,
            previousFinalUpdateId,
          ]);
          // A loss up to the snapshot is made good by it. A loss of what joins leaves a snapshot that is behind.
          const isJoinedBefore = product === 'futures' ? snapshotId <= lostId - 10 : snapshotId < lostId - 10;
          if (isJoinedBefore && lost > 1) expect(gaps).toEqual([[lostId - 10, lostId]]);
          else expect(gaps).toEqual([]);
          if (!isJoinedBefore && snapshotId < lostId)
            expect(run.requests.at(-1)?.reason).toBe('snapshot-behind');
          expect(run.fault()).toBeUndefined();
        }
      }
    },
  );
});
