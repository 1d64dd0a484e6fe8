import { errorWith } from './expected-error.ts';
import { diff, live, observe, type Observed, spotDiff } from './observed-sync.ts';

describe('joining diffs to a snapshot', () => {
  it('asks for a snapshot at the first diff and only once', () => {
    const { sync, events } = observe();
    sync.diff(diff(0, 10));
    sync.diff(diff(10, 20));
    expect(events).toEqual(['needs start (1)']);
    expect([sync.state, sync.lastUpdateId, sync.epoch]).toEqual(['buffering', undefined, 1]);
  });

  it('never asks at the start when a snapshot came before the first diff', () => {
    const { sync, events } = observe();
    sync.snapshot({ lastUpdateId: 10 });
    expect([sync.state, sync.lastUpdateId]).toEqual(['waiting', 10]);
    sync.diff(diff(10, 20));
    expect(events).toEqual(['snapshot 10', 'joined 10-20 (1)', 'diff 20']);
    expect([sync.state, sync.lastUpdateId]).toEqual(['live', 20]);
  });

  it.each([
    ['straddles the snapshot', diff(5, 20), 10],
    [
      'begins at the id of the snapshot',
      { firstUpdateId: 10, finalUpdateId: 20, previousFinalUpdateId: 8 },
      10,
    ],
    ['follows the snapshot exactly, so that nothing straddles it', diff(10, 20), 10],
    ['ends at the id of the snapshot', diff(5, 10), 10],
    ['straddles the snapshot on spot', spotDiff(9, 20), 10],
    ['begins one after the snapshot on spot', spotDiff(11, 20), 10],
  ])('joins at a diff that %s', (_, first, lastUpdateId) => {
    const { sync, events } = observe();
    sync.diff(first);
    sync.snapshot({ lastUpdateId });
    expect(events.slice(1)).toEqual([
      'snapshot 10',
      `joined 10-${first.finalUpdateId} (1)`,
      `diff ${first.finalUpdateId}`,
    ]);
  });

  it('leaves out a diff that ends at the id of the snapshot on spot', () => {
    const { sync, events } = observe();
    sync.diff(spotDiff(6, 10));
    sync.snapshot({ lastUpdateId: 10 });
    sync.diff(spotDiff(11, 12));
    expect(events.slice(1)).toEqual(['snapshot 10', 'covered 10', 'joined 10-12 (1)', 'diff 12']);
  });

  it('takes what was buffered in order: the snapshot, what it covers, what follows', () => {
    const { sync, events } = observe();
    for (const id of [10, 20, 30, 40]) sync.diff(diff(id - 10, id));
    sync.snapshot({ lastUpdateId: 25 });
    expect(events.slice(1)).toEqual([
      'snapshot 25', 'covered 10', 'covered 20', 'joined 25-30 (1)', 'diff 30', 'diff 40',
    ]); // prettier-ignore
  });

  it('waits, and is not live, when the snapshot is ahead of all diffs', () => {
    const { sync, events } = observe();
    sync.diff(diff(0, 10));
    sync.snapshot({ lastUpdateId: 25 });
    sync.diff(diff(10, 20));
    expect(events.slice(1)).toEqual(['snapshot 25', 'covered 10', 'covered 20']);
    expect(sync.state).toBe('waiting');
    sync.diff(diff(20, 30));
    expect(sync.state).toBe('live');
  });

  it('keeps the buffered diffs and asks again when the snapshot is too old for them', () => {
    const { sync, events } = observe();
    for (const id of [20, 30]) sync.diff(diff(id - 10, id));
    sync.snapshot({ lastUpdateId: 5 });
    expect(events).toEqual(['needs start (1)', 'needs snapshot-behind (2)']);
    sync.snapshot({ lastUpdateId: 25 }, 2);
    expect(events.slice(2)).toEqual(['snapshot 25', 'covered 20', 'joined 25-30 (2)', 'diff 30']);
  });

  it('gives up a snapshot that was waiting when the first diff shows that it is too old', () => {
    const { sync, events } = observe();
    sync.snapshot({ lastUpdateId: 5 });
    sync.diff(diff(10, 20));
    expect(events).toEqual(['snapshot 5', 'needs snapshot-behind (2)']);
    expect([sync.state, sync.lastUpdateId]).toEqual(['buffering', undefined]);
    sync.snapshot({ lastUpdateId: 10 });
    expect(events.slice(2)).toEqual(['snapshot 10', 'joined 10-20 (2)', 'diff 20']);
  });

  it('takes a newer snapshot while waiting, and no older one', () => {
    const { sync, events } = observe();
    for (const lastUpdateId of [10, 9, 10, 12]) sync.snapshot({ lastUpdateId });
    sync.diff(diff(11, 20));
    expect(events).toEqual(['snapshot 10', 'snapshot 12', 'joined 12-20 (1)', 'diff 20']);
  });

  it('accepts the snapshot of a listing that never had an update', () => {
    const { sync, events } = observe();
    sync.snapshot({ lastUpdateId: -1 });
    sync.diff({ firstUpdateId: 0, finalUpdateId: 3, previousFinalUpdateId: -1 });
    expect(events).toEqual(['snapshot -1', 'joined -1-3 (1)', 'diff 3']);
  });

  it('drops a snapshot that answers an older epoch', () => {
    const { sync, events } = observe();
    sync.diff(diff(10, 20));
    sync.restart('gap');
    sync.snapshot({ lastUpdateId: 15 }, 1);
    expect(events).toEqual(['needs start (1)', 'needs gap (2)']);
    sync.snapshot({ lastUpdateId: 15 }, 2);
    expect(sync.state).toBe('live');
  });
});

