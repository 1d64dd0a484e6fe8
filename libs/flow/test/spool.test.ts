import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BATCH_OVERHEAD_BYTES, BatchSender, systemClock } from '@org/flow';
import type { BatchSenderOptions, Clock } from '@org/flow';
import { crc32, crc32ByTable } from '../src/spool/crc32.ts';
import { FakeSpoolFileSystem } from './fake-spool-file-system.ts';
import { Loopback } from './loopback.ts';
import { eventually, gate } from './temporary-sockets.ts';

const MIB = 1024 * 1024;
const loopback = new Loopback();
const { sockets } = loopback;
beforeEach(() => loopback.next());
afterEach(() => sockets.closeAll());
afterAll(() => sockets.remove());

/** A batch of 100 bytes, as the limits count them, with its number in it. */
const hundred = (number: number): Buffer => {
  const batch = Buffer.alloc(100 - BATCH_OVERHEAD_BYTES);
  batch.writeUInt32LE(number);
  return batch;
};
const numbers = (count: number, first = 0): number[] =>
  Array.from({ length: count }, (_, index) => first + index);

/** Room for 5 batches in memory and 64 in the spool, 4 of them on their way to the disk; each is a file. */
function spooling(disk: FakeSpoolFileSystem, options: Partial<BatchSenderOptions> = {}): BatchSender {
  const spool = { folder: '/spool', bytesMax: 6400, fileSystem: disk };
  return loopback.sender({ queueBytesMax: 500, spool, ...options });
}

/** Sends that many, each when the one before is on disk. */
async function sendSlowly(from: BatchSender, disk: FakeSpoolFileSystem, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    expect(from.send(hundred(number))).toBe(true);
    await eventually(() => disk.files.size === Math.max(0, number - 4), `batch ${number} to be on disk`);
  }
}

/** Notes what is to be tried again, instead of trying it. */
function retryByHand(): { clock: Clock; retries: (() => void)[] } {
  const retries: (() => void)[] = [];
  const setTimeout: Clock['setTimeout'] = (run, delayMs) =>
    delayMs === 1000 ? retries.push(run) : systemClock.setTimeout(run, delayMs);
  const clearTimeout: Clock['clearTimeout'] = (timer) => {
    if (typeof timer === 'object') systemClock.clearTimeout(timer);
  };
  return { clock: { ...systemClock, setTimeout, clearTimeout }, retries };
}

