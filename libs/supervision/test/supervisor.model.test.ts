import fc from 'fast-check';
import { settle } from './manual-clock.ts';
import { World } from './scripted-world.ts';

describe('a supervisor under any course of events', () => {
  type Event = 'ready' | 'crash' | 'fatal' | 'deaf' | 'time';
  const events = fc.array(
    fc.tuple(fc.constantFrom<Event>('ready', 'crash', 'fatal', 'deaf', 'time'), fc.nat(3), fc.nat(4000)),
    {
      maxLength: 60,
    },
  );

  it('has one life of each child at a time, settles every promise and leaves nobody behind', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.nat(60), async (course, stopAt) => {
        const world = new World();
        const ids = ['a', 'b', 'c', 'd'];
        const specs = ids.map((id) => world.spec(id, { fatalExitCodes: [78] }));
        const started = world.supervisor
          .start([[specs[0]!], [specs[1]!, specs[2]!], [specs[3]!]])
          .catch(() => undefined);
        let stopped: Promise<void> | undefined;
        for (const [index, [event, which, byMs]] of course.entries()) {
          if (index === stopAt) stopped = world.supervisor.stop();
          const child = world.lives[ids[which]!]?.at(-1);
          if (event === 'ready') child?.becomesReady();
          else if (event === 'crash') child?.exit({ code: 1 });
          else if (event === 'fatal') child?.exit({ code: 78 });
          else if (event === 'deaf' && child !== undefined) child.diesOf = ['SIGKILL'];
          else await world.clock.advance(byMs);
          await settle();
          for (const lives of Object.values(world.lives)) {
            expect(lives.filter(({ alive }) => alive).length).toBeLessThanOrEqual(1);
          }
        }
        stopped ??= world.supervisor.stop();
        const spawned = world.log.filter((each) => each.includes('spawn')).length;
        await world.clock.advance(60_000);
        await Promise.all([started, stopped]);
        expect(world.log.filter((each) => each.includes('spawn'))).toHaveLength(spawned);
        expect(
          Object.values(world.lives)
            .flat()
            .some(({ alive }) => alive),
        ).toBe(false);
        expect(world.clock.pendingTimers).toBe(0);
      }),
      { numRuns: 150, timeout: 5000 },
    );
  });
});