describe('a live sync', () => {
  it('applies every diff whose pu is the last u', () => {
    const { sync, events } = live();
    for (const id of [30, 40]) sync.diff(diff(id - 10, id));
    expect(events).toEqual(['diff 30', 'diff 40']);
    expect(sync.lastUpdateId).toBe(40);
  });

  it('leaves out diffs that were applied before, as an overlapping connection sends them', () => {
    const { sync, events } = live();
    for (const id of [10, 20, 15, 30]) sync.diff(diff(id - 10, id));
    expect(events).toEqual(['covered 10', 'covered 20', 'covered 15', 'diff 30']);
  });

  it('reports a gap at the first diff after a lost one and keeps that diff', () => {
    const { sync, events } = live();
    sync.diff(diff(30, 40));
    sync.diff(diff(40, 50));
    expect(events).toEqual(['gap sequence 20-30 (1)', 'needs gap (2)']);
    expect([sync.state, sync.lastUpdateId, sync.epoch]).toEqual(['buffering', undefined, 2]);
    sync.snapshot({ lastUpdateId: 35 }, 2);
    expect(events.slice(2)).toEqual(['snapshot 35', 'joined 35-40 (2)', 'diff 40', 'diff 50']);
  });

  it('reports a gap on spot when U is not the last u plus one', () => {
    const { sync, events } = live();
    sync.diff(spotDiff(21, 25));
    sync.diff(spotDiff(27, 29));
    expect(events).toEqual(['diff 25', 'gap sequence 25-26 (1)', 'needs gap (2)']);
  });

  it('reports a gap at a diff that begins before the last u and ends after it', () => {
    const { sync, events } = live();
    sync.diff(diff(15, 25));
    expect(events).toEqual(['gap sequence 20-15 (1)', 'needs gap (2)']);
  });

  it('finds the gap among the diffs that were buffered', () => {
    const { sync, events } = observe();
    for (const id of [10, 20, 40, 50]) sync.diff(diff(id - 10, id));
    sync.snapshot({ lastUpdateId: 5 });
    expect(events.slice(1)).toEqual([
      'snapshot 5', 'joined 5-10 (1)', 'diff 10', 'diff 20', 'gap sequence 20-30 (1)', 'needs gap (2)',
    ]); // prettier-ignore
    sync.snapshot({ lastUpdateId: 40 });
    expect(events.slice(7)).toEqual(['snapshot 40', 'joined 40-40 (2)', 'diff 40', 'diff 50']);
  });

  it('is not changed by a snapshot', () => {
    const { sync, events } = live();
    for (const lastUpdateId of [5, 20, 25]) sync.snapshot({ lastUpdateId });
    sync.diff(diff(20, 30));
    expect(events).toEqual(['diff 30']);
  });

  it('bridges a gap with a snapshot that came between the diffs on its two sides', () => {
    const { sync, events } = live();
    for (const lastUpdateId of [35, 33]) sync.snapshot({ lastUpdateId });
    sync.diff(diff(30, 40));
    expect(events).toEqual(['gap sequence 20-30 (1)', 'snapshot 35', 'joined 35-40 (2)', 'diff 40']);
  });

  it('asks for another snapshot when the one that came while live does not reach over the gap', () => {
    const { sync, events } = live();
    sync.snapshot({ lastUpdateId: 25 });
    sync.diff(diff(30, 40));
    expect(events).toEqual(['gap sequence 20-30 (1)', 'needs snapshot-behind (3)']);
    sync.snapshot({ lastUpdateId: 33 }, 3);
    expect(sync.state).toBe('live');
  });

  it('forgets a snapshot that the diffs have passed', () => {
    const { sync, events } = live();
    sync.snapshot({ lastUpdateId: 25 });
    sync.diff(diff(20, 30));
    sync.diff(diff(40, 50));
    expect(events).toEqual(['diff 30', 'gap sequence 30-40 (1)', 'needs gap (2)']);
  });

  it('gives the book up on restart and keeps what is buffered', () => {
    const { sync, events } = live();
    sync.restart('gap');
    sync.diff(diff(20, 30));
    sync.restart('gap');
    expect(events).toEqual(['needs gap (2)', 'needs gap (3)']);
    sync.snapshot({ lastUpdateId: 22 }, 3);
    expect(events.slice(2)).toEqual(['snapshot 22', 'joined 22-30 (3)', 'diff 30']);
  });
});

