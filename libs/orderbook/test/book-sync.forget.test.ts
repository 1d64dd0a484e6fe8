import { diff, live, observe, type Observed } from './observed-sync.ts';

describe('letting go of diffs that wait for a snapshot', () => {
  function buffering(): Observed {
    const observed = observe();
    for (let u = 10; u < 60; u += 10) observed.sync.diff(diff(u, u + 10));
    observed.events.length = 0;
    return observed;
  }

  it('drops the oldest up to the first that is kept, and tells nothing', () => {
    const { sync, events } = buffering();
    expect(sync.forgetBuffered(({ finalUpdateId }) => finalUpdateId <= 40 || finalUpdateId === 60)).toBe(3);
    expect(sync.forgetBuffered(({ finalUpdateId }) => finalUpdateId <= 40)).toBe(0);
    expect(events).toEqual([]);
  });

  it('joins a snapshot that what is left continues', () => {
    const { sync, events } = buffering();
    sync.forgetBuffered(({ finalUpdateId }) => finalUpdateId <= 40);
    sync.snapshot({ lastUpdateId: 45 });
    expect(events).toEqual(['snapshot 45', 'joined 45-50 (1)', 'diff 50', 'diff 60']);
  });

  it('asks again when the snapshot is older than what is left', () => {
    const { sync, events } = buffering();
    sync.forgetBuffered(({ finalUpdateId }) => finalUpdateId <= 40);
    sync.snapshot({ lastUpdateId: 35 });
    expect(events).toEqual(['needs snapshot-behind (2)']);
    sync.snapshot({ lastUpdateId: 45 });
    expect(sync.state).toBe('live');
  });

  it('may leave none', () => {
    const { sync } = buffering();
    expect(sync.forgetBuffered(() => true)).toBe(5);
    sync.snapshot({ lastUpdateId: 60 });
    sync.diff(diff(60, 70));
    expect(sync.lastUpdateId).toBe(70);
    expect(sync.state).toBe('live');
  });

  it('has nothing to drop when live', () => {
    expect(live().sync.forgetBuffered(() => true)).toBe(0);
  });
});
