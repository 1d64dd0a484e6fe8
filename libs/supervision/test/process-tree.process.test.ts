import { eventually, isAlive, requireBuild, Story, Tree } from './process-tree.ts';

const CHILDREN = ['first', 'second', 'third', 'fourth'];
let story: Story;
beforeAll(requireBuild);
beforeEach(() => (story = new Story()));
afterEach(() => story.remove());

/** The order in which something happened to children, those of the last group sorted. */
function order(what: string): string[] {
  const names = story.lines().filter((line) => line.what === what).map(({ name }) => name); // prettier-ignore
  return names.map((name) => (name === 'third' || name === 'fourth' ? 'last' : name));
}

const nobodyLeft = (): Promise<void> => eventually(() => !story.pids().some(isAlive), 'every process to end');

describe.each(['fork', 'cluster'])('a tree of processes made by %s', (kind) => {
  it('starts in order, and stops in reverse on SIGTERM with every child drained', async () => {
    const tree = new Tree(story, kind);
    await tree.started();
    expect(order('ready')).toEqual(['first', 'second', 'last', 'last']);
    tree.process.kill('SIGTERM');
    expect(await tree.exited).toBe(0);
    expect(order('stopping')).toEqual(['last', 'last', 'second', 'first']);
    expect(order('stopped')).toEqual(['last', 'last', 'second', 'first']);
    expect(story.of('tree').filter((what) => what.includes('unexpectedly'))).toEqual([]);
    expect(tree.errors).toBe('');
    await nobodyLeft();
  });

  it('stops everything in order when a child alone is told to end', async () => {
    const tree = new Tree(story, kind);
    await tree.started();
    process.kill(story.pid('first'), 'SIGTERM');
    expect(await tree.exited).toBe(0);
    expect(story.of('tree')).toContain('first asks: SIGTERM');
    expect(order('stopped')).toEqual(['last', 'last', 'second', 'first']);
    await nobodyLeft();
  });

  it('stops in order when the whole group gets Ctrl-C, twice', async () => {
    const tree = new Tree(story, kind, { third: { stopMs: 100 } });
    await tree.started();
    process.kill(-tree.pid, 'SIGINT');
    await eventually(() => story.of('third').includes('stopping'), 'the stop to begin');
    process.kill(-tree.pid, 'SIGINT');
    expect(await tree.exited).toBe(0);
    expect(order('stopped')).toEqual(['last', 'last', 'second', 'first']);
    await nobodyLeft();
  });

  it('leaves by itself, drained, when the process manager is killed', async () => {
    const tree = new Tree(story, kind);
    await tree.started();
    tree.process.kill('SIGKILL');
    expect(await tree.exited).toBe('SIGKILL');
    await nobodyLeft();
    for (const name of CHILDREN) expect(story.of(name)).toEqual(['ready', 'stopping', 'stopped']);
  });
});

describe('a tree of processes', () => {
  it('brings back a child that is killed, and only that', async () => {
    const tree = new Tree(story, 'fork');
    await tree.started();
    const before = CHILDREN.map((name) => story.pid(name));
    process.kill(before[1]!, 'SIGKILL');
    await eventually(
      () => story.of('tree').filter((what) => what === 'second ready').length === 2,
      'the second life',
    );
    const after = CHILDREN.map((name) => story.pid(name));
    expect(after.map((pid, index) => pid === before[index])).toEqual([true, false, true, true]);
    expect(story.of('tree')).toContain('second exited SIGKILL unexpectedly');
    tree.process.kill('SIGTERM');
    expect(await tree.exited).toBe(0);
    await nobodyLeft();
  });

  it('kills a child that ignores the stop, and goes on with the others', async () => {
    const tree = new Tree(story, 'fork', { second: { deaf: true }, stopTimeoutMs: 150 });
    await tree.started();
    tree.process.kill('SIGTERM');
    expect(await tree.exited).toBe(0);
    const told = story.of('tree').filter((what) => what.startsWith('second'));
    expect(told.slice(-4)).toEqual([
      'second timed out: stop',
      'second asks: SIGTERM',
      'second timed out: SIGTERM',
      'second exited SIGKILL',
    ]);
    expect(order('stopped')).toEqual(['last', 'last', 'first']);
    await nobodyLeft();
  });

  it('gives up a child that dies again and again, and stops what had started', async () => {
    const tree = new Tree(story, 'fork', { second: { exitsWith: 1 } });
    expect(await tree.exited).toBe(1);
    expect(story.of('tree').filter((what) => what === 'second exited 1 unexpectedly')).toHaveLength(4);
    expect(story.of('tree')).toContain('second gave up: RESTART_BUDGET_SPENT');
    expect(story.of('first')).toEqual(['ready', 'stopping', 'stopped']);
    expect(story.of('third')).toEqual([]);
    await nobodyLeft();
  });

  it('does not restart after an exit code that means so', async () => {
    const tree = new Tree(story, 'fork', { second: { exitsWith: 78 } });
    expect(await tree.exited).toBe(78);
    expect(story.of('tree').filter((what) => what.startsWith('second'))).toEqual([
      'second exited 78 unexpectedly',
      'second gave up: CHILD_FAILED',
    ]);
    await nobodyLeft();
  });

  it('lets orphans work on for a while, and ends the one that cannot stop', async () => {
    const orphan = { orphanExitMs: 300, orphanStopTimeoutMs: 200 };
    const tree = new Tree(story, 'cluster', { first: { orphan, deaf: true }, second: { orphan } });
    await tree.started();
    const killedAtMs = performance.now();
    tree.process.kill('SIGKILL');
    await eventually(() => story.of('third').includes('stopped'), 'an ordinary orphan to stop');
    expect([story.of('first'), story.of('second')]).toEqual([['ready'], ['ready']]);
    await nobodyLeft();
    expect(performance.now() - killedAtMs).toBeGreaterThan(450);
    expect([story.of('first'), story.of('second')]).toEqual([
      ['ready', 'stopping'],
      ['ready', 'stopping', 'stopped'],
    ]);
  });

  it('lets an orphan leave before its time', async () => {
    const orphan = { orphanExitMs: 60_000 };
    const tree = new Tree(story, 'cluster', {
      first: { orphan, leaves: true },
      second: { orphan: { orphanExitMs: 0 } },
    });
    await tree.started();
    tree.process.kill('SIGKILL');
    await nobodyLeft();
    expect(story.of('first')).toEqual(['ready', 'stopping', 'stopped']);
  });
});