describe('a full buffer', () => {
  it('is dropped as a gap, and a snapshot is asked for anew', () => {
    const { sync, events } = observe(3);
    for (const id of [10, 20, 30, 40]) sync.diff(diff(id - 10, id));
    expect(events).toEqual(['needs start (1)', 'gap overflow 0-30 (1)', 'needs buffer-full (2)']);
    sync.snapshot({ lastUpdateId: 35 });
    expect(events.slice(3)).toEqual(['snapshot 35', 'joined 35-40 (2)', 'diff 40']);
  });

  it('continues the gap that began the buffering', () => {
    const { sync, events } = live(2);
    for (const id of [40, 50, 60]) sync.diff(diff(id - 10, id));
    expect(events).toEqual([
      'gap sequence 20-30 (1)', 'needs gap (2)', 'gap overflow 30-50 (2)', 'needs buffer-full (3)',
    ]); // prettier-ignore
  });

  it.each([0, -1, 1.5, NaN, Infinity])('of %p diffs is refused', (bufferedDiffsMax) => {
    expect(() => observe(bufferedDiffsMax)).toThrow(errorWith('OPTION_INVALID'));
  });
});

describe('a handler', () => {
  it('may answer a request at once', () => {
    const { sync, events } = observe(undefined, {
      snapshotNeeded: (self) => self.snapshot({ lastUpdateId: self.epoch === 1 ? 35 : 65 }, self.epoch),
    });
    for (const id of [40, 50, 70, 80]) sync.diff(diff(id - 10, id));
    expect(events).toEqual([
      'needs start (1)', 'snapshot 35', 'joined 35-40 (1)', 'diff 40', 'diff 50',
      'gap sequence 50-60 (1)', 'needs gap (2)', 'snapshot 65', 'joined 65-70 (2)', 'diff 70', 'diff 80',
    ]); // prettier-ignore
  });

  it('may hand in a diff, which is taken after the one that is being applied', () => {
    let isFirst = true;
    const { sync, events } = live(undefined, {
      applyDiff: (self) => {
        if (self.lastUpdateId !== 30 || !isFirst) return;
        isFirst = false;
        self.diff(diff(30, 40));
        events.push('end of 30');
      },
    });
    sync.diff(diff(20, 30));
    expect(events).toEqual(['diff 30', 'end of 30', 'diff 40']);
    expect(sync.lastUpdateId).toBe(40);
  });

  it('may restart the sync while a diff is applied', () => {
    const { sync, events } = live(undefined, {
      applyDiff: (self) => self.lastUpdateId === 30 && self.restart('gap'),
    });
    sync.diff(diff(20, 30));
    expect(events).toEqual(['diff 30', 'needs gap (2)']);
    expect(sync.state).toBe('buffering');
  });
});

