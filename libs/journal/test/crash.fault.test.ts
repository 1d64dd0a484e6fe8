import { Buffer } from 'node:buffer';
import { Journal, isFinalJournalError, isJournalError } from '@org/journal';
import { Producers, readAll } from './producers.ts';
import { openJournal, simClock } from './sim-journal.ts';
import type { Fault } from './sim-file-system.ts';
import { SimFileSystem } from './sim-file-system.ts';

type Crash = 'power' | 'kill';

interface Outcome {
  readonly complaints: string[];
  readonly crashes: number;
}

/** Lives of a journal on one disk, until the producers are done; the first crashes at the call, later ones by chance. */
async function live(seed: number, crashAt: number, crash: Crash, syncs = true): Promise<Outcome> {
  const disk = new SimFileSystem(seed);
  disk.syncs = syncs;
  disk.crashAt = crashAt;
  const producers = new Producers(seed);
  let crashes = 0;
  while (!producers.isDone) {
    const complaints = await oneLife(disk, producers);
    if (complaints.length > 0) return { complaints, crashes };
    if (!disk.crashed) continue;
    crashes++;
    if (crash === 'power') disk.cutPower();
    else disk.restartProcess();
    // A second crash, often in the middle of the recovery from the first.
    if (crashes < 3) disk.crashAt = disk.calls + 1 + ((seed * 7 + crashAt) % 40);
    if (crashes > 9) throw new Error('it crashes for ever');
  }
  disk.restartProcess();
  const journal = await openJournal(disk);
  const complaints = [...damageOf(journal), ...producers.complaints(await readAll(journal))];
  await journal.close();
  return { complaints, crashes };
}

function damageOf(journal: Journal): string[] {
  return journal.recovery.damage.map((damage) => `damage ${JSON.stringify(damage)}`);
}

async function oneLife(disk: SimFileSystem, producers: Producers): Promise<string[]> {
  const knownPosition = producers.greatestPosition();
  const journal = await openJournal(disk, { knownPosition }).catch((cause: unknown) => cause);
  if (!(journal instanceof Journal)) {
    if (disk.crashed) return [];
    throw journal;
  }
  try {
    const complaints = damageOf(journal);
    if (journal.recovery.position < knownPosition) complaints.push(`position ${journal.recovery.position}`);
    complaints.push(...producers.complaints(await readAll(journal)));
    while (complaints.length === 0 && !producers.isDone && !disk.crashed) {
      const errors = await producers.turn(journal);
      if (errors.length > 0 && !disk.crashed) return errors.map(String);
    }
    return disk.crashed ? [] : complaints;
  } catch (cause) {
    if (!disk.crashed) throw cause;
    return [];
  } finally {
    await journal.close();
  }
}

/** Crashes at the first call, the second, and so on until a run needs no crash any more. */
async function everyCall(
  seed: number,
  crash: Crash,
): Promise<{ readonly runs: number; readonly complaints: string[] }> {
  const complaints: string[] = [];
  for (let crashAt = 1; ; crashAt++) {
    const outcome = await live(seed, crashAt, crash);
    complaints.push(...outcome.complaints.map((text) => `seed ${seed}, crash at call ${crashAt}: ${text}`));
    if (outcome.crashes === 0) return { runs: crashAt, complaints };
  }
}

describe('a journal that crashes at any call', () => {
  const seeds = [1, 2, 3, 4];

  it.each(seeds)('has every acked batch once and in order after a power cut (seed %i)', async (seed) => {
    const { runs, complaints } = await everyCall(seed, 'power');
    expect(complaints).toEqual([]);
    expect(runs).toBeGreaterThan(50);
  });

  it('has every acked batch once and in order after the process was killed', async () => {
    const { runs, complaints } = await everyCall(5, 'kill');
    expect(complaints).toEqual([]);
    expect(runs).toBeGreaterThan(50);
  });

  it('loses acked batches when nothing is synced, which shows that these tests would notice', async () => {
    let lost = 0;
    for (let crashAt = 20; crashAt < 80; crashAt++) {
      const { complaints } = await live(crashAt, crashAt, 'power', false).catch((cause: unknown) => ({
        complaints: [String(cause)],
      }));
      if (complaints.length > 0) lost++;
    }
    expect(lost).toBeGreaterThan(10);
  });
});

