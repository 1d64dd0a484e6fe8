import type { DepthMessage } from '@org/storage-csv';
import fc from 'fast-check';
import { BookReplay } from '../src/replay.ts';
import type { ReplayView } from '../src/replay-view.ts';
import { diff, snapshot, START_US } from './support/messages.ts';
import { raw } from './support/raw.ts';

const SOURCE = { files: 1, elapsedMs: 0, rejected: 0, damaged: [] };

function replayed(messages: readonly DepthMessage[]): BookReplay {
  const replay = new BookReplay('BTCUSDT');
  for (const message of messages) {
    const lent = raw(message);
    try {
      replay.take(lent);
    } catch {
      // Refused messages are counted, which is what the tests look at.
    }
    // The reader overwrites what it lends, so nothing of it may be left in the replay.
    lent.bytes.fill(0);
    lent.offsets.fill(0);
  }
  return replay;
}

function view(messages: readonly DepthMessage[]): ReplayView {
  return replayed(messages).view(20, SOURCE);
}

function expectEveryMessageCounted(result: ReplayView): void {
  const { applied, stale, pending, dropped, refused } = result;
  expect(applied + stale + pending + dropped + refused).toBe(result.messages);
}

describe('BookReplay', () => {
  it('joins the diffs to their snapshot and counts every message', () => {
    const result = view([
      diff(0, [1, 5, 0]),
      snapshot(1, 10, { bids: [['99.50', '1.0']], asks: [['100.0', '2']] }),
      diff(2, [6, 9, 5]),
      diff(3, [10, 12, 9], { bids: [['99.60', '3']] }),
      diff(4, [13, 15, 12], { asks: [['100.0', '0']] }),
      diff(5, [13, 15, 12]),
    ]);
    expect(result).toMatchObject({
      messages: 5,
      applied: 2,
      stale: 3,
      snapshots: 1,
      gaps: 0,
      lastUpdateId: 15,
      bids: 2,
      asks: 0,
      bestBid: ['99.6', '3'],
      bestAsk: null,
      top: { bids: [['99.6', '3'], ['99.5', '1']], asks: [] }, // prettier-ignore
      state: 'live',
      receivedAtUs: START_US + 4e6,
      pending: 0,
      events: [
        {
          type: 'synced',
          lastUpdateId: 10,
          firstUpdateId: 10,
          finalUpdateId: 12,
          receivedAtUs: START_US + 3e6,
        },
      ],
    });
  });

  it('names a gap and goes on at the next snapshot', () => {
    const result = view([
      snapshot(0, 10),
      diff(1, [10, 12, 9], { bids: [['1', '1']] }),
      diff(3, [20, 22, 19], { bids: [['2', '2']] }),
      diff(4, [23, 25, 22], { bids: [['3', '3']] }),
      snapshot(5, 22, { bids: [['5', '5']] }),
      diff(6, [26, 27, 25], { bids: [['6', '6']] }),
    ]);
    expect(result).toMatchObject({
      applied: 4,
      stale: 0,
      snapshots: 2,
      gaps: 1,
      lastUpdateId: 27,
      state: 'live',
    });
    expect(result.top.bids).toEqual([['6', '6'], ['5', '5'], ['3', '3'], ['2', '2']]); // prettier-ignore
    expect(result.events.slice(1)).toEqual([
      {
        type: 'gap',
        lastUpdateId: 12,
        previousFinalUpdateId: 19,
        firstUpdateId: 20,
        finalUpdateId: 22,
        lastReceivedAtUs: START_US + 1e6,
        receivedAtUs: START_US + 3e6,
      },
      {
        type: 'synced',
        lastUpdateId: 22,
        firstUpdateId: 20,
        finalUpdateId: 22,
        receivedAtUs: START_US + 5e6,
      },
    ]);
  });

  it('times a gap among buffered diffs by the receipt of the diff that revealed it', () => {
    const result = view([diff(0, [1, 5, 0]), diff(7, [8, 9, 7]), snapshot(9, 4)]);
    expect(result.events[1]).toMatchObject({
      type: 'gap',
      lastReceivedAtUs: START_US,
      receivedAtUs: START_US + 7e6,
    });
  });

  it('joins a snapshot that came just before the diff that reveals the gap', () => {
    const result = view([
      snapshot(0, 10),
      diff(1, [10, 12, 9]),
      snapshot(60, 100, { bids: [['7', '7']] }),
      diff(61, [99, 101, 98]),
    ]);
    expect(result).toMatchObject({
      state: 'live',
      gaps: 1,
      lastUpdateId: 101,
      bestBid: ['7', '7'],
      pending: 0,
    });
  });

  it('keeps the last exact book when a gap is not healed', () => {
    const result = view([
      snapshot(0, 10, { bids: [['1', '1']] }),
      diff(1, [10, 12, 9]),
      diff(3, [20, 22, 19], { bids: [['2', '2']] }),
    ]);
    expect(result).toMatchObject({
      state: 'gap',
      gaps: 1,
      lastUpdateId: 12,
      pending: 1,
      bestBid: ['1', '1'],
    });
    expect(result.receivedAtUs).toBe(START_US + 1e6);
  });

  it('takes a snapshot that no diff follows as the book', () => {
    const result = view([diff(0, [1, 5, 0]), snapshot(1, 10, { asks: [['3.0', '0.50']] })]);
    expect(result).toMatchObject({
      state: 'waiting',
      lastUpdateId: 10,
      bestAsk: ['3', '0.5'],
      stale: 1,
      applied: 0,
    });
  });

  it('counts a diff with a malformed level as refused and as a gap', () => {
    const result = view([
      snapshot(0, 10),
      diff(1, [11, 12, 10], { bids: [['x', '1']] }),
      diff(2, [13, 14, 12]),
    ]);
    expect(result).toMatchObject({ refused: 1, gaps: 1, pending: 1, applied: 0, state: 'gap' });
    expect(result.events[1]).toMatchObject({ type: 'gap', reason: 'malformed', finalUpdateId: 12 });
    expectEveryMessageCounted(result);
  });

  it('counts a diff whose ids are no numbers as refused', () => {
    const result = view([snapshot(0, 10), diff(1, [11, 2 ** 60, 10])]);
    expect(result).toMatchObject({ refused: 1, pending: 0, state: 'waiting' });
  });

  it('drops, and counts, what waits for a snapshot beyond the limit of the buffer', () => {
    const messages = Array.from({ length: 10_001 }, (_, index) => diff(index, [index, index, index - 1]));
    const result = view([...messages, snapshot(20_000, 10_000, { bids: [['1', '1']] })]);
    expect(result).toMatchObject({ messages: 10_001, dropped: 10_000, applied: 1, gaps: 0, pending: 0 });
  });

  it('marks the book as unproven from a damaged message on', () => {
    const result = view([snapshot(0, 10), diff(1, [11, 12, 10], { damagedRows: 1 }), diff(2, [13, 14, 12])]);
    expect(result).toMatchObject({
      state: 'unproven',
      unprovenSince: 12,
      lastUpdateId: 14,
      applied: 2,
      gaps: 0,
    });
  });

  it('marks the book of a damaged snapshot as unproven', () => {
    expect(view([snapshot(0, 10, { damagedRows: 2 })])).toMatchObject({
      state: 'unproven',
      unprovenSince: 10,
    });
  });

  it.each([
    ['behind the last diff', 13],
    ['at the last diff', 16],
    ['ahead of the last diff', 18],
  ])('proves a damaged book again by a snapshot %s', (_where, snapshotId) => {
    const result = view([
      snapshot(0, 10, { bids: [['1', '1']] }),
      diff(1, [11, 12, 10], { damagedRows: 1, bids: [['2', '2']] }),
      diff(2, [13, 14, 12], { bids: [['3', '3']] }),
      diff(3, [15, 16, 14], { bids: [['4', '4']] }),
      snapshot(4, snapshotId, { bids: [['9', '9']] }),
      diff(5, [17, 18, 16], { bids: [['5', '5']] }),
    ]);
    const expected = { 13: ['9', '5', '4', '3'], 16: ['9', '5', '4'], 18: ['9', '5'] }[snapshotId];
    expect(result).toMatchObject({ state: 'live', unprovenSince: null, lastUpdateId: 18, applied: 4 });
    expect(result.top.bids.map(([price]) => price)).toEqual(expected);
  });

  it('does not prove a damaged book by a snapshot from before the damage, or by a damaged one', () => {
    const damage = [snapshot(0, 10), diff(1, [11, 12, 10]), diff(2, [13, 14, 12], { damagedRows: 1 })];
    expect(view([...damage, snapshot(3, 13)])).toMatchObject({ state: 'unproven', unprovenSince: 14 });
    expect(view([...damage, snapshot(3, 14, { damagedRows: 1 })])).toMatchObject({ state: 'unproven' });
    const later = [snapshot(3, 16), diff(4, [15, 17, 14], { damagedRows: 1 })];
    expect(view([...damage, ...later])).toMatchObject({ state: 'unproven', unprovenSince: 14 });
  });

  it('takes the book of a resync as proven', () => {
    const damage = [snapshot(0, 10), diff(1, [11, 12, 10], { damagedRows: 1 }), diff(2, [21, 22, 20])];
    expect(view(damage)).toMatchObject({ state: 'gap', unprovenSince: 12 });
    expect(view([...damage, snapshot(3, 21)])).toMatchObject({ state: 'live', unprovenSince: null, gaps: 1 });
    expect(view([...damage, snapshot(3, 30)])).toMatchObject({ state: 'waiting', unprovenSince: null });
  });

  it.each([
    [10, 10_000, 'live'],
    [10, 10_001, 'unproven'],
    [5010, 10_001, 'live'],
  ])(
    'proves a damaged book by a snapshot at %i while its %i diffs are remembered: %s',
    (snapshotId, sound, state) => {
      const diffs = Array.from({ length: sound }, (_, index) =>
        diff(2, [index + 11, index + 11, index + 10]),
      );
      const damage = [snapshot(0, 8), diff(1, [9, 9, 8]), diff(1, [10, 10, 9], { damagedRows: 1 })];
      expect(view([...damage, ...diffs, snapshot(3, snapshotId)])).toMatchObject({ state });
    },
  );

  it('does not mistake diffs from before a second damage for those behind it', () => {
    const diffs = Array.from({ length: 12_000 }, (_, index) =>
      diff(1, [index + 11, index + 11, index + 10], { damagedRows: index === 0 || index === 9000 ? 1 : 0 }),
    );
    const messages = [snapshot(0, 10), ...diffs];
    expect(view([...messages, snapshot(3, 9010)])).toMatchObject({ state: 'unproven' });
    expect(view([...messages, snapshot(3, 12_010)])).toMatchObject({ state: 'live' });
  });

  it.each([
    ['no-message', []],
    ['no-snapshot', [diff(0, [1, 2, 0])]],
    ['no-join', [diff(0, [5, 6, 4]), snapshot(1, 2)]],
    ['no-join', [snapshot(0, 2), diff(1, [5, 6, 4])]],
  ] as const)('says %s where there is no book', (reason, messages) => {
    expect(replayed(messages).noBookReason).toBe(reason);
  });

  it('counts every message once, whatever is lost, repeated or refused', () => {
    const step = fc.record({
      what: fc.constantFrom(
        'next',
        'next',
        'next',
        'lose',
        'repeat',
        'malformed',
        'snapshot',
        'old snapshot',
      ),
      ids: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let last = 100;
        const messages: DepthMessage[] = [];
        steps.forEach(({ what, ids }, second) => {
          if (what === 'snapshot' || what === 'old snapshot') {
            messages.push(snapshot(second, what === 'snapshot' ? last : last - 50));
            return;
          }
          if (what === 'repeat' && messages.length > 0) messages.push(messages[messages.length - 1]!);
          const levels = what === 'malformed' ? { bids: [['-', '-']] as const } : {};
          if (what !== 'lose') messages.push(diff(second, [last + 1, last + ids, last], levels));
          last += ids;
        });
        const result = view(messages);
        expectEveryMessageCounted(result);
        expect(result.messages).toBe(messages.filter(({ type }) => type === 'diff').length);
        expect(result.events.filter(({ type }) => type === 'gap')).toHaveLength(result.gaps);
      }),
    );
  });
});