describe('a batch sender with a spool', () => {
  it('fills memory, then the disk, then refuses, and brings all of it to the receiver in order', async () => {
    const disk = new FakeSpoolFileSystem();
    const from = spooling(disk);
    await sendSlowly(from, disk, 5 + 64);
    expect(from.send(hundred(69))).toBe(false);
    expect(from.stats()).toMatchObject({
      queuedBatches: 69,
      queuedBytes: 6900,
      spooledBatches: 64,
      spooledBytes: 6400,
      spoolFailures: 0,
      refusedBatches: 1,
      sentSeq: 0,
    });
    const received: [seq: number, number: number][] = [];
    await loopback.receiver(({ seq, payload }) => void received.push([seq, payload.readUInt32LE(0)]));
    expect(await from.drained(5000)).toBe(true);
    expect(received).toEqual(numbers(69).map((number) => [number + 1, number]));
    expect(from.stats()).toMatchObject({
      queuedBatches: 0,
      queuedBytes: 0,
      spooledBatches: 0,
      spooledBytes: 0,
    });
    await eventually(() => disk.files.size === 0, 'the files to be removed');
  });

  it('sends a batch that would fit in memory behind those that did not', async () => {
    const disk = new FakeSpoolFileSystem();
    const from = spooling(disk);
    from.send(Buffer.alloc(400));
    from.send(Buffer.alloc(300));
    from.send(Buffer.alloc(1));
    expect(from.stats()).toMatchObject({ queuedBatches: 3, spooledBatches: 2 });
    const sizes: number[] = [];
    await loopback.receiver(({ payload }) => void sizes.push(payload.length));
    expect(await from.drained(5000)).toBe(true);
    expect(sizes).toEqual([400, 300, 1]);
  });

  it('refuses a batch that could never come back into memory', () => {
    const from = spooling(new FakeSpoolFileSystem());
    expect(from.send(Buffer.alloc(501 - BATCH_OVERHEAD_BYTES))).toBe(false);
    expect(from.send(Buffer.alloc(500 - BATCH_OVERHEAD_BYTES))).toBe(true);
  });

  it('waits for no disk and holds no more than it may while that hangs', async () => {
    const disk = new FakeSpoolFileSystem();
    disk.mode = 'hanging';
    const from = spooling(disk);
    expect(numbers(12).map((number) => from.send(hundred(number)))).toEqual(
      numbers(12).map((number) => number < 5 + 4),
    );
    const received: number[] = [];
    await loopback.receiver(({ payload }) => void received.push(payload.readUInt32LE(0)));
    await eventually(() => received.length === 5, 'what is in memory');
    await eventually(() => from.stats().queuedBatches === 4, 'the acks of it');
    expect(from.stats()).toMatchObject({ queuedBatches: 4, spooledBatches: 4 });
    disk.mode = 'well';
    expect(await from.drained(5000)).toBe(true);
    expect(received).toEqual(numbers(9));
  });

  it.each(['full', 'broken'] as const)(
    'refuses while the disk is %s, keeps what it took, and tries again later',
    async (mode) => {
      const disk = new FakeSpoolFileSystem();
      const { clock, retries } = retryByHand();
      const from = spooling(disk, { clock });
      await sendSlowly(from, disk, 8);
      disk.mode = mode;
      expect(from.send(hundred(8))).toBe(true);
      await eventually(() => from.stats().spoolFailures > 0, 'the failure');
      expect(from.send(hundred(99))).toBe(false);
      await eventually(() => retries.length === 1, 'the plan to try again');
      retries.shift()!();
      await eventually(() => retries.length === 1, 'the second failure');
      expect(from.send(hundred(99))).toBe(false);
      disk.mode = 'well';
      retries.shift()!();
      await eventually(() => disk.files.size === 4, 'the batch to be on disk');
      await eventually(() => from.send(hundred(9)), 'the spool to take batches again');
      const received: number[] = [];
      await loopback.receiver(({ payload }) => void received.push(payload.readUInt32LE(0)));
      expect(await from.drained(5000)).toBe(true);
      expect(received).toEqual(numbers(10));
    },
  );

  it('needs no disk to bring back what could not be written', async () => {
    const disk = new FakeSpoolFileSystem();
    disk.mode = 'broken';
    const { clock, retries } = retryByHand();
    const from = spooling(disk, { clock });
    await eventually(() => retries.length === 1, 'the folder to fail');
    // Nothing waits to be written, so the next batch is the one to try with.
    retries.shift()!();
    const taken = numbers(10).filter((number) => from.send(hundred(number)));
    await eventually(() => retries.length === 1, 'the write to fail');
    const received: number[] = [];
    await loopback.receiver(({ payload }) => void received.push(payload.readUInt32LE(0)));
    expect(await from.drained(5000)).toBe(true);
    expect([received, taken.length]).toEqual([taken, 9]);
    expect(disk.writes).toBe(0);
  });

  it.each(['corrupt', 'unreadable'] as const)(
    'reports a batch that comes back %s, skips it, and brings the rest without a hole',
    async (mode) => {
      const disk = new FakeSpoolFileSystem();
      const damaged: [number, number][] = [];
      const received: [seq: number, number: number][] = [];
      const hang = gate();
      const spoolDamaged = (batches: number, bytes: number): void => {
        damaged.push([batches, bytes]);
        disk.mode = 'well';
      };
      const from = spooling(disk, { handlers: { spoolDamaged } });
      await sendSlowly(from, disk, 8);
      const drained = from.drained(5000);
      disk.mode = mode;
      await loopback.receiver(async ({ seq, payload }) => {
        received.push([seq, payload.readUInt32LE(0)]);
        if (seq === 7) await hang.passed;
      });
      await eventually(() => received.length === 7, 'the rest');
      expect(from.stats()).toMatchObject({ queuedBatches: 1, spooledBatches: 0, spoolFailures: 1 });
      hang.open();
      // Whoever waited for all of them is not left waiting for the lost one.
      expect(await drained).toBe(true);
      expect(damaged).toEqual([[1, 87]]);
      expect(received).toEqual([0, 1, 2, 3, 4, 6, 7].map((number, index) => [index + 1, number]));
    },
  );

  it('tells the age of the oldest batch, wherever that is', async () => {
    const disk = new FakeSpoolFileSystem();
    let nowMs = 0;
    const from = spooling(disk, { clock: { ...systemClock, nowMs: () => nowMs } });
    for (const number of numbers(7)) {
      nowMs += 10;
      from.send(hundred(number));
    }
    await eventually(() => disk.files.size === 2, 'the disk');
    expect(from.stats().oldestAgeMs).toBe(60);
    disk.mode = 'hanging';
    await loopback.receiver(() => undefined);
    await eventually(() => from.stats().ackedSeq === 5, 'what is in memory');
    expect(from.stats()).toMatchObject({ queuedBatches: 2, oldestAgeMs: 10 });
    disk.mode = 'well';
    expect(await from.drained(5000)).toBe(true);
    expect(from.stats().oldestAgeMs).toBe(0);
  });

  it('counts what nobody acked when it closes, in memory and on disk, and removes the files', async () => {
    const disk = new FakeSpoolFileSystem();
    const from = spooling(disk);
    await sendSlowly(from, disk, 9);
    expect(await from.close()).toEqual({ unackedBatches: 9, unackedBytes: 900 });
    expect(disk.files.size).toBe(0);
    expect(from.send(hundred(9))).toBe(false);
  });

  it('tries again to remove a file that could not be removed', async () => {
    const disk = new FakeSpoolFileSystem();
    const { clock, retries } = retryByHand();
    const from = spooling(disk, { clock });
    await sendSlowly(from, disk, 6);
    disk.mode = 'broken';
    await loopback.receiver(() => undefined);
    expect(await from.drained(5000)).toBe(true);
    await eventually(() => retries.length === 1, 'the failure');
    expect(disk.files.size).toBe(1);
    disk.mode = 'well';
    retries.shift()!();
    await eventually(() => disk.files.size === 0, 'the file to be removed');
  });

  it.each([0, -1, NaN])('refuses a spool of %d bytes', (bytesMax) => {
    const spool = { folder: '/spool', bytesMax };
    expect(() => new BatchSender({ socketPath: '/s', lane: 'a', epoch: 1, queueBytesMax: 1, spool })).toThrow(
      RangeError,
    );
  });
});

