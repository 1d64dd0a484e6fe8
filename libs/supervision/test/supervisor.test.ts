import type { SupervisionError } from '@org/supervision';
import { settle } from './manual-clock.ts';
import { policy, World } from './scripted-world.ts';

describe('starting', () => {
  it('starts a group when every child of the one before is ready, and the children of a group at once', async () => {
    const world = new World();
    const started = world.supervisor.start([
      [world.spec('a')],
      [world.spec('b1'), world.spec('b2')],
      [world.spec('c')],
    ]);
    expect(world.log).toEqual(['a spawn 1']);
    expect(world.state('c')).toBe('waiting');
    world.child('a').becomesReady();
    await settle();
    expect(world.log).toEqual(['a spawn 1', 'b1 spawn 1', 'b2 spawn 1']);
    world.child('b2').becomesReady();
    await settle();
    expect(world.log).toHaveLength(3);
    world.child('b1').becomesReady();
    await settle();
    world.child('c').becomesReady();
    await started;
    expect(world.supervisor.status()).toMatchObject([
      { id: 'a', role: 'scripted', pid: 1, state: 'ready', restarts: 0, startedAtMs: 1_000_000 },
      { id: 'b1', state: 'ready' },
      { id: 'b2', state: 'ready' },
      { id: 'c', state: 'ready' },
    ]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('waits for the next life of a child that dies before it is ready', async () => {
    const world = new World();
    const started = world.supervisor.start([[world.spec('a')], [world.spec('b')]]);
    world.child('a').exit({ code: 1 });
    expect(world.state('a')).toBe('waiting');
    await world.clock.advance(499);
    expect(world.log).toEqual(['a spawn 1']);
    await world.clock.advance(1);
    world.child('a').becomesReady();
    await settle();
    world.child('b').becomesReady();
    await started;
    expect(world.log).toEqual(['a spawn 1', 'a spawn 2', 'b spawn 1']);
    expect(world.supervisor.status()[0]).toMatchObject({ restarts: 1, pid: 2 });
  });

  it('kills and restarts a child that is not ready in time, and does not believe it any more', async () => {
    const exits: unknown[] = [];
    const world = new World({ exited: (_id, exit) => exits.push(exit) });
    const started = world.supervisor.start([[world.spec('a')]]);
    const late = world.child('a');
    late.diesOf = [];
    await world.clock.advance(5000);
    expect(late.signals).toEqual(['SIGKILL']);
    late.becomesReady();
    expect(world.state('a')).toBe('starting');
    late.exit({ signal: 'SIGKILL' });
    expect(exits).toEqual([{ code: null, signal: 'SIGKILL', expected: false, readyTimedOut: true }]);
    await world.clock.advance(500);
    world.child('a').becomesReady();
    await started;
  });

  it('takes a child that cannot be spawned for one that crashed', async () => {
    const exits: unknown[] = [];
    const world = new World({ exited: (_id, exit) => exits.push(exit) });
    const cause = new Error('no more processes');
    const normal = world.spec('a');
    const spawn = (incarnation: number) => {
      if (incarnation === 1) throw cause;
      return normal.spawn(incarnation);
    };
    const started = world.supervisor.start([[{ ...normal, spawn }]]);
    expect(exits).toEqual([{ code: null, signal: null, expected: false, readyTimedOut: false, cause }]);
    await world.clock.advance(500);
    world.child('a').becomesReady();
    await started;
  });

  it('rejects when it is stopped meanwhile, and starts nothing more', async () => {
    const world = new World();
    const started = world.supervisor.start([[world.spec('a')], [world.spec('b')]]);
    const stopped = world.supervisor.stop();
    await expect(started).rejects.toMatchObject({ code: 'STOPPING', childId: 'a' });
    world.child('a').becomesReady();
    world.child('a').exit({ code: 0 });
    await stopped;
    // Told again when it says that it is ready: what it was told before it listened may be lost.
    expect(world.log).toEqual(['a spawn 1', 'a {"type":"stop"}', 'a {"type":"stop"}']);
    expect(world.supervisor.status().map(({ state }) => state)).toEqual(['stopped', 'stopped']);
    await expect(world.supervisor.start([])).rejects.toMatchObject({ code: 'ALREADY_STARTED' });
    await expect(world.supervisor.add(world.spec('c'))).rejects.toMatchObject({ code: 'STOPPING' });
  });

  it('refuses two children of one id', async () => {
    const world = new World();
    const twins = [[world.spec('a')], [world.spec('a')]];
    await expect(world.supervisor.start(twins)).rejects.toMatchObject({
      code: 'CHILD_ID_TAKEN',
      childId: 'a',
    });
    expect(world.log).toEqual([]);
  });
});

describe('restarting', () => {
  it('brings back a child that dies, with one restart in flight', async () => {
    const restarts: unknown[] = [];
    const world = new World({ restarting: (id, restart) => restarts.push([id, restart]) });
    await world.startReady('a');
    const first = world.child('a');
    first.exit({ signal: 'SIGSEGV' });
    first.becomesReady();
    expect(world.state('a')).toBe('waiting');
    await world.clock.advance(4000);
    expect(world.log).toEqual(['a spawn 1', 'a spawn 2']);
    // What the first life still says is not the second's word.
    first.becomesReady();
    first.alive = true;
    first.exit({ code: 1 });
    expect(world.state('a')).toBe('starting');
    expect(restarts[0]).toEqual(['a', { delayMs: 500, budgetSpent: false }]);
  });

  it('slows down when the budget is spent, and says so', async () => {
    const restarts: { delayMs: number; budgetSpent: boolean }[] = [];
    const world = new World({ restarting: (_id, restart) => restarts.push(restart) });
    await world.startReady('a');
    for (let death = 0; death < 5; death++) {
      world.child('a').exit({ code: 1 });
      await world.clock.advance(1000);
      world.child('a').becomesReady();
    }
    expect(restarts.map(({ delayMs }) => delayMs)).toEqual([500, 500, 500, 1000, 1000]);
    expect(restarts.map(({ budgetSpent }) => budgetSpent)).toEqual([false, false, false, true, true]);
  });

  it('gives up when the policy says so, and rejects the start that waits for it', async () => {
    const gaveUp: SupervisionError[] = [];
    const world = new World({ gaveUp: (_id, error) => gaveUp.push(error) });
    const restart = {
      ...policy,
      onBudgetSpent: 'give-up' as const,
      budget: { restarts: 1, windowMs: 60_000 },
    };
    const started = world.supervisor.start([[world.spec('a', { restart })]]);
    world.child('a').exit({ code: 1 });
    await world.clock.advance(1000);
    world.child('a').exit({ code: 1 });
    await expect(started).rejects.toMatchObject({ code: 'RESTART_BUDGET_SPENT', childId: 'a' });
    expect(gaveUp.map(({ code }) => code)).toEqual(['RESTART_BUDGET_SPENT']);
    await world.clock.advance(100_000);
    expect(world.lives['a']).toHaveLength(2);
    expect(world.state('a')).toBe('failed');
    await world.supervisor.stop();
    expect(world.state('a')).toBe('failed');
  });

  it('does not restart after a fatal exit code', async () => {
    const gaveUp: SupervisionError[] = [];
    const world = new World({ gaveUp: (_id, error) => gaveUp.push(error) });
    const started = world.supervisor.start([[world.spec('a', { fatalExitCodes: [78] })]]);
    world.child('a').exit({ code: 78 });
    await expect(started).rejects.toMatchObject({ code: 'CHILD_FAILED', exitCode: 78 });
    expect(gaveUp).toHaveLength(1);
    expect(world.clock.pendingTimers).toBe(0);
    await world.clock.advance(100_000);
    expect(world.lives['a']).toHaveLength(1);
  });
});

describe('messages', () => {
  it('hands those of the application on, and keeps its own', async () => {
    const messages: unknown[] = [];
    const world = new World({ message: (...message) => messages.push(message) });
    await world.startReady('a');
    world.child('a').says({ type: 'stopped' });
    world.child('a').says({ type: 'health', ok: true });
    world.child('a').says('text');
    world.child('a').says(null);
    const first = world.child('a');
    first.exit({ code: 1 });
    first.says('last words');
    expect(messages).toEqual([
      ['a', { type: 'health', ok: true }, 1],
      ['a', 'text', 1],
      ['a', null, 1],
      ['a', 'last words', 1],
    ]);
  });

  it('sends to the present life, and to nobody when there is none', async () => {
    const world = new World();
    await world.startReady('a');
    world.supervisor.send('a', 'hello');
    expect(world.child('a').sent).toEqual(['hello']);
    world.child('a').exit({ code: 1 });
    world.supervisor.send('a', 'lost');
    world.supervisor.send('nobody', 'lost');
    expect(world.child('a').sent).toEqual(['hello']);
  });
});

describe('stopping', () => {
  it('stops the last group first, each when the one after it has exited, and answers every call alike', async () => {
    const world = new World();
    await world.startReady('a', 'b', 'c');
    world.log.length = 0;
    const stopped = world.supervisor.stop();
    expect(world.supervisor.stop()).toBe(stopped);
    await settle();
    expect(world.log).toEqual(['c {"type":"stop"}']);
    expect(world.state('c')).toBe('stopping');
    for (const id of ['c', 'b', 'a']) {
      world.child(id).exit({ code: 0 });
      await settle();
    }
    await stopped;
    expect(world.log).toEqual(['c {"type":"stop"}', 'b {"type":"stop"}', 'a {"type":"stop"}']);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('escalates from the message to SIGTERM to SIGKILL and names the stages that failed', async () => {
    const stages: string[] = [];
    const world = new World({ stopTimedOut: (_id, stage) => stages.push(stage) });
    await world.startReady('a');
    const child = world.child('a');
    child.diesOf = [];
    const stopped = world.supervisor.stop();
    await world.clock.advance(2999);
    expect(child.signals).toEqual([]);
    await world.clock.advance(1);
    expect(child.signals).toEqual(['SIGTERM']);
    await world.clock.advance(2000);
    expect(child.signals).toEqual(['SIGTERM', 'SIGKILL']);
    await world.clock.advance(100_000);
    expect(stages).toEqual(['stop', 'SIGTERM', 'SIGKILL']);
    child.exit({ signal: 'SIGKILL' });
    await stopped;
  });

  it('asks a child once, and keeps its deadline, when it is removed and everything stops as well', async () => {
    const world = new World();
    await world.startReady('a');
    const removed = world.supervisor.remove('a');
    await world.clock.advance(2000);
    const stopped = world.supervisor.stop();
    await world.clock.advance(1000);
    expect(world.child('a').sent).toEqual([{ type: 'stop' }]);
    expect(world.child('a').signals).toEqual(['SIGTERM']);
    await Promise.all([removed, stopped]);
  });

  it('restarts nobody: neither who waits for a restart nor who dies before its turn', async () => {
    const world = new World();
    await world.startReady('a', 'b', 'c');
    world.child('a').exit({ code: 1 });
    const stopped = world.supervisor.stop();
    expect(world.state('a')).toBe('stopped');
    world.child('b').exit({ code: 1 });
    world.child('c').exit({ code: 0 });
    await stopped;
    await world.clock.advance(100_000);
    expect(['a', 'b', 'c'].map((id) => world.lives[id]!.length)).toEqual([1, 1, 1]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('is ordered by a child that got a signal, after the application was told', async () => {
    const asked: string[] = [];
    const world = new World({ stopRequested: (id, signal) => asked.push(`${id} ${signal}`) });
    await world.startReady('a', 'b');
    world.child('a').says({ type: 'stop-requested', signal: 'SIGTERM' });
    world.child('b').says({ type: 'stop-requested', signal: 'SIGTERM' });
    expect(asked).toEqual(['a SIGTERM', 'b SIGTERM']);
    await settle();
    expect(world.child('b').sent).toEqual([{ type: 'stop' }]);
    world.child('b').exit({ code: 0 });
    await settle();
    world.child('a').exit({ code: 0 });
    await world.supervisor.stop();
  });
});

describe('children that come and go', () => {
  it('joins the last group, so that it is stopped with it', async () => {
    const world = new World();
    await world.startReady('a', 'b');
    const added = world.supervisor.add(world.spec('c'));
    world.child('c').becomesReady();
    await added;
    await expect(world.supervisor.add(world.spec('c'))).rejects.toMatchObject({ code: 'CHILD_ID_TAKEN' });
    void world.supervisor.stop();
    await settle();
    expect([world.state('a'), world.state('b'), world.state('c')]).toEqual(['ready', 'stopping', 'stopping']);
    for (const id of ['b', 'c']) world.child(id).exit({ code: 0 });
    await settle();
    world.child('a').exit({ code: 0 });
    await world.supervisor.stop();
  });

  it('is stopped and forgotten by remove, and may come back under its id', async () => {
    const world = new World();
    await world.startReady('a', 'b');
    const removed = world.supervisor.remove('b');
    expect(world.child('b').sent).toEqual([{ type: 'stop' }]);
    world.child('b').exit({ code: 0 });
    await removed;
    expect(world.supervisor.status().map(({ id }) => id)).toEqual(['a']);
    await expect(world.supervisor.remove('b')).rejects.toMatchObject({ code: 'CHILD_UNKNOWN' });
    void world.supervisor.add(world.spec('b'));
    expect(world.log.at(-1)).toBe('b spawn 1');
  });
});
