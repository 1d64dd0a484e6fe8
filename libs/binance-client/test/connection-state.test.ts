import fc from 'fast-check';
import { backoffDelayMs, INITIAL_STATE, isSource, ownedIds, stepConnection } from '@org/binance-client';
import type {
  ConnectionEffect,
  ConnectionEvent,
  ConnectionPolicy,
  ConnectionState,
} from '@org/binance-client';

const policy: ConnectionPolicy = {
  initialDelayMs: 500, maxDelayMs: 30_000, maxRetries: 0, steadyAfterMs: 10_000, lifetimeMs: 84_600_000,
  overlapMs: 30_000, lingerMs: 1_000,
}; // prettier-ignore

/** Steps through events by hand; connection ids count from 1, chance is as large as it gets. */
class Bench {
  state: ConnectionState = INITIAL_STATE;
  effects: readonly ConnectionEffect[] = [];
  nextId = 1;
  nowMs = 0;
  chance = 1 - Number.EPSILON;
  readonly #policy: ConnectionPolicy;

  constructor(changed: Partial<ConnectionPolicy> = {}) {
    this.#policy = { ...policy, ...changed };
  }

  tell(...events: ConnectionEvent[]): this {
    for (const event of events) {
      const input = { nowMs: this.nowMs, chance: this.chance, freshId: this.nextId };
      const step = stepConnection(this.#policy, this.state, event, input);
      for (const effect of step.effects) if (effect.type === 'open') this.nextId = effect.id + 1;
      this.state = step.state;
      this.effects = step.effects;
    }
    return this;
  }

  at(nowMs: number): this {
    this.nowMs = nowMs;
    return this;
  }

  get waitMs(): number | undefined {
    return this.effects.find((effect) => effect.type === 'setTimer' && effect.timer === 'resume')?.[
      'delayMs' as never
    ];
  }
}

const opened = (id: number): ConnectionEvent => ({ type: 'opened', id });
const data = (id: number): ConnectionEvent => ({ type: 'data', id });
const closed = (id: number, more: object = {}): ConnectionEvent => ({
  type: 'closed',
  id,
  code: 1000,
  reason: '',
  ...more,
});
const silent = (id: number): ConnectionEvent => ({ type: 'silent', id, reason: 'no data' });
const leaving = (id: number): ConnectionEvent => ({ type: 'leaving', id });
const due = (timer: 'resume' | 'rotate' | 'handover'): ConnectionEvent => ({ type: 'due', timer });
const liveBench = () => new Bench().tell({ type: 'start' }, opened(1), data(1));
const rotatingBench = () => liveBench().tell(due('rotate'), opened(2));

describe('a connection', () => {
  it('goes through connecting and subscribing to live', () => {
    const bench = new Bench().tell({ type: 'start' });
    expect(bench.state).toMatchObject({ name: 'connecting', id: 1, attempt: 0 });
    expect(bench.effects).toEqual([{ type: 'open', id: 1 }]);
    bench.tell(opened(1));
    expect(bench.state.name).toBe('subscribing');
    expect(bench.effects).toContainEqual({ type: 'subscribe', id: 1 });
    expect(bench.tell(data(1)).state.name).toBe('live');
  });

  it('treats a clean close like any other close', () => {
    const clean = liveBench().tell(closed(1, { code: 1000 }));
    const torn = liveBench().tell(closed(1, { code: 1006 }));
    expect(clean.state).toEqual(torn.state);
    expect(clean.state.name).toBe('waiting');
  });

  it('climbs the whole back-off ladder while nothing is delivered, and stays at its top', () => {
    const bench = new Bench().tell({ type: 'start' });
    const waits = [];
    for (let id = 1; id <= 9; id++)
      waits.push(bench.tell(opened(id), closed(id)).waitMs, bench.tell(due('resume')).state.name);
    expect(waits.filter((wait) => typeof wait === 'number')).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ]);
  });

  it('resets the back-off at the first data message, not at open', () => {
    const bench = new Bench().tell({ type: 'start' }, closed(1), due('resume'), closed(2), due('resume'));
    expect(bench.tell(opened(3)).state).toMatchObject({ attempt: 2 });
    expect(bench.tell(data(3)).state).toMatchObject({ attempt: 0 });
    expect(bench.tell(closed(3)).waitMs).toBe(500);
  });

