import { readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'; // prettier-ignore
import path from 'node:path';
import type { HostBudget } from '@org/binance-client';
import { ManualClock } from './manual-clock.ts';
import { ScriptedMachine } from './scripted-machine.ts';

const MINUTE_MS = 60_000;
let machine: ScriptedMachine;

beforeEach(() => {
  machine = new ScriptedMachine();
});

afterEach(() => {
  rmSync(machine.folder, { recursive: true, force: true });
});

const weighs = (usedWeight: number) => ({ usedWeight });
const use = async (budget: HostBudget, weight: number) =>
  (await budget.acquire({ weight })).settle({ ok: true });

/** Notes when a request is granted, and answers it at once. */
function grantedAt(budget: HostBudget, weight: number, priority = 0): { atMs: number; error?: unknown } {
  const note: { atMs: number; error?: unknown } = { atMs: Infinity };
  budget.acquire({ weight, priority }).then(
    (permit) => {
      note.atMs = machine.clock.nowMs();
      permit.settle({ ok: true });
    },
    (error: unknown) => (note.error = error),
  );
  return note;
}

describe('a host budget', () => {
  it('counts what every process used, and says so to every process', async () => {
    const [first, second] = [machine.open(), machine.open()];
    await use(first, 30);
    await second.acquire({ weight: 20 });
    for (const budget of [first, second]) {
      expect(budget.state()).toEqual({
        limitPerMinute: 100, usedWeight: 50, waiting: 0, inFlight: 1, hold: undefined,
      }); // prettier-ignore
    }
  });

  it('keeps budgets of other names apart', async () => {
    await use(machine.open({ host: 'api.binance.com' }), 30);
    expect(machine.open().state()).toMatchObject(weighs(0));
    expect(() => machine.open({ host: '../up' })).toThrow(/host: expected the name of a host/);
    expect(statSync(path.join(machine.folder, 'api.binance.com')).mode & 0o777).toBe(0o700);
  });

  it('lets a process wait for weight that another one used, and for its own turn', async () => {
    const [first, second, third] = [machine.open(), machine.open(), machine.open()];
    await use(first, 100);
    const startMs = machine.clock.nowMs();
    const late = grantedAt(second, 60, 1);
    const early = grantedAt(third, 60, 0);
    await machine.clock.advance(2.5 * MINUTE_MS);
    expect(early.atMs - startMs).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(early.atMs - startMs).toBeLessThan(MINUTE_MS + 1_000);
    expect(late.atMs - early.atMs).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(machine.clock.pendingTimers).toBe(0);
  });

  it('follows a limit that any process sets', () => {
    const [first, second] = [machine.open(), machine.open()];
    first.setLimit(2400);
    expect(second.state().limitPerMinute).toBe(2400);
    expect(machine.open({ limitPerMinute: 7 }).state().limitPerMinute).toBe(2400);
  });

  it('believes the count of the exchange where that is more', async () => {
    const [first, second] = [machine.open(), machine.open()];
    (await first.acquire({ weight: 5 })).settle({ ok: true, usedWeight: 77 });
    expect(second.state()).toMatchObject(weighs(77));
    (await second.acquire({ weight: 5 })).settle({ ok: true, usedWeight: 3 });
    expect(first.state()).toMatchObject(weighs(82));
  });

  it('counts the requests of a process that died as answered, and passes over its place', async () => {
    const [doomed, other] = [machine.open({}, 7), machine.open()];
    await doomed.acquire({ weight: 60 });
    void grantedAt(doomed, 50, -1);
    const note = grantedAt(other, 40);
    await machine.clock.advance(1_000);
    expect(note.atMs).toBe(Infinity);
    machine.alive.delete(7);
    await machine.clock.advance(1);
    await machine.clock.advance(250);
    expect(note.atMs).toBeLessThan(Infinity);
    const all = grantedAt(other, 100);
    await machine.clock.advance(MINUTE_MS - 5_000);
    expect(all.atMs).toBe(Infinity);
    await machine.clock.advance(10_000);
    expect(all.atMs).toBeLessThan(Infinity);
  });

  it('passes over a process that lives and does not show itself, after 3 s', async () => {
    const other = machine.open();
    await use(other, 90);
    const frozen = machine.open({ clock: new ManualClock() });
    const first = grantedAt(frozen, 20, -1);
    const startMs = machine.clock.nowMs();
    const note = grantedAt(other, 10);
    await machine.clock.advance(4_000);
    expect(first.atMs).toBe(Infinity);
    expect(note.atMs - startMs).toBeGreaterThanOrEqual(3_000);
    expect(note.atMs - startMs).toBeLessThan(3_300);
  });

  it('is not held up by a process that has as many requests under way as it may', async () => {
    const [full, other] = [machine.open({ inFlightMax: 1 }), machine.open()];
    const permit = await full.acquire({ weight: 1, priority: -1 });
    const next = grantedAt(full, 1, -1);
    expect(full.state().waiting).toBe(1);
    const note = grantedAt(other, 1);
    await machine.clock.advance(0);
    expect([next.atMs, note.atMs < Infinity]).toEqual([Infinity, true]);
    permit.settle({ ok: true });
    await machine.clock.advance(0);
    expect(next.atMs).toBeLessThan(Infinity);
  });

  it('counts an answer that does not come as come after a minute', async () => {
    const [stuck, other] = [machine.open(), machine.open()];
    await stuck.acquire({ weight: 100 });
    const note = grantedAt(other, 100);
    await machine.clock.advance(2 * MINUTE_MS - 1);
    expect(note.atMs).toBe(Infinity);
    await machine.clock.advance(1_000);
    expect(note.atMs).toBeLessThan(Infinity);
  });

  it('refuses what waits when it is closed, and gives up its place', async () => {
    const [first, second] = [machine.open(), machine.open()];
    await use(first, 90);
    const refused = grantedAt(first, 50, -1);
    first.close();
    const note = grantedAt(second, 10);
    await machine.clock.advance(0);
    expect(refused.error).toMatchObject({ code: 'REQUEST_ABORTED' });
    expect(note.atMs).toBeLessThan(Infinity);
    expect(machine.clock.pendingTimers).toBe(0);
  });

  it('asks again when the process was stopped while it was granted, and there is a hold by then', async () => {
    const [slow, other] = [machine.open(), machine.open()];
    const permit = await other.acquire({ weight: 1 });
    let isLooking = false;
    machine.beforeTime = () => {
      if (isLooking) return;
      isLooking = true;
      if (other.state().inFlight === 2) {
        machine.aheadMs += 5_000;
        permit.settle({ ok: false, hold: { reason: 'banned', forMs: 10_000 } });
      }
      isLooking = false;
    };
    const note = grantedAt(slow, 10);
    machine.beforeTime = () => undefined;
    const startMs = machine.clock.nowMs();
    await machine.clock.advance(60_000);
    expect(note.atMs - startMs).toBeGreaterThanOrEqual(10_000);
    expect(note.atMs).toBeLessThan(Infinity);
  });

  it('stays small however many light requests there are', async () => {
    const budget = machine.open({ limitPerMinute: 2400 });
    for (let time = 0; time < 600; time++) {
      for (let each = 0; each < 4; each++) await use(budget, 1);
      await machine.clock.advance(100);
    }
    expect(budget.state().usedWeight).toBeGreaterThan(2390);
    const sizes = machine.files('weight').map((file) => statSync(file).size);
    expect(sizes.length).toBeLessThanOrEqual(16);
    expect(Math.max(...sizes)).toBeLessThan(4096);
  });

  it('makes a change anew that was held up while others made many', async () => {
    const [slow, fast] = [machine.open(), machine.open()];
    for (const others of [1, 15, 16, 17, 40]) {
      const before = fast.state().usedWeight;
      let looks = 0;
      machine.beforeTime = () => {
        // The first look is for the queue, the second before the change, the third within it.
        if (++looks !== 3) return;
        for (let time = 0; time < others; time++) fast.setLimit(2400 + (time % 2));
      };
      const permit = slow.acquire({ weight: 3 });
      machine.beforeTime = () => undefined;
      expect(fast.state()).toMatchObject(weighs(before + 3));
      (await permit).settle({ ok: true });
    }
    expect(slow.counters().races).toBeGreaterThan(0);
    expect(fast.state()).toMatchObject({ ...weighs(15), inFlight: 0 });
  });
});

describe('a hold of a host budget', () => {
  const banned = { ok: false, hold: { reason: 'banned', forMs: 600_000 } } as const;

  it('stops every process, and what waits then goes by priority', async () => {
    const [first, second] = [machine.open(), machine.open()];
    const permit = await first.acquire({ weight: 1 });
    const startMs = machine.clock.nowMs();
    const low = grantedAt(second, 95, 3);
    low.atMs = Infinity;
    permit.settle(banned);
    const notes = [grantedAt(first, 30, 2), grantedAt(second, 30, 1)];
    await machine.clock.advance(600_900);
    expect(notes.map(({ atMs }) => atMs)).toEqual([Infinity, Infinity]);
    expect(second.state().hold?.reason).toBe('banned');
    await machine.clock.advance(1_000);
    for (const { atMs } of notes) {
      expect(atMs - startMs).toBeGreaterThanOrEqual(601_000);
      expect(atMs - startMs).toBeLessThan(601_700);
    }
  });

  it('and the weight are there for a process that starts when all others are gone', async () => {
    const doomed = machine.open({}, 7);
    await use(doomed, 30);
    (await doomed.acquire({ weight: 1 })).settle(banned);
    machine.alive.clear();
    await machine.clock.advance(10_000);
    expect(machine.open().state()).toMatchObject({
      usedWeight: 31,
      hold: { reason: 'banned', remainingMs: 591_000 },
    });
  });

  it('outlives a restart of the machine, and no hour is won by setting its clock', async () => {
    (await machine.open().acquire({ weight: 40 })).settle(banned);
    machine.clock.stepWallMs(3_600_000);
    expect(machine.open().state().hold?.remainingMs).toBe(601_000);
    machine.clock.stepWallMs(-3_600_000);
    machine.restart();
    await machine.clock.advance(20_000);
    const restarted = machine.open();
    expect(restarted.state()).toMatchObject({ usedWeight: 40, hold: { remainingMs: 581_000 } });
    await machine.clock.advance(41_000);
    expect(restarted.state().usedWeight).toBe(0);
  });

  it.each([0, 20])(
    'outlives a power cut that leaves all but the first %i bytes of the weights',
    async (bytes) => {
      (await machine.open().acquire({ weight: 40 })).settle(banned);
      for (const file of machine.files('weight')) truncateSync(file, bytes);
      machine.restart();
      await machine.clock.advance(20_000);
      const restarted = machine.open();
      const { hold, usedWeight } = restarted.state();
      expect(hold).toEqual({ reason: 'banned', remainingMs: expect.closeTo(581_000, -1) as number });
      expect(usedWeight).toBe(50);
      expect(restarted.counters().startedAnew).toBeGreaterThan(0);
    },
  );

  it('that is damaged itself is none', async () => {
    (await machine.open().acquire({ weight: 40 })).settle(banned);
    for (const file of [...machine.files('weight'), ...machine.files('ban')]) writeFileSync(file, '{"a":');
    expect(machine.open().state().hold).toBeUndefined();
  });
});

describe('the files of a host budget', () => {
  const states = ['', 'null', '[]', '{"format":1}', '{"format":9}', '\u0000\u0000'];

  it.each(states)('may hold %j: half of the limit is taken for used', async (text) => {
    await use(machine.open(), 10);
    for (const file of machine.files('weight')) writeFileSync(file, text);
    expect(machine.open().state()).toMatchObject(weighs(50));
  });

  it('may be lost while a process runs: it goes on with what it knew', async () => {
    const budget = machine.open();
    await use(budget, 70);
    rmSync(path.join(machine.folder), { recursive: true });
    expect(budget.state()).toMatchObject(weighs(70));
    await use(budget, 10);
    expect(machine.open().state()).toMatchObject(weighs(80));
  });

  it('stop all requests and no connection while they cannot be used', async () => {
    const budget = machine.open();
    const permit = await budget.acquire({ weight: 10 });
    const folder = path.join(machine.folder, '127.0.0.1_8080');
    renameSync(folder, `${folder} away`);
    writeFileSync(folder, '');
    await expect(budget.acquire({ weight: 1 })).rejects.toMatchObject({ code: 'BUDGET_UNAVAILABLE' });
    expect(() => machine.open()).toThrow(/ENOTDIR|EEXIST/);
    expect(budget.attempts.take()).toBe(0);
    permit.settle({ ok: false, hold: { reason: 'rate-limited', forMs: 30_000 } });
    budget.setLimit(5);
    expect(budget.state()).toMatchObject({ inFlight: 1 });
    expect(budget.counters()).toMatchObject({ unsharedAttempts: 1 });
    expect(budget.counters().failures).toBeGreaterThan(2);
    rmSync(folder);
    renameSync(`${folder} away`, folder);
    await machine.clock.advance(1_000);
    expect(machine.open().state()).toMatchObject({ inFlight: 0, hold: { reason: 'rate-limited' } });
    expect(machine.clock.pendingTimers).toBe(0);
  });

  it('hold nothing but what they say, readable by their user alone', async () => {
    await use(machine.open(), 10);
    const [file] = machine.files('weight');
    expect(statSync(file!).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file!, 'utf8'))).toMatchObject({ format: 1, bootId: 'first' });
  });
});

describe('the connection attempts of a host', () => {
  it('are 300 in 5 minutes over all processes, and do not wait behind requests', async () => {
    const budgets = [machine.open(), machine.open(), machine.open()];
    (await budgets[0]!.acquire({ weight: 1 })).settle({
      ok: false,
      hold: { reason: 'banned', forMs: 600_000 },
    });
    const waits = Array.from({ length: 300 }, (_, at) => budgets[at % 3]!.attempts.take());
    expect(Math.max(...waits)).toBe(0);
    await machine.clock.advance(1_000);
    expect(budgets.map(({ attempts }) => attempts.take())).toEqual([299_000, 299_000, 299_000]);
    machine.alive.clear();
    expect(machine.open().attempts.take()).toBe(299_000);
    await machine.clock.advance(299_000);
    expect(machine.open().attempts.take()).toBe(0);
  });

  it('are remembered over a restart of the machine', async () => {
    const { attempts } = machine.open({ attemptsMax: 2 });
    attempts.take();
    attempts.take();
    machine.restart();
    await machine.clock.advance(100_000);
    expect(machine.open({ attemptsMax: 2 }).attempts.take()).toBe(200_000);
  });
});
