import { askRecorder } from '../../src/daemon/ask-recorder.ts';
import type { PidEntry } from '../../src/daemon/pid-file.ts';
import { reloadRecorder } from '../../src/daemon/reload-recorder.ts';
import { stopRecorder } from '../../src/daemon/stop-recorder.ts';
import { type AnsweringRecorder, answering } from './answering-recorder.ts';
import { FakeProcesses, hastyClock } from './fake-processes.ts';

const PRIMARY = 500;
const WRITER = 501;
const WORKER = 502;

const REST = { version: '1', isDetached: true, canReload: true, cwd: '/', flags: {} };

let processes: FakeProcesses;
let server: AnsweringRecorder | undefined;

beforeEach(() => {
  processes = new FakeProcesses();
});

afterEach(() => {
  server?.close();
  server = undefined;
});

async function recorder(answer: (path: string) => unknown): Promise<PidEntry> {
  server = await answering(answer);
  return { ...processes.start(PRIMARY), url: server.url, ...REST };
}

describe('stopping a recorder', () => {
  const status = () => ({
    state: 'healthy',
    processes: [
      { id: 'primary', pid: PRIMARY },
      { id: 'writer', pid: WRITER },
      { id: 'worker-1', pid: WORKER },
      { id: 'worker-2', pid: null },
    ],
  });
  const options = (isForced = false) => ({
    timeoutMs: 10_000,
    isForced,
    processes,
    clock: hastyClock(),
    waiting: (names: readonly string[]) => void waited.push(names.join()),
  });
  let waited: string[];

  beforeEach(() => {
    waited = [];
    processes.start(WRITER);
    processes.start(WORKER);
  });

  it('asks the primary alone and waits for all its processes', async () => {
    const entry = await recorder(status);
    processes.onSignal = () => {
      processes.end(WORKER);
      // The primary ends only after it was waited for a while.
      setImmediate(() => setImmediate(() => [WRITER, PRIMARY].forEach((pid) => processes.end(pid))));
    };
    expect(await stopRecorder(entry, options())).toEqual({ kind: 'stopped', names: [] });
    expect(processes.signals).toEqual(['SIGTERM 500']);
    expect(waited[0]).toBe('primary (500),writer (501)');
  });

  it('names what still runs when the time is up, and leaves it alone', async () => {
    const entry = await recorder(status);
    processes.onSignal = () => processes.end(WORKER);
    expect(await stopRecorder(entry, options())).toEqual({
      kind: 'still-running',
      names: ['primary (500)', 'writer (501)'],
    });
    expect(processes.signals).toEqual(['SIGTERM 500']);
  });

  it('kills what still runs when told to, the primary first, and nobody who has taken over an id', async () => {
    const entry = await recorder(status);
    processes.onSignal = (pid, signal) => {
      if (signal === 'SIGTERM') processes.start(WORKER, '777');
      else processes.end(pid);
    };
    expect(await stopRecorder(entry, options(true))).toEqual({
      kind: 'killed',
      names: ['primary (500)', 'writer (501)'],
    });
    expect(processes.signals).toEqual(['SIGTERM 500', 'SIGKILL 500', 'SIGKILL 501']);
  });

  it('says whose it is when it may not be signalled', async () => {
    const entry = await recorder(status);
    processes.onSignal = () => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
    };
    await expect(stopRecorder(entry, options())).rejects.toThrow('process 500 belongs to another user');
  });

  it('knows the primary alone when the recorder answers nonsense', async () => {
    const entry = await recorder(() => 'no JSON');
    processes.onSignal = () => processes.end(PRIMARY);
    expect(await stopRecorder(entry, options())).toEqual({ kind: 'stopped', names: [] });
  });
});

describe('reloading a recorder', () => {
  const options = () => ({ timeoutMs: 20_000, processes, clock: hastyClock() });
  const report = (requested: number, finished: number, outcome = 'taken') => ({
    state: 'healthy',
    reloads: { requested, finished, outcome, problem: null, needRestart: ['storage.rotation'] },
  });

  it('waits for the decision on its own request, not for that of an earlier one', async () => {
    // One is under way already; ours is the third.
    const answers = [report(2, 1, 'refused'), report(3, 1), report(3, 2, 'unchanged'), report(3, 3)];
    const entry = await recorder(() => (answers.length > 1 ? answers.shift() : answers[0]));
    expect(await reloadRecorder(entry, options())).toMatchObject({
      kind: 'decided',
      report: { finished: 3, outcome: 'taken', needRestart: ['storage.rotation'] },
    });
    expect(processes.signals).toEqual(['SIGHUP 500']);
  });

  it('never signals one that would take it for the end of its terminal', async () => {
    const entry = await recorder(() => report(0, 0));
    const outcome = await reloadRecorder({ ...entry, canReload: false }, options());
    expect(outcome).toMatchObject({ kind: 'failed', problem: expect.stringMatching(/terminal/) });
    expect(processes.signals).toEqual([]);
  });

  it('says so when no decision comes, when the recorder ends, and when it knows no reloads', async () => {
    const slow = await recorder(() => report(1, 0));
    expect(await reloadRecorder(slow, options())).toMatchObject({
      problem: expect.stringMatching(/not decided within 20000 ms/),
    });
    processes.onSignal = (pid) => processes.end(pid);
    expect(await reloadRecorder(slow, options())).toMatchObject({ problem: 'it has ended meanwhile' });
    server!.close();
    const other = await recorder(() => ({ state: 'healthy' }));
    processes.signals.length = 0;
    expect(await reloadRecorder(other, options())).toMatchObject({
      problem: expect.stringMatching(/another version/),
    });
    expect(processes.signals).toEqual([]);
  });
});

describe('asking a recorder', () => {
  it('gives up when no answer comes in time', async () => {
    const { url } = await recorder(() => undefined);
    expect(await askRecorder(url!, '/status', 50)).toEqual({
      kind: 'no-answer',
      problem: 'no answer within 50 ms',
    });
  });

  it('says why there is none: nobody listens, or what answers is no recorder', async () => {
    const { url } = await recorder(() => '<html>');
    expect(await askRecorder(url!, '/status')).toMatchObject({ kind: 'no-answer' });
    server!.close();
    expect(await askRecorder(url!, '/status')).toMatchObject({
      kind: 'no-answer',
      problem: expect.stringMatching(/ECONNREFUSED/),
    });
  });

  it('does not read an answer without end', async () => {
    const { url } = await recorder(() => ' '.repeat(33 * 1024 * 1024));
    expect(await askRecorder(url!, '/status', 20_000)).toMatchObject({
      kind: 'no-answer',
      problem: expect.stringMatching(/expected at most/),
    });
  });
});