  it('waits at least as long as the server told', () => {
    expect(liveBench().tell(closed(1, { retryAfterMs: 90_000 })).waitMs).toBe(90_000);
  });

  it('gives up after the last retry, and never when there is no last', () => {
    const bench = new Bench({ maxRetries: 2 }).tell(
      { type: 'start' },
      closed(1),
      due('resume'),
      closed(2),
      due('resume'),
      closed(3),
    );
    expect(bench.state).toEqual({ name: 'stopped', gaveUp: true });
    expect(bench.effects).toContainEqual({ type: 'report', report: { type: 'gaveUp', attempts: 3 } });
    const patient = new Bench().tell({ type: 'start' });
    for (let id = 1; id <= 1000; id++) patient.tell(closed(id), due('resume'));
    expect(patient.state.name).toBe('connecting');
  });

  it('is cut when its peer is dead', () => {
    const bench = liveBench().tell({ type: 'dead', id: 1, reason: 'no answer' });
    expect(bench.state.name).toBe('waiting');
    expect(bench.effects[0]).toEqual({ type: 'terminate', id: 1 });
  });

  it('that delivered for 10 s is reconnected at once, and only the next attempts wait', () => {
    const bench = liveBench().at(10_000).tell(closed(1));
    expect(bench.waitMs).toBe(0);
    expect(bench.tell(due('resume'), closed(2)).waitMs).toBe(500);
    expect(bench.tell(due('resume'), closed(3)).waitMs).toBe(1000);
    expect(liveBench().at(9_999).tell(closed(1)).waitMs).toBe(500);
    expect(
      liveBench()
        .at(10_000)
        .tell(closed(1, { retryAfterMs: 7_000 })).waitMs,
    ).toBe(7_000);
  });

  it('that was open for long and delivered for less is not reconnected at once', () => {
    const bench = new Bench().tell({ type: 'start' }, opened(1)).at(60_000);
    expect(bench.tell(data(1)).at(65_000).tell(closed(1)).waitMs).toBe(500);
  });
});

describe('a rotation', () => {
  it('keeps the old connection until the successor covers it and the linger is over', () => {
    const bench = rotatingBench().tell(data(2));
    expect(bench.state).toMatchObject({ name: 'live', id: 1, successor: { phase: 'live', id: 2 } });
    bench.tell({ type: 'covered', id: 2 });
    expect(bench.effects).toEqual([{ type: 'setTimer', timer: 'handover', delayMs: 1_000 }]);
    expect(bench.state).toMatchObject({ id: 1 });
    bench.tell(due('handover'));
    expect(bench.state).toMatchObject({ name: 'live', id: 2, successor: undefined, retiring: { id: 1 } });
    expect(bench.effects).toContainEqual({ type: 'close', id: 1 });
    expect(bench.tell(closed(1)).state).toMatchObject({ id: 2, retiring: undefined });
  });

  it('keeps the old connection when the successor shows nothing, and tries again', () => {
    const bench = rotatingBench().tell(due('handover'));
    expect(bench.state).toMatchObject({ name: 'live', id: 1, successor: undefined, failedRotations: 1 });
    expect(bench.effects).toContainEqual({ type: 'terminate', id: 2 });
    expect(bench.effects).toContainEqual({ type: 'setTimer', timer: 'rotate', delayMs: 500 });
  });

  it('hands over a connection that has nothing to show to a successor that is open', () => {
    const bench = new Bench().tell({ type: 'start' }, opened(1), due('rotate'), opened(2), {
      type: 'covered',
      id: 2,
    });
    expect(bench.tell(due('handover')).state).toMatchObject({
      name: 'subscribing',
      id: 2,
      retiring: { id: 1 },
    });
  });

  it('goes on with the successor at once when the old connection is lost', () => {
    const bench = rotatingBench().tell(closed(1));
    expect(bench.state).toMatchObject({ name: 'subscribing', id: 2, successor: undefined });
    expect(bench.tell(data(2)).state).toMatchObject({ name: 'live', id: 2 });
  });

  it('reconnects in the second generation as in the first, and rotates again', () => {
    const bench = rotatingBench().tell(data(2), { type: 'covered', id: 2 }, due('handover'), closed(1));
    const second = new Bench();
    Object.assign(second, { state: bench.state, nextId: bench.nextId });
    expect(second.tell(due('rotate')).state).toMatchObject({ id: 2, successor: { id: 3 } });
    expect(bench.tell(closed(2)).waitMs).toBe(500);
    expect(bench.tell(due('resume')).state).toMatchObject({ name: 'connecting', id: 3 });
  });
});

