import type { PrimaryMessage } from '../../src/control/messages.ts';
import { BookDesk } from '../../src/monitoring/book-desk.ts';
import { MonitoringDesk } from '../../src/monitoring/monitoring-desk.ts';
import type { ChildState } from '../../src/monitoring/recorder-status.ts';
import { StatusBoard } from '../../src/monitoring/status-board.ts';
import { workerReport, writerReport } from './child-reports.ts';
import { valueOf } from './exposition.ts';
import { HandClock } from '../hand-clock.ts';

const worker: ChildState = { id: 'worker-1', role: 'worker', pid: 2, state: 'ready', restarts: 0 };

function whatIsWatched() {
  const hand = new HandClock(10_000);
  const { clock } = hand;
  const board = new StatusBoard(10_000, { symbolsOf: new Map(), streams: ['BTCUSDT@aggTrade'] });
  let asked = 0;
  let release: () => void = () => undefined;
  const children = {
    symbols: ['BTCUSDT'],
    states: () => [worker],
    freshReports: () => {
      asked++;
      return new Promise<void>((resolve) => (release = resolve));
    },
  };
  const desk = new MonitoringDesk({
    board, children, clock, startedAtMs: 10_000, market: 'usdm', isStopping: () => false,
    books: new BookDesk(() => undefined, clock),
    reloads: () => ({ requested: 0, finished: 0, lastAt: null, outcome: null, problem: null, needRestart: [] }),
    logs: () => ({ written: 0, suppressed: 0, lost: 0 }),
    budget: () => { throw new Error('no budget'); },
  }); // prettier-ignore
  desk.start();
  return { hand, board, desk, asked: () => asked, release: () => release() };
}

describe('the monitoring desk', () => {
  it('knows since when the state is what it is, though nobody asked when it changed', async () => {
    const { hand, board, desk, release } = whatIsWatched();
    try {
      await hand.turn(2000);
      board.report('worker-1', workerReport(3), hand.nowAtMs);
      await hand.turn(3000);
      const asked = desk.status();
      release();
      expect(await asked).toMatchObject({
        state: 'healthy',
        startedAt: '1970-01-01T00:00:10.000Z',
        stateSince: '1970-01-01T00:00:13.000Z',
        observedAt: '1970-01-01T00:00:15.000Z',
        obstacles: [],
      });
    } finally {
      desk.stop();
    }
  });

  it('asks the children once for all who ask at the same time', async () => {
    const { desk, asked, release } = whatIsWatched();
    try {
      const answers = [desk.status(), desk.status(), desk.status()];
      release();
      expect(new Set(await Promise.all(answers)).size).toBe(1);
      expect(asked()).toBe(1);
      const later = desk.status();
      release();
      await later;
      expect(asked()).toBe(2);
    } finally {
      desk.stop();
    }
  });

  it('gives metrics though the request weight cannot be read, and shows durations in the status', async () => {
    const { board, desk, release } = whatIsWatched();
    try {
      board.report('writer', writerReport(), 10_000);
      const metrics = await desk.metrics();
      expect(metrics).not.toMatch(/recorder_rest_/);
      expect(valueOf(metrics, 'recorder_process_cpu_seconds_total{process="primary"}')).toBeGreaterThan(0);
      const asked = desk.status();
      release();
      expect((await asked).receiptToDurable?.counts).toEqual([3, 3, 0]);
    } finally {
      desk.stop();
    }
  });
});

describe('the book desk', () => {
  it('asks for the best of all books once in half a second, however many ask', async () => {
    const hand = new HandClock();
    const { clock } = hand;
    const asked: PrimaryMessage[] = [];
    const desk = new BookDesk((query) => asked.push(query), clock);
    const [first, second] = [desk.tops(), desk.tops()];
    desk.topsAnswered(1, [{ symbol: 'A', unavailable: 'stale' }]);
    expect(await first).toBe(await second);
    await hand.turn(501);
    void desk.tops();
    expect(asked).toEqual([{ type: 'tops-query', requestId: 1 }, { type: 'tops-query', requestId: 2 }]); // prettier-ignore
  });

  it('says so when nobody answers, and does not mind an answer that comes too late', async () => {
    const hand = new HandClock();
    const { clock } = hand;
    const desk = new BookDesk(() => undefined, clock);
    const [tops, book] = [desk.tops(), desk.query('A', 5)];
    await hand.turn(2000);
    expect(await tops).toBeUndefined();
    expect(await book).toEqual({ symbol: 'A', unavailable: 'no answer within 2000 ms' });
    desk.topsAnswered(1, []);
    desk.answered(2, { symbol: 'A', unavailable: 'late' });
  });
});