/** One life with a fault; then, after a power cut, what is there. */
async function liveWithFault(seed: number, faultAt: number, fault: Fault, faultLasts: number) {
  const disk = new SimFileSystem(seed);
  Object.assign(disk, { faultAt, fault, faultLasts });
  const producers = new Producers(seed);
  const clock = simClock();
  const unexpected: string[] = [];
  let ended = false;
  const journal = await openJournal(disk, { clock }).catch((cause: unknown) => {
    if (!isJournalError(cause)) unexpected.push(String(cause));
    return undefined;
  });
  for (let turn = 0; journal !== undefined && !producers.isDone && !ended && turn < 500; turn++) {
    for (const error of await producers.turn(journal)) {
      if (isFinalJournalError(error)) ended = true;
      else if (!isJournalError(error) || error.code !== 'DISK_FULL') unexpected.push(String(error));
    }
    clock.passMs(600);
  }
  const { faulted, calls } = disk;
  if (journal !== undefined && !ended && !producers.isDone) unexpected.push('it never went on');
  await journal?.close();
  disk.faultAt = 0;
  // First the process alone starts again, and reads what the system still shows; then the power goes.
  for (const restart of ['process', 'power'] as const) {
    if (restart === 'power') disk.cutPower();
    const next = await openJournal(disk, { knownPosition: producers.greatestPosition() });
    unexpected.push(...damageOf(next), ...producers.complaints(await readAll(next)));
    await producers.turn(next);
    await next.close();
  }
  return {
    faulted,
    calls,
    ended,
    complaints: unexpected.map((text) => `seed ${seed}, ${fault} at call ${faultAt}: ${text}`),
  };
}

describe('a journal whose file system fails at any call', () => {
  it.each([
    ['EIO', 1],
    ['ENOSPC', 1],
    ['ENOSPC', 12],
    ['short', 1],
    ['short', 1000],
  ] as const)('keeps every acked batch through %s that lasts %i calls', async (fault, faultLasts) => {
    const outcomes = [];
    for (let faultAt = 1; ; faultAt++) {
      const outcome = await liveWithFault(faultAt, faultAt, fault, faultLasts);
      outcomes.push(outcome);
      if (outcome.faulted === 0 && faultAt > outcome.calls) break;
    }
    expect(outcomes.flatMap(({ complaints }) => complaints)).toEqual([]);
    const ended = outcomes.filter((outcome) => outcome.ended).length;
    if (fault === 'short') expect(ended).toBe(0);
    else expect(ended).toBeGreaterThan(0);
  });
});

describe('a journal after a crash', () => {
  const payload = Buffer.alloc(60, 1);

  it('has nothing of a group that was rejected for want of room, however much of it was written', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const disk = new SimFileSystem(seed);
      const journal = await openJournal(disk, { segmentBytes: 65_536, reserveBytes: 0 });
      const send = (lane: string) => journal.append({ lane, epoch: 1, seq: 1, payload });
      while (disk.operations.at(-1) !== 'sync') await new Promise((resolve) => setImmediate(resolve));
      Object.assign(disk, { fault: 'ENOSPC', faultAt: disk.calls + 1 });
      const group = await Promise.allSettled(['a', 'b', 'c'].map(send));
      expect(group.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      await send('a');
      const next = await openJournal(disk.copy());
      expect((await readAll(next)).map(({ lane }) => lane)).toEqual(['a']);
      await next.close();
      await journal.close();
    }
  });

  it('has no hole in its chain when power was cut while segments were released', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const disk = new SimFileSystem(seed);
      const journal = await openJournal(disk, { reserveBytes: 0 });
      for (let seq = 1; seq <= 90; seq++) await journal.append({ lane: 'a', epoch: 1, seq, payload });
      await new Promise((resolve) => setImmediate(resolve));
      disk.crashAt = disk.calls + 1 + (seed % 10);
      await journal.release(journal.stats().durablePosition).catch(() => undefined);
      disk.cutPower();
      const next = await openJournal(disk, { reserveBytes: 0 });
      expect(next.recovery.damage).toEqual([]);
      expect((await readAll(next)).at(-1)?.seq ?? 90).toBe(90);
      await next.close();
    }
  });
});