describe('a silent connection', () => {
  const silentBench = () => liveBench().at(60_000).tell(silent(1), opened(2));

  it('is kept beside its successor until that delivers, and then reported as silent', () => {
    const bench = liveBench().tell(silent(1));
    expect(bench.state).toMatchObject({ name: 'live', id: 1, successor: { phase: 'connecting', id: 2 } });
    expect(bench.effects).toContainEqual({ type: 'open', id: 2 });
    // It has nothing to show that would have to be covered, and neither has its successor.
    expect(bench.tell(opened(2), { type: 'covered', id: 2 }).effects).toEqual([]);
    bench.tell(data(2), { type: 'covered', id: 2 });
    expect(bench.effects).toEqual([{ type: 'setTimer', timer: 'handover', delayMs: 1_000 }]);
    bench.tell(due('handover'));
    expect(bench.state).toMatchObject({ name: 'live', id: 2, silence: undefined, retiring: { id: 1 } });
    const report = { type: 'closed', id: 1, code: 1000, reason: 'no data', cause: 'silent' };
    expect(bench.tell(closed(1)).effects).toMatchObject([{ type: 'report', report }]);
  });

  it('gives way at once when it turns out dead', () => {
    const bench = silentBench().tell({ type: 'dead', id: 1, reason: 'no answer' });
    expect(bench.state).toMatchObject({
      name: 'subscribing',
      id: 2,
      successor: undefined,
      silence: undefined,
    });
  });

  it('that has no successor for the moment is reconnected when it ends', () => {
    const bench = silentBench().tell(closed(2));
    expect(bench.effects).toContainEqual({ type: 'setTimer', timer: 'rotate', delayMs: 500 });
    expect(bench.tell(closed(1)).waitMs).toBe(0);
  });

  it('opens no successor more for a second word about the same silence', () => {
    const bench = silentBench().tell(silent(1));
    expect(bench.effects).toEqual([]);
    expect(bench.tell(closed(2), silent(1)).effects).toEqual([]);
    expect(bench.tell(due('rotate')).effects).toContainEqual({ type: 'open', id: 3 });
  });

  it('and its successors that deliver nothing open fewer and fewer connections', () => {
    const bench = liveBench();
    const openedAtMs: number[] = [];
    for (let time = 0; time < 20; time++) {
      bench.tell(silent(1));
      if (time > 0) bench.tell(due('rotate'));
      openedAtMs.push(bench.nowMs);
      bench.at(bench.nowMs + 30_000).tell(opened(bench.nextId - 1), due('handover'));
      const retry = bench.effects.find((effect) => effect.type === 'setTimer' && effect.timer === 'rotate');
      bench.at(bench.nowMs + (retry?.type === 'setTimer' ? retry.delayMs : 0));
    }
    const apart = openedAtMs.slice(1).map((atMs, at) => atMs - openedAtMs[at]!);
    expect(apart.slice(0, 3)).toEqual([30_500, 31_000, 32_000]);
    expect(apart.at(-1)).toBe(60_000);
    expect(bench.state).toMatchObject({ name: 'live', id: 1 });
  });
});

describe('the announcement of a shutdown', () => {
  it('opens a successor beside the connection, once', () => {
    const bench = liveBench().tell(leaving(1));
    expect(bench.effects).toContainEqual({ type: 'open', id: 2 });
    expect(bench.tell(leaving(1)).effects).toEqual([]);
    bench.tell(opened(2), data(2), { type: 'covered', id: 2 }, due('handover'));
    expect(bench.state).toMatchObject({ name: 'live', id: 2 });
    expect(bench.tell(leaving(1)).effects).toEqual([]);
  });

  it('on a successor gives it up for another one, after a wait', () => {
    const bench = rotatingBench().tell(leaving(2));
    expect(bench.state).toMatchObject({ name: 'live', id: 1, successor: undefined });
    expect(bench.effects).toContainEqual({ type: 'terminate', id: 2 });
    expect(bench.effects).toContainEqual({ type: 'setTimer', timer: 'rotate', delayMs: 500 });
  });
});