describe('a message that cannot be applied', () => {
  const refusing = (id: number) => (self: Observed['sync']) => {
    if (self.lastUpdateId === id) throw new RangeError(`refused ${id}`);
  };

  it('is a gap when it is a diff, and the error reaches the caller', () => {
    const { sync, events } = live(undefined, { applyDiff: refusing(30) });
    expect(() => sync.diff(diff(20, 30))).toThrow('refused 30');
    sync.diff(diff(30, 40));
    expect(events).toEqual(['diff 30', 'gap malformed 20-20 (1)', 'needs gap (2)']);
    expect([sync.state, sync.lastUpdateId]).toEqual(['buffering', undefined]);
    sync.snapshot({ lastUpdateId: 35 }, 2);
    expect(events.slice(3)).toEqual(['snapshot 35', 'joined 35-40 (2)', 'diff 40']);
  });

  it('leaves the diffs behind it in the buffer', () => {
    const { sync, events } = observe(undefined, { applyDiff: refusing(20) });
    for (const id of [10, 20, 30, 40]) sync.diff(diff(id - 10, id));
    expect(() => sync.snapshot({ lastUpdateId: 5 })).toThrow('refused 20');
    expect(sync.state).toBe('buffering');
    events.length = 0;
    sync.snapshot({ lastUpdateId: 30 });
    expect(events).toEqual(['snapshot 30', 'joined 30-30 (2)', 'diff 30', 'diff 40']);
  });

  it('is not taken when it is a snapshot, and another one is asked for', () => {
    let isFirst = true;
    const { sync, events } = observe(undefined, {
      applySnapshot: () => {
        if (!isFirst) return;
        isFirst = false;
        throw new RangeError('refused');
      },
    });
    sync.diff(diff(0, 10));
    expect(() => sync.snapshot({ lastUpdateId: 5 }, 1)).toThrow('refused');
    expect(events.slice(1)).toEqual(['snapshot 5', 'needs snapshot-malformed (2)']);
    sync.snapshot({ lastUpdateId: 5 }, 2);
    expect(sync.state).toBe('live');
  });

  it.each([NaN, 1.5, Infinity, 2 ** 53])('is refused for its id %p without an effect', (id) => {
    const { sync, events } = live();
    const invalid = errorWith('IDS_INVALID');
    expect(() => sync.diff(diff(20, id))).toThrow(invalid);
    expect(() => sync.diff({ firstUpdateId: id, finalUpdateId: 30, previousFinalUpdateId: 20 })).toThrow(
      invalid,
    );
    expect(() => sync.diff({ firstUpdateId: 22, finalUpdateId: 30, previousFinalUpdateId: id })).toThrow(
      invalid,
    );
    expect(() => sync.snapshot({ lastUpdateId: id })).toThrow(invalid);
    sync.diff(diff(20, 30));
    expect(events).toEqual(['diff 30']);
  });
});
