import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BatchSender } from '@org/flow';
import { eventually, TemporarySockets } from './temporary-sockets.ts';

const sockets = new TemporarySockets();
let receiver: ChildProcess | undefined;
afterEach(() => {
  receiver?.kill('SIGKILL');
  return sockets.closeAll();
});
afterAll(() => sockets.remove());

/** The receiver runs what was built, as users do. */
beforeAll(() => {
  if (!existsSync('libs/flow/dist/index.js'))
    throw new Error('not built: run npx tsc -b libs/flow/tsconfig.lib.json');
});

describe('a batch channel whose receiver is killed again and again', () => {
  it('brings every batch to a receiver, in order, and to each life of it once', async () => {
    const socketPath = sockets.next();
    const file = path.join(sockets.folder, 'received');
    writeFileSync(file, '');
    const received = (): [pid: number, seq: number][] => {
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => line.split(' ').map(Number) as [number, number]);
    };
    const start = (): ChildProcess =>
      spawn(process.execPath, [path.resolve('libs/flow/test/fixtures/receiver.mjs'), socketPath, file], {
        stdio: 'inherit',
      });
    const sender = sockets.closing(
      new BatchSender({ socketPath, lane: 'a', epoch: 1, queueBytesMax: 1_000_000, reconnectDelayMs: 5 }),
    );
    sender.start();
    let sent = 0;
    const send = (count: number): void => {
      for (; count > 0; count--) expect(sender.send(Buffer.from(`${++sent}`))).toBe(true);
    };
    send(1);
    for (let life = 0; life < 3; life++) {
      const alreadyAcked = sender.stats().ackedSeq;
      receiver = start();
      await eventually(() => sender.stats().ackedSeq > alreadyAcked, 'an ack', 15_000);
      // It is in the middle of these when it dies.
      send(1500);
      await eventually(() => sender.stats().ackedSeq > alreadyAcked + 100, 'more acks', 15_000);
      receiver.kill('SIGKILL');
      await eventually(() => !sender.stats().connected, 'the sender to notice');
    }
    receiver = start();
    expect(await sender.drained(15_000)).toBe(true);
    const lives = groupByPid(received());
    expect(lives.size).toBe(4);
    for (const seqs of lives.values()) {
      expect(seqs).toEqual(Array.from(seqs, (_, index) => seqs[0]! + index));
    }
    expect(new Set(received().map(([, seq]) => seq)).size).toBe(sent);
  }, 60_000);
});

function groupByPid(received: readonly (readonly [number, number])[]): Map<number, number[]> {
  const lives = new Map<number, number[]>();
  for (const [pid] of received) lives.set(pid, []);
  for (const [pid, seq] of received) lives.get(pid)!.push(seq);
  return lives;
}
