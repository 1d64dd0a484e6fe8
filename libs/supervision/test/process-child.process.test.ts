import path from 'node:path';
import { forkChild } from '@org/supervision';
import type { ChildExit, ChildHandle } from '@org/supervision';
import { eventually, FIXTURES, isAlive, requireBuild, Story } from './process-tree.ts';

let story: Story;
beforeAll(requireBuild);
beforeEach(() => (story = new Story()));
afterEach(() => story.remove());

interface Observed {
  readonly child: ChildHandle;
  readonly messages: unknown[];
  readonly exits: ChildExit[];
}

function fork(behaviour: object = {}, module = path.join(FIXTURES, 'child.mjs')): Observed {
  const args = [JSON.stringify({ name: 'child', log: story.file, ...behaviour })];
  const child = forkChild({ module, args, execArgv: [], env: { FORCE_COLOR: undefined } });
  const observed: Observed = { child, messages: [], exits: [] };
  child.onMessage((message) => observed.messages.push(message));
  child.onExit((exit) => observed.exits.push(exit));
  return observed;
}

const ready = ({ messages }: Observed): Promise<void> =>
  eventually(() => messages.length > 0, 'the child to be ready');
const ended = ({ exits }: Observed): Promise<void> => eventually(() => exits.length > 0, 'the child to end');

describe('a forked child', () => {
  it('says that it is ready, takes messages, stops when told to and exits with 0', async () => {
    const observed = fork();
    await ready(observed);
    observed.child.send('hello');
    await eventually(() => observed.messages.length === 2, 'the echo');
    observed.child.send({ type: 'stop' });
    await ended(observed);
    expect(observed.messages).toEqual([{ type: 'ready' }, { echo: 'hello' }, { type: 'stopped' }]);
    expect(observed.exits).toEqual([{ code: 0, signal: null }]);
    expect(story.of('child')).toEqual(['ready', 'stopping', 'stopped']);
    expect(isAlive(observed.child.pid!)).toBe(false);
  });

  it('loses no message that it sent before its end', async () => {
    const observed = fork();
    await ready(observed);
    observed.child.send('say good-bye');
    observed.child.send({ type: 'stop' });
    await ended(observed);
    await eventually(() => observed.messages.length >= 1004, 'every message');
    expect(
      observed.messages.filter((each) => typeof each === 'object' && each !== null && 'index' in each),
    ).toHaveLength(1000);
    expect(observed.messages).toContainEqual({ type: 'stop-requested', signal: 'SIGTERM' });
    expect(observed.messages.at(-1)).toEqual({ type: 'stopped' });
  });

  it('exits with 1 when it cannot stop', async () => {
    const observed = fork({ failsToStop: true });
    let errors = '';
    observed.child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    await ready(observed);
    observed.child.send({ type: 'stop' });
    await ended(observed);
    expect(observed.exits).toEqual([{ code: 1, signal: null }]);
    await eventually(() => errors.includes('Error: cannot stop'), 'the reason on stderr');
  });

  it('does not pile up output that nobody reads', async () => {
    const observed = fork({ floods: true });
    await ready(observed);
    const unread = (): unknown[] =>
      observed.messages.flatMap((each) => (each as { unreadBytes?: number }).unreadBytes ?? []);
    await eventually(() => {
      observed.child.send('how much is unread');
      return unread().includes(0);
    }, 'the output to be taken');
    observed.child.send({ type: 'stop' });
    await ended(observed);
  });

  it('tells how it died, and takes what is sent to the dead without complaint', async () => {
    const observed = fork();
    await ready(observed);
    observed.child.send('crash');
    observed.child.send('while it dies');
    await ended(observed);
    expect(observed.exits).toEqual([{ code: null, signal: 'SIGABRT' }]);
    observed.child.send('after it died');
    observed.child.kill('SIGKILL');
  });

  it('exits when its module cannot be loaded', async () => {
    const observed = fork({}, path.join(FIXTURES, 'absent.mjs'));
    await ended(observed);
    expect(observed.exits).toEqual([{ code: 1, signal: null }]);
  });
});
