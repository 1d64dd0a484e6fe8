import { Buffer } from 'node:buffer';
import { crc32, tableCrc32 } from '@org/journal';
import type { Journal } from '@org/journal';
import { payloadOf, readAll } from './producers.ts';
import { openJournal, simClock } from './sim-journal.ts';
import { SimFileSystem } from './sim-file-system.ts';

const open: Journal[] = [];
afterEach(async () => {
  for (const journal of open.splice(0)) await journal.close();
});

async function journalOn(
  disk: SimFileSystem,
  options: Parameters<typeof openJournal>[1] = {},
): Promise<Journal> {
  const journal = await openJournal(disk, options);
  open.push(journal);
  return journal;
}

function append(
  journal: Journal,
  lane: string,
  seq: number,
  epoch = 1,
  payload = payloadOf(lane, epoch, seq),
) {
  return journal.append({ lane, epoch, seq, payload });
}

describe('append', () => {
  it('makes everything that waits durable with one write and one sync, and resolves in order', async () => {
    const disk = new SimFileSystem(1);
    const journal = await journalOn(disk, { segmentBytes: 65_536 });
    await append(journal, 'a', 1);
    const { syncs } = journal.stats();
    const order: number[] = [];
    const appends = Array.from({ length: 5 }, (_, index) =>
      append(journal, 'a', index + 2).then(() => order.push(index)),
    );
    await Promise.all(appends);
    expect(journal.stats().syncs).toBe(syncs + 1);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(journal.stats().groupSizes).toMatchObject({ last: 5, max: 5 });
  });

  it('answers a duplicate only after its original is durable', async () => {
    const journal = await journalOn(new SimFileSystem(1));
    const order: string[] = [];
    const original = append(journal, 'a', 1).then((result) => (order.push('original'), result));
    const again = append(journal, 'a', 1).then((result) => (order.push('duplicate'), result));
    expect(await original).toMatchObject({ duplicate: false });
    expect(await again).toMatchObject({ duplicate: true, position: (await original).position });
    expect(order).toEqual(['original', 'duplicate']);
    expect(await append(journal, 'a', 1)).toMatchObject({ duplicate: true });
    expect(await readAll(journal)).toHaveLength(1);
    expect(journal.stats()).toMatchObject({ batches: 1, duplicates: 2 });
  });

  it('refuses a hole, and lets a new epoch begin anywhere', async () => {
    const journal = await journalOn(new SimFileSystem(1));
    await append(journal, 'a', 7);
    await expect(append(journal, 'a', 9)).rejects.toMatchObject({ code: 'SEQUENCE_HOLE', lane: 'a' });
    await append(journal, 'a', 8);
    await append(journal, 'a', 3, 2);
    expect(await append(journal, 'a', 8)).toMatchObject({ duplicate: true });
    await append(journal, 'a', 9);
  });

  it('refuses an epoch that it may have forgotten', async () => {
    const journal = await journalOn(new SimFileSystem(1));
    for (let epoch = 10; epoch < 30; epoch++) await append(journal, 'a', 1, epoch);
    await expect(append(journal, 'a', 1, 10)).rejects.toMatchObject({ code: 'EPOCH_FORGOTTEN' });
    expect(await append(journal, 'a', 1, 14)).toMatchObject({ duplicate: true });
  });

  it('gives a batch that is larger than a segment a segment of its own', async () => {
    const disk = new SimFileSystem(1);
    const payload = Buffer.alloc(10_000, 7);
    const first = await journalOn(disk);
    await append(first, 'a', 1);
    await append(first, 'a', 2, 1, payload);
    await append(first, 'a', 3);
    await first.close();
    const entries = await readAll(await journalOn(disk));
    expect(entries.map((entry) => entry.seq)).toEqual([1, 2, 3]);
    expect(entries[1]!.payload.equals(payload)).toBe(true);
  });

  it('takes nothing after close, and close waits for what was appended', async () => {
    const journal = await journalOn(new SimFileSystem(1));
    const appended = append(journal, 'a', 1);
    await journal.close();
    await expect(appended).resolves.toMatchObject({ duplicate: false });
    await expect(append(journal, 'a', 2)).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' });
    expect(() => journal.follow({ name: 'late', from: 0 })).toThrow('closed');
    await journal.close();
  });

  it('rejects for ever once a sync has failed', async () => {
    const disk = new SimFileSystem(1);
    const failed: string[] = [];
    const journal = await journalOn(disk, {
      handlers: { failed: ({ code }) => failed.push(code) },
      segmentBytes: 65_536,
    });
    await append(journal, 'a', 1);
    await new Promise((resolve) => setImmediate(resolve));
    Object.assign(disk, { fault: 'EIO', faultAt: disk.calls + 2 });
    await expect(append(journal, 'a', 2)).rejects.toMatchObject({ code: 'JOURNAL_SYNC_FAILED' });
    await expect(append(journal, 'a', 2)).rejects.toMatchObject({ code: 'JOURNAL_SYNC_FAILED' });
    expect(failed).toEqual(['JOURNAL_SYNC_FAILED']);
  });
});

