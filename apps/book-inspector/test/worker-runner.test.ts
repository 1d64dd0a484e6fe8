import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ReplayJob } from '../src/replay-job.ts';
import { WorkerRunner } from '../src/worker-runner.ts';

/** A worker that does as the symbol of its job says. */
const WORKER = `
import { parentPort, threadId } from 'node:worker_threads';
parentPort.on('message', ({ source: { symbol } }) => {
  if (symbol === 'EXIT') process.exit(3);
  if (symbol === 'THROW') throw new Error('thrown in the thread');
  if (symbol === 'FAIL') return parentPort.postMessage({ type: 'failed', problem: 'said so' });
  parentPort.postMessage({ type: 'progress', progress: { bytesRead: 1, bytesTotal: 2 } });
  parentPort.postMessage({ type: 'outcome', outcome: { messages: threadId } });
});`;

const folder = mkdtempSync(join(tmpdir(), 'book-inspector-worker-'));
writeFileSync(join(folder, 'worker.mjs'), WORKER);
afterAll(() => rmSync(folder, { recursive: true }));

const job = (symbol: string): ReplayJob => ({
  source: { format: 'csv', symbol, paths: [] },
  moment: undefined,
  depth: 1,
});

describe('WorkerRunner', () => {
  it('does jobs in one thread, tells their progress, and begins another thread behind one that died', async () => {
    const runner = new WorkerRunner(pathToFileURL(join(folder, 'worker.mjs')));
    const progress: unknown[] = [];
    const run = (symbol: string) => runner.run(job(symbol), (read) => progress.push(read));
    const threadOf = async () => (await run('GOOD')).messages;
    const first = await threadOf();
    expect(await threadOf()).toBe(first);
    await expect(run('FAIL')).rejects.toMatchObject({ code: 'WORKER_FAILED', message: 'said so' });
    expect(await threadOf()).toBe(first);
    await expect(run('EXIT')).rejects.toThrow('its thread ended with code 3');
    const second = await threadOf();
    expect(second).not.toBe(first);
    await expect(run('THROW')).rejects.toThrow('its thread failed: thrown in the thread');
    expect(await threadOf()).not.toBe(second);
    expect(progress).toEqual(Array(5).fill({ bytesRead: 1, bytesTotal: 2 }));
    await runner.close();
    await expect(new WorkerRunner(new URL('file:///absent.mjs')).close()).resolves.toBeUndefined();
  });
});