type Move = {
  kind: ConnectionEvent['type'];
  pick: number;
  chance: number;
  timer: 'resume' | 'rotate' | 'handover';
};

const moves = fc.array(
  fc.record<Move>({
    kind: fc.constantFrom(
      'opened',
      'opened',
      'opened',
      'data',
      'data',
      'covered',
      'silent',
      'dead',
      'leaving',
      'closed',
      'due',
      'due',
      'due',
      'start',
      'stop',
    ),
    pick: fc.nat(1000),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
    timer: fc.constantFrom('resume', 'rotate', 'handover'),
  }),
  { maxLength: 120 },
);

function eventOf({ kind, pick, timer }: Move, idCount: number): ConnectionEvent {
  const id = 1 + (pick % (idCount + 1));
  switch (kind) {
    case 'start':
    case 'stop':
      return { type: kind };
    case 'due':
      return { type: 'due', timer };
    case 'closed':
    case 'silent':
    case 'dead':
      return { type: kind, id, code: 1006, reason: '' };
    default:
      return { type: kind, id };
  }
}

describe('in any order of events a connection', () => {
  it('has one source, one successor and one predecessor at most, ignores late events, and stops for good', () => {
    fc.assert(
      fc.property(moves, fc.boolean(), (list, stopsEarly) => {
        let state: ConnectionState = INITIAL_STATE;
        let nextId = 1;
        let nowMs = 0;
        const sockets = new Set<number>();
        const reported = new Map<number, number>();
        const timers = new Set<string>();
        let isStopped = false;
        const events: Move[] = [{ kind: 'start', pick: 0, chance: 0, timer: 'resume' }, ...list];
        for (const move of events) {
          if (move.kind === 'stop' && !stopsEarly) continue;
          if (move.kind === 'due' && !timers.delete(move.timer)) continue;
          const event = eventOf(move, nextId);
          const isLate = 'id' in event && !ownedIds(state).includes(event.id);
          const before: ConnectionState = state;
          nowMs += move.pick * 20;
          const step = stepConnection(policy, state, event, {
            nowMs,
            chance: move.chance,
            freshId: nextId,
          });
          state = step.state;
          if (isLate) {
            expect(step.effects).toEqual([]);
            expect(step.state).toBe(before);
          }
          if (event.type === 'closed' && !isLate) sockets.delete(event.id);
          for (const effect of step.effects) {
            if (isStopped) expect(['close', 'terminate', 'clearTimer', 'report']).toContain(effect.type);
            if (effect.type === 'open') {
              expect(effect.id).toBe(nextId++);
              sockets.add(effect.id);
            }
            if (effect.type === 'terminate') sockets.delete(effect.id);
            if (effect.type === 'setTimer') timers.add(effect.timer);
            if (effect.type === 'clearTimer') timers.delete(effect.timer);
            if (effect.type === 'report' && effect.report.type === 'closed') {
              reported.set(effect.report.id, (reported.get(effect.report.id) ?? 0) + 1);
            }
          }
          isStopped ||= event.type === 'stop';
          expect([...sockets].sort()).toEqual([...ownedIds(state)].sort());
          if (isSource(state))
            expect(sockets.size).toBeLessThanOrEqual(
              1 + (state.successor ? 1 : 0) + (state.retiring ? 1 : 0),
            );
          else if (state.name !== 'stopping') expect(sockets.size).toBe(0);
          if (state.name === 'waiting') expect(timers.has('resume')).toBe(true);
          if (isSource(state) && state.name !== 'connecting') {
            // It is always on the way to its replacement: by age, or by a successor that is there or due.
            expect(timers.has('rotate') || timers.has('handover')).toBe(true);
          }
          if (state.name === 'stopped' || state.name === 'stopping') expect(timers.size).toBe(0);
        }
        for (let id = 1; id < nextId; id++) expect(reported.get(id) ?? 0).toBe(sockets.has(id) ? 0 : 1);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the back-off', () => {
  it('is never negative and never above its bound, at every attempt and chance', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (attempt, chance) => {
          const delayMs = backoffDelayMs(policy, attempt, chance);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** (attempt - 1)));
        },
      ),
    );
  });
});