describe('a follower', () => {
  it('sees every entry once and in order, from the disk and then from memory, while more is appended', async () => {
    const disk = new SimFileSystem(1);
    const journal = await journalOn(disk);
    for (let seq = 1; seq <= 20; seq++) await append(journal, 'a', seq);
    const follower = journal.follow({ name: 'sink', from: 0 });
    const seen: number[] = [];
    const appending = (async () => {
      for (let seq = 21; seq <= 60; seq++) await append(journal, 'a', seq);
    })();
    while (seen.length < 60) seen.push(...(await follower.next(500)).map(({ seq }) => seq));
    await appending;
    expect(seen).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(journal.stats().memoryTailBytes).toBeLessThanOrEqual(1000);
  });

  it('waits for a batch to be durable', async () => {
    const disk = new SimFileSystem(1);
    const journal = await journalOn(disk, { segmentBytes: 65_536 });
    const follower = journal.follow({ name: 'sink', from: journal.stats().durablePosition });
    const next = follower
      .next(1000)
      .then((entries) => [entries.map(({ seq }) => seq), journal.stats().syncs]);
    await append(journal, 'a', 1);
    expect(await next).toEqual([[1], 1]);
  });

  it('goes on after a restart from the position of its last entry', async () => {
    const disk = new SimFileSystem(1);
    const first = await journalOn(disk);
    for (let seq = 1; seq <= 30; seq++) await append(first, 'a', seq);
    const positions = (await readAll(first)).map(({ position }) => position);
    await first.close();
    for (const [index, from] of positions.slice(0, -1).entries()) {
      const journal = await journalOn(disk.copy());
      const [entry] = await journal.follow({ name: 'sink', from }).next(1);
      expect(entry!.seq).toBe(index + 2);
    }
  });

  it('ends with an empty array when the journal is closed', async () => {
    const journal = await journalOn(new SimFileSystem(1));
    const next = journal.follow({ name: 'sink', from: 0 }).next(1000);
    await journal.close();
    expect(await next).toEqual([]);
  });

  it('is refused a position that the journal does not have', async () => {
    const journal = await journalOn(new SimFileSystem(1));
    for (let seq = 1; seq <= 40; seq++) await append(journal, 'a', seq);
    const { durablePosition } = journal.stats();
    expect(await journal.release(durablePosition)).toBeGreaterThan(0);
    const { oldestPosition } = journal.stats();
    const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;
    expect(() => journal.follow({ name: 'sink', from: oldestPosition - 1 })).toThrow(code('POSITION_GONE'));
    expect(() => journal.follow({ name: 'sink', from: durablePosition + 1 })).toThrow(
      code('POSITION_UNKNOWN'),
    );
  });
});

describe('release', () => {
  it('deletes only segments that end at the position or before, and the lanes outlive them', async () => {
    const disk = new SimFileSystem(1);
    const first = await journalOn(disk);
    for (let seq = 1; seq <= 40; seq++) await append(first, seq < 5 ? 'early' : 'late', seq);
    const entries = await readAll(first);
    const cursor = entries[20]!.position;
    expect(await first.release(cursor)).toBeGreaterThan(0);
    expect((await readAll(first)).at(0)!.position).toBeLessThanOrEqual(entries[21]!.position);
    await first.release(first.stats().durablePosition);
    expect(first.stats().segments).toBe(1);
    await first.close();
    const second = await journalOn(disk);
    expect(second.recovery.damage).toEqual([]);
    expect(second.recovery.lanes.map(({ lane, epochs }) => [lane, epochs[0]!.seq])).toEqual([
      ['early', 4],
      ['late', 40],
    ]);
    expect(await append(second, 'early', 4)).toMatchObject({ duplicate: true });
    await expect(append(second, 'early', 6)).rejects.toMatchObject({ code: 'SEQUENCE_HOLE' });
  });
});

describe('a full disk', () => {
  it('rejects appends until there is room, and starts degraded', async () => {
    const disk = new SimFileSystem(1);
    const events: string[] = [];
    const handlers = { diskFull: () => void events.push('full'), diskFreed: () => void events.push('freed') };
    const first = await journalOn(disk);
    await append(first, 'a', 1);
    await first.close();
    disk.capacityBytes = 0;
    const clock = simClock();
    const journal = await journalOn(disk, { clock, handlers });
    expect(journal.stats().isDiskFull).toBe(true);
    await expect(append(journal, 'a', 2)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect((await readAll(journal)).map(({ seq }) => seq)).toEqual([1]);
    disk.capacityBytes = Infinity;
    const { calls } = disk;
    await expect(append(journal, 'a', 2)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(disk.calls).toBe(calls);
    clock.passMs(1000);
    expect(await append(journal, 'a', 2)).toMatchObject({ duplicate: false });
    expect(events).toEqual(['full', 'freed']);
  });

  it('has room again after the reserve was released', async () => {
    const disk = new SimFileSystem(1);
    const clock = simClock();
    const journal = await journalOn(disk, { clock, reserveBytes: 4096 });
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    while (!journal.stats().hasReserve) await settled();
    expect(disk.names()).toContain('reserve');
    disk.capacityBytes = disk.names().reduce((sum, name) => sum + disk.content(name).length, 0);
    let seq = 1;
    let error: unknown;
    while (error === undefined) {
      await append(journal, 'a', seq).then(
        () => seq++,
        (cause: unknown) => (error = cause),
      );
      await settled();
    }
    expect(error).toMatchObject({ code: 'DISK_FULL' });
    await journal.releaseReserve();
    expect(disk.names()).not.toContain('reserve');
    await append(journal, 'a', seq);
    clock.passMs(60_000);
    disk.capacityBytes = Infinity;
    await append(journal, 'a', seq + 1);
    while (!journal.stats().hasReserve) await settled();
  });
});

it('computes the same checksum with and without the help of zlib', () => {
  const text = Buffer.from('123456789');
  expect(tableCrc32(text).toString(16)).toBe('cbf43926');
  expect(crc32(text.subarray(4), crc32(text.subarray(0, 4)))).toBe(
    tableCrc32(text.subarray(4), tableCrc32(text.subarray(0, 4))),
  );
});
