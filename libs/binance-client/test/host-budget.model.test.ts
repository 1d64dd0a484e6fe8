import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { ScriptedMachine } from './scripted-machine.ts';

const MINUTE_MS = 60_000;

interface Asked {
  readonly pid: number;
  readonly priority: number;
  readonly atMs: number;
  readonly weight: number;
  grantedAtMs: number;
  answeredAtMs: number;
}

describe('in any order of asking, answering, dying and starting', () => {
  const move = fc.record({
    process: fc.nat(2),
    weight: fc.integer({ min: 1, max: 50 }),
    priority: fc.nat(2),
    latencyMs: fc.nat(9_000),
    afterMs: fc.nat(8_000),
    dies: fc.boolean(),
  });

  it('no window holds more than the limit, nobody is overtaken, and everything is granted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 40 }), async (moves) => {
        const world = new ScriptedMachine();
        try {
          await runAll(world, moves);
        } finally {
          rmSync(world.folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 10 },
    );
    // Each step writes files: a disk that is busy with other tests makes a second of it half a minute.
  }, 90_000);

  async function runAll(
    world: ScriptedMachine,
    moves: readonly (typeof move extends fc.Arbitrary<infer M> ? M : never)[],
  ) {
    const { clock } = world;
    const processes = [1, 2, 3].map((pid) => ({ pid, budget: world.open({}, pid) }));
    const all: Asked[] = [];
    let nextPid = 4;
    for (const { process, weight, priority, latencyMs, afterMs, dies } of moves) {
      const { pid, budget } = processes[process]!;
      const asked: Asked = { pid, priority, weight, atMs: clock.nowMs(), grantedAtMs: Infinity, answeredAtMs: Infinity }; // prettier-ignore
      all.push(asked);
      const granted = budget.acquire({ weight, priority }).then(
        (permit) => {
          if (!world.alive.has(pid)) return permit.settle({ ok: false });
          checkNobodyIsOvertaken(world, all, asked);
          asked.grantedAtMs = clock.nowMs();
          asked.answeredAtMs = clock.nowMs() + latencyMs;
          clock.setTimeout(() => world.alive.has(pid) && permit.settle({ ok: true }), latencyMs);
        },
        () => undefined,
      );
      void granted;
      await clock.advance(afterMs);
      if (!dies || afterMs % 3 > 0) continue;
      world.alive.delete(pid);
      processes[process] = { pid: nextPid, budget: world.open({}, nextPid) };
      nextPid++;
    }
    await clock.advance(60 * MINUTE_MS);
    const counted = all.filter(({ grantedAtMs }) => grantedAtMs < Infinity);
    for (const { grantedAtMs: endMs } of counted) {
      const inWindow = counted.filter(
        (one) => one.grantedAtMs <= endMs && one.grantedAtMs > endMs - MINUTE_MS,
      );
      expect(inWindow.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(100);
    }
    const living = all.filter(({ pid }) => world.alive.has(pid));
    expect(living.filter(({ grantedAtMs }) => grantedAtMs === Infinity)).toEqual([]);
  }

  function checkNobodyIsOvertaken(world: ScriptedMachine, all: readonly Asked[], asked: Asked): void {
    const waiting = all.filter((other) => other !== asked && world.alive.has(other.pid) && other.grantedAtMs === Infinity); // prettier-ignore
    const before = waiting.filter((other) => other.priority < asked.priority || (other.priority === asked.priority && other.atMs < asked.atMs)); // prettier-ignore
    expect(before).toEqual([]);
  }
});
