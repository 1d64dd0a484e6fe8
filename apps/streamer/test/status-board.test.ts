import type {
  StreamReport,
  WorkerReport,
  PartitionWriterReport,
  WriterReport,
} from '../src/control/messages.ts';
import type { ChildState } from '../src/monitoring/recorder-status.ts';
import { StatusBoard } from '../src/monitoring/status-board.ts';

const stream = (events: number, lastEventAtMs: number | undefined, alarm?: string): StreamReport => ({
  stream: 'BTCUSDT@aggTrade', events, duplicates: 0, lastEventAtMs, alarm,
}); // prettier-ignore

const worker = (...streams: StreamReport[]): WorkerReport => ({
  role: 'worker', rssBytes: 1, streams, queues: [{ name: 'worker-1', bytes: 5, spooledBytes: 0, oldestAgeMs: 10, refusedBatches: 0, spoolFailures: 0 }],
  rejectedMessages: 0, rejectedFrames: 0, reconnects: 2,
}); // prettier-ignore

const writer = (gaps: Record<string, number>): WriterReport => ({
  role: 'writer', rssBytes: 1, records: 0, rows: 0, bytes: 0, rejected: 0, gaps,
  journal: { bytes: 0, isDiskFull: false, duplicates: 0 }, queues: [], writeLatencyMs: { p50: 1, p99: 2, p999: 3 },
  receiptToDurableMs: { p50: 4, p99: 5, p999: 6 },
  archive: { waiting: 2, packed: 3, failed: 1, bytesIn: 100, bytesOut: 25, current: null }, openings: { written: 0, missing: 0 },
}); // prettier-ignore

const ready: ChildState = { id: 'worker-1', role: 'worker', pid: 7, state: 'ready', restarts: 0 };

const board = () =>
  new StatusBoard(0, {
    symbolsOf: new Map([['worker-1', ['BTCUSDT']]]),
    streams: ['BTCUSDT@aggTrade'],
  });

describe('the status board', () => {
  it('is starting until every stream has delivered, healthy then', () => {
    const status = board();
    expect(status.status(1000, [ready], false).state).toBe('starting');
    status.report('worker-1', worker(stream(3, 900)), 1000);
    status.report('writer', writer({ 'BTCUSDT@aggTrade': 1 }), 1000);
    expect(status.status(1000, [ready], false)).toMatchObject({
      state: 'healthy',
      startedAt: '1970-01-01T00:00:00.000Z',
      streams: [{ stream: 'BTCUSDT@aggTrade', lastEventAgeMs: 100, events: 3, gaps: 1 }],
      queues: [
        { name: 'worker-1', bytes: 5, spooledBytes: 0, oldestAgeMs: 10, refusedBatches: 0, spoolFailures: 0 },
      ],
    });
  });

  it.each([
    ['a silent stream', worker(stream(3, 900, 'silent')), ready, /silent/],
    [
      'a child that is not up',
      worker(stream(3, 900)),
      { ...ready, state: 'waiting', restarts: 1 },
      /worker-1 is waiting/,
    ],
    [
      'a queue that does not drain',
      {
        ...worker(stream(3, 900)),
        queues: [
          {
            name: 'worker-1',
            bytes: 5,
            spooledBytes: 0,
            oldestAgeMs: 60_000,
            refusedBatches: 0,
            spoolFailures: 0,
          },
        ],
      },
      ready,
      /oldest batch/,
    ],
  ])('is degraded by %s, and says so', (_, report, child, obstacle) => {
    const status = board();
    status.report('worker-1', report, 1000);
    expect(status.status(1000, [child], false).state).toBe('degraded');
    expect(status.obstacles(1000, [child]).join()).toMatch(obstacle);
  });

  it('keeps what earlier lives of a child counted', () => {
    const status = board();
    status.report('worker-1', worker(stream(3, 900)), 1000);
    status.report('writer', writer({ 'BTCUSDT@aggTrade': 1 }), 1000);
    for (const id of ['worker-1', 'writer']) status.ended(id);
    expect(status.streams(1000)[0]).toMatchObject({ events: 3, gaps: 1, lastEventAgeMs: null });
    status.report('worker-1', worker(stream(4, 950)), 1000);
    status.report('writer', writer({ 'BTCUSDT@aggTrade': 2 }), 1000);
    expect(status.streams(1000)[0]).toMatchObject({ events: 7, gaps: 3 });
    expect(status.totals().reconnects).toBe(4);
  });

  it('does not believe what a child said last when it has fallen silent', () => {
    const status = board();
    status.report('worker-1', worker(stream(3, 900)), 1000);
    expect(status.status(6000, [ready], false).state).toBe('healthy');
    expect(status.status(6001, [ready], false).state).toBe('degraded');
    expect(status.obstacles(6001, [ready])).toEqual(['worker-1: says nothing for 5001 ms']);
  });

  it('shows the newest event and every alarm of the lines of a stream', () => {
    const status = board();
    status.report('worker-1', worker(stream(3, 900, 'silent')), 1000);
    status.report('worker-1b', worker(stream(4, 950)), 1000);
    expect(status.streams(1000)[0]).toMatchObject({ lastEventAgeMs: 50, alarm: 'silent' });
  });

  it('says whether new workers bring what the old ones still bring', () => {
    const status = board();
    status.report('worker-1', worker(stream(3, 900)), 1000);
    expect(status.cover(['worker-1-r1'], ['worker-1'], 500)).toBe(false);
    // What the old one has not brought for longer nobody can expect of the new one.
    expect(status.cover(['worker-1-r1'], ['worker-1'], 950)).toBe(true);
    status.report('worker-1-r1', worker(stream(1, 950)), 1000);
    expect(status.cover(['worker-1-r1'], ['worker-1'], 500)).toBe(true);
    expect(status.deliver(['worker-1-r1'])).toBe(true);
    // A stream that is not wanted any more need not be brought.
    status.expect({ symbolsOf: new Map(), streams: [] });
    expect(status.cover([], ['worker-1'], 500)).toBe(true);
  });

  it('adds what all lives of the writer packed, and shows what waits now', () => {
    const status = board();
    expect(status.status(1000, [], false).archive).toMatchObject({ waiting: 0, packed: 0, current: null });
    status.report('writer', writer({}), 1000);
    status.ended('writer');
    expect(status.status(1000, [], false).archive).toEqual({
      waiting: 0, packed: 3, failed: 0, bytesIn: 100, bytesOut: 25, current: null,
    }); // prettier-ignore
    status.report('writer', writer({}), 2000);
    expect(status.status(2000, [], false).archive).toEqual({
      waiting: 2, packed: 6, failed: 1, bytesIn: 200, bytesOut: 50, current: null,
    }); // prettier-ignore
  });

  it('shows what a writer of several machines packs as what one machine packs', () => {
    const status = board();
    const { archive } = writer({});
    const written = { messages: 0, partitions: [], unsettled: [], refused: [] } as unknown as PartitionWriterReport['written'];
    status.report('partition-writer', {
      role: 'partition-writer', rssBytes: 1, queues: [], rows: 0, bytes: 0, rejected: 0, gaps: {}, problem: undefined, written, archive,
    }, 1000);
    expect(status.status(1000, [], false).archive).toMatchObject({ waiting: 2, packed: 3 });
    status.ended('partition-writer');
    expect(status.status(1000, [], false).archive).toMatchObject({ waiting: 0, packed: 3 });
  }); // prettier-ignore
});