describe('a spool on a real disk', () => {
  it('holds what passes while the receiver is away, in little memory, and leaves nothing behind', async () => {
    const folder = path.join(sockets.folder, 'away', 'lane');
    const from = loopback.sender({ queueBytesMax: 2 * MIB, spool: { folder, bytesMax: 256 * MIB } });
    const batch = (number: number): Buffer => {
      const bytes = Buffer.alloc(16_384, number);
      bytes.writeUInt32LE(number);
      return bytes;
    };
    const count = 4096;
    for (let number = 0; number < count; number++) {
      const bytes = batch(number);
      // The disk may be slower than this loop: then its buffer is full for a moment.
      while (!from.send(bytes)) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(from.stats().queuedBatches).toBe(count);
    expect(from.stats().queuedBytes - from.stats().spooledBytes).toBeLessThanOrEqual(2 * MIB);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const files = readdirSync(folder).map((name) => path.join(folder, name));
    expect(files.length).toBeGreaterThan(10);
    expect(new Set(files.map((file) => statSync(file).mode & 0o777))).toEqual(new Set([0o600]));
    let received = 0;
    await loopback.receiver(({ seq, payload }) => {
      expect([seq, payload.readUInt32LE(0)]).toEqual([received + 1, received]);
      if (received % 64 === 0) expect(payload.equals(batch(received))).toBe(true);
      received++;
    });
    expect(await from.drained(30_000)).toBe(true);
    expect(received).toBe(count);
    expect(from.stats().spoolFailures).toBe(0);
    await eventually(() => readdirSync(folder).length === 0, 'the files to be removed');
  }, 60_000);

  it('deletes the spool files of an earlier life at start, and nothing else', async () => {
    const folder = path.join(sockets.folder, 'earlier');
    mkdirSync(folder);
    for (const name of ['7-1.spool', '7-2.spool', 'notes.txt']) writeFileSync(path.join(folder, name), 'x');
    const from = loopback.sender({ epoch: 8, queueBytesMax: 500, spool: { folder, bytesMax: 6400 } });
    await eventually(() => readdirSync(folder).length === 1, 'the leftovers to be deleted');
    for (const number of numbers(8)) from.send(hundred(number));
    await eventually(() => readdirSync(folder).length === 4, 'its own files');
    expect(readdirSync(folder).toSorted()).toEqual(['8-1.spool', '8-2.spool', '8-3.spool', 'notes.txt']);
    await from.close();
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });

  it('does not disturb an older sender of the lane that is still there', async () => {
    const folder = path.join(sockets.folder, 'shared');
    mkdirSync(folder);
    const options = { queueBytesMax: 500, spool: { folder, bytesMax: 6400 } };
    const older = loopback.sender({ epoch: 1, ...options });
    for (const number of numbers(8)) older.send(hundred(number));
    await eventually(() => readdirSync(folder).length === 3, 'its files');
    const newer = new BatchSender({ socketPath: sockets.next(), lane: 'a', epoch: 2, ...options });
    sockets.closing(newer).start();
    await eventually(() => readdirSync(folder).length === 0, 'the newer to delete them');
    const received: number[] = [];
    await loopback.receiver(({ payload }) => void received.push(payload.readUInt32LE(0)));
    expect(await older.drained(5000)).toBe(true);
    expect(received).toEqual(numbers(8));
    expect(older.stats().spoolFailures).toBe(0);
  });
});

describe('the checksum of a spool', () => {
  it('is the same where zlib has none', () => {
    // The check value of CRC-32, of the catalogue of parametrised CRC algorithms.
    expect(crc32ByTable(Buffer.from('123456789'))).toBe(0xcbf43926);
    const bytes = Buffer.from(numbers(1000).map((number) => (number * 7919) % 256));
    expect(crc32ByTable(bytes)).toBe(crc32(bytes));
    expect(crc32ByTable(bytes.subarray(400), crc32ByTable(bytes.subarray(0, 400)))).toBe(crc32(bytes));
  });
});
