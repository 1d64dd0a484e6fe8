import type { SinkReport } from '../../src/control/messages.ts';
import type { ChildState } from '../../src/monitoring/recorder-status.ts';
import { StatusBoard } from '../../src/monitoring/status-board.ts';
import { workerReport, writerReport } from '../monitoring/child-reports.ts';

const child = (id: string, role: string, state = 'ready'): ChildState => ({
  id,
  role,
  pid: 1,
  state,
  restarts: 0,
});
const CHILDREN = [child('writer', 'writer'), child('sink-postgres', 'sink'), child('worker-1', 'worker')];

const sinkReport = (more: Partial<SinkReport> = {}): SinkReport => ({
  role: 'sink', rssBytes: 7e7, queues: [], name: 'postgres', state: 'following', stateForMs: 1000, problem: undefined,
  rows: 10, rejected: 1, commits: 2, errors: 3, ...more,
}); // prettier-ignore

const backlog = (more: object = {}) => ({
  name: 'postgres', bytes: 500, oldestAgeMs: 40, isConnected: true, isHeld: true, drops: 0, refusal: undefined, ...more,
}); // prettier-ignore

function boardOf(report: Partial<SinkReport>, behind: object = {}): StatusBoard {
  const board = new StatusBoard(0, { symbolsOf: new Map(), streams: ['BTCUSDT@aggTrade'] });
  board.report('worker-1', workerReport(7), 10_000);
  board.report('writer', writerReport({ sinks: [backlog(behind)] }), 10_000);
  board.report('sink-postgres', sinkReport(report), 10_000);
  return board;
}

describe('the status', () => {
  it('has the process, the backlog and the counters of a sink', () => {
    const status = boardOf({}).status(10_000, CHILDREN, false);
    expect(status.state).toBe('healthy');
    expect(status.processes.find(({ id }) => id === 'sink-postgres')).toMatchObject({
      role: 'sink',
      rssBytes: 7e7,
    });
    expect(status.queues.map(({ name, bytes }) => `${name} ${bytes}`)).toContain('postgres 500');
    expect(status.sinks).toEqual([
      {
        name: 'postgres', state: 'following', stateForMs: 1000, problem: null, backlogBytes: 500, backlogAgeMs: 40,
        isHeld: true, drops: 0, rows: 10, rejected: 1, commits: 2, errors: 3,
      },
    ]); // prettier-ignore
  });

  it.each([
    [
      { state: 'waiting' as const, problem: 'refused' },
      {},
      /sink postgres: refused; recording goes on, 500 bytes/,
    ],
    [{ state: 'opening' as const, stateForMs: 11_000 }, {}, /its store has not opened for 11000 ms/],
    [{}, { oldestAgeMs: 31_000 }, /it has taken nothing for 31000 ms/],
    [{}, { isHeld: false }, /will have a gap; .* nothing is kept for it any more/],
  ])('is degraded and ready when the sink says %j and the writer %j', (report, behind, concern) => {
    const board = boardOf(report, behind);
    expect(board.obstacles(10_000, CHILDREN)).toEqual([]);
    expect(board.state(10_000, CHILDREN, false)).toBe('degraded');
    expect(board.concerns(10_000, CHILDREN)).toEqual([expect.stringMatching(concern)]);
  });

  it.each(['waiting', 'failed', 'starting'])(
    'is degraded and ready while the process of a sink is %s',
    (state) => {
      const children = CHILDREN.map((each) => (each.role === 'sink' ? { ...each, state } : each));
      const board = boardOf({}, { refusal: 'its store is ahead' });
      expect(board.obstacles(10_000, children)).toEqual([]);
      expect(board.state(10_000, children, false)).toBe('degraded');
      expect(board.concerns(10_000, children).join()).toMatch(/its process is down \(its store is ahead\)/);
    },
  );

  it('is degraded and ready when a sink says nothing any more', () => {
    const board = boardOf({});
    board.report('worker-1', workerReport(8), 16_000);
    board.report('writer', writerReport({ sinks: [backlog()] }), 16_000);
    expect(board.obstacles(16_000, CHILDREN)).toEqual([]);
    expect(board.state(16_000, CHILDREN, false)).toBe('degraded');
  });

  it('keeps what a sink counted over the lives of its process', () => {
    const board = boardOf({});
    board.ended('sink-postgres');
    board.report('sink-postgres', sinkReport({ rows: 5, errors: 0 }), 10_000);
    expect(board.sinks(10_000, CHILDREN)[0]).toMatchObject({ rows: 15, errors: 3, commits: 4 });
  });
});
