import { statusText } from '../../src/daemon/status-text.ts';
import { viewStatus } from '../../src/daemon/status-view.ts';
import {
  clusterConcerns,
  clusterObstacles,
  clusterStatus,
  type ClusterPlace,
} from '../../src/monitoring/cluster-status.ts';
import type { ClusterRole } from '@org/config';
import type { PartitionFollowerReport } from '../../src/control/messages.ts';
import { clusterMetrics } from '../../src/monitoring/metrics/cluster-metrics.ts';
import { StatusBoard } from '../../src/monitoring/status-board.ts';
import {
  forwarderReport as forwarder,
  partitionWriterReport as writer,
} from '../monitoring/child-reports.ts';

const place = (role: ClusterRole): ClusterPlace => ({
  config: { role, name: 'recorder', servers: ['nats://127.0.0.1:4222'], partitions: 4 },
  node: 'n1',
});

const backlog = {
  name: 'forwarder', bytes: 1, keptBytes: 500, oldestAgeMs: 0, isConnected: true, isHeld: true, drops: 0, refusal: undefined,
}; // prettier-ignore

const follower = (more: Partial<PartitionFollowerReport> = {}): PartitionFollowerReport => ({
  role: 'partition-follower', rssBytes: 1, queues: [], streams: [], left: [], problem: undefined, followed, ...more,
}); // prettier-ignore

const followed: PartitionFollowerReport['followed'] = {
  messages: 1, bytes: 2, pieces: 3, repeats: 4, leaps: 5, refused: 0, malformed: 6, retries: 7, answers: 1, breaks: 8, wishes: 9,
  partitions: [
    { partition: 0, sequence: 5, latestReceiptUs: 9_500_000 },
    { partition: 1, sequence: 0, latestReceiptUs: 0 },
  ],
}; // prettier-ignore

const view = {
  forwarder: undefined,
  writer: undefined,
  follower: undefined,
  backlog: undefined,
  nowMs: 10_000,
};

describe('the cluster in the status', () => {
  it('is null where one machine does everything', () => {
    expect(clusterStatus(place('all'), view)).toBeNull();
    expect(clusterStatus(undefined, view)).toBeNull();
    expect(clusterConcerns(null)).toEqual([]);
    expect(clusterObstacles(null)).toEqual([]);
  });

  it('tells the lag of each partition, and none before its first record', () => {
    const { writer: told } = clusterStatus(place('writer'), { ...view, writer: writer() })!;
    expect(told?.partitions.map(({ lagMs, isWaiting }) => [lagMs, isWaiting])).toEqual([[1000, true], [null, false]]); // prettier-ignore
  });

  it('counts servers that a collector cannot reach as a concern, and those that a writer cannot reach as an obstacle', () => {
    const problem = 'connection: no answer';
    const collecting = clusterStatus(place('collector'), {
      ...view,
      forwarder: forwarder({ problem }),
      backlog,
    });
    expect(clusterConcerns(collecting)).toEqual([
      `forwarder: ${problem}; recording goes on, 500 bytes are in the journal`,
    ]);
    expect(clusterObstacles(collecting)).toEqual([]);
    const writing = clusterStatus(place('writer'), { ...view, writer: writer({ problem }) });
    expect(clusterObstacles(writing)).toEqual([`servers: ${problem}`]);
  });

  it.each([
    [forwarder({ uncommittedForMs: 31_000 }), backlog, /no writer has committed anything for 31000 ms/],
    [forwarder(), { ...backlog, drops: 2 }, /the disk had no room .* \(2 times\)/],
    [forwarder(), { ...backlog, refusal: 'it belongs to another recording' }, /belongs to another recording/],
  ])('has a concern for %j with a backlog of %j', (report, kept, concern) => {
    const status = clusterStatus(place('collector'), { ...view, forwarder: report, backlog: kept });
    expect(clusterConcerns(status)).toEqual([expect.stringMatching(concern)]);
  });

  it('names partitions that a person has to look at', () => {
    const status = clusterStatus(place('writer'), { ...view, writer: writer() });
    expect(clusterConcerns(status)).toEqual([expect.stringMatching(/^partition 2: its files here/)]);
  });

  it('tells what a machine that keeps books has read, and how old the latest of it is', () => {
    const status = clusterStatus(place('order-book'), { ...view, follower: follower() })!;
    expect(status.follower).toEqual({
      partitions: 2, reading: 2, lagMs: 500, messages: 1, bytes: 2, repeats: 4, leaps: 5, breaks: 8, wishes: 9, malformed: 6, retries: 7,
    }); // prettier-ignore
    expect([status.forwarder, status.writer, clusterConcerns(status)]).toEqual([null, null, []]);
  });

  it('counts servers that a machine that keeps books cannot reach as an obstacle', () => {
    const problem = 'connection: no answer';
    const status = clusterStatus(place('order-book'), { ...view, follower: follower({ problem }) });
    expect(clusterObstacles(status)).toEqual([`servers: ${problem}`]);
    expect(clusterConcerns(status)).toEqual([]);
  });

  it('is not ready where books are kept before the end of every partition was found', () => {
    const partitions = [0, 1].map((partition) => ({
      partition,
      sequence: partition || undefined,
      latestReceiptUs: 9e6,
    }));
    const report = follower({ followed: { ...followed, partitions } });
    const status = clusterStatus(place('order-book'), { ...view, follower: report });
    expect(clusterObstacles(status)).toEqual(['servers: 1 of 2 partitions are read']);
  });

  it.each([
    [9_500_000, 60_000, /is 50500 ms old/],
    [0, 10_000, /no collector has forwarded anything/],
  ])(
    'has a concern for books when the latest of %i us is met at %i ms',
    (latestReceiptUs, nowMs, concern) => {
      const partitions = [{ partition: 0, sequence: 1, latestReceiptUs }];
      const report = follower({ followed: { ...followed, partitions } });
      const status = clusterStatus(place('order-book'), { ...view, follower: report, nowMs });
      expect(clusterConcerns(status)).toEqual([expect.stringMatching(concern)]);
    },
  );
});

describe('the status of a machine that keeps books', () => {
  const DEPTH = 'BTCUSDT@depth@100ms';
  const line = { stream: DEPTH, events: 7, duplicates: 0, lastEventAtMs: 9900, alarm: undefined };
  const state = { id: 'partition-follower', role: 'partition-follower', pid: 1, state: 'ready', restarts: 0 };

  function board(): StatusBoard {
    const made = new StatusBoard(0, { symbolsOf: new Map(), streams: [] }, place('order-book'));
    made.report('partition-follower', follower({ streams: [line] }), 10_000);
    made.expect({
      symbolsOf: new Map(),
      streams: [DEPTH, 'ETHUSDT@depth@100ms'],
      joined: new Set(['ETHUSDT']),
    });
    return made;
  }

  it('shows the streams that are followed, over the lives of the follower, and waits for none', () => {
    const made = board();
    expect(made.obstacles(10_000, [state])).toEqual([]);
    expect(made.streams(10_000)[0]).toMatchObject({ stream: DEPTH, events: 7, lastEventAgeMs: 100, gaps: 0 });
    made.ended('partition-follower');
    made.report('partition-follower', follower({ streams: [{ ...line, events: 2 }] }), 11_000);
    expect(made.streams(11_000)[0]).toMatchObject({ events: 9 });
  });

  it('is not ready while the follower is not', () => {
    const waiting = { ...state, state: 'restarting' };
    expect(board().obstacles(10_000, [waiting])).toEqual(['partition-follower is restarting']);
    expect(board().obstacles(16_000, [state])).toEqual(['partition-follower: says nothing for 6000 ms']);
  });

  it('has figures of its own', () => {
    const status = { ...board().status(10_000, [state], false), obstacles: [] };
    const told = clusterMetrics({ status } as never).flatMap(({ name, samples }) =>
      samples.map(({ value }) => [name.slice('recorder_cluster_'.length), value]),
    );
    expect(Object.fromEntries(told)).toEqual({
      problem: 0, lag_seconds: 0.5, received_bytes_total: 2, book_breaks_total: 8, snapshot_wishes_total: 9,
    }); // prettier-ignore
  });

  it('is a line for people, and what is wrong with the servers another', () => {
    const cluster = clusterStatus(place('order-book'), {
      ...view,
      follower: follower({ problem: 'no answer' }),
    });
    const text = textOf({ state: 'degraded', cluster });
    expect(text).toContain('cluster  order-book n1, 2 partitions followed, 500 ms behind');
    expect(text.some((row) => row.trim() === 'no answer')).toBe(true);
  });

  it('tells of a writer what it wrote, and of nothing that others do', () => {
    const cluster = clusterStatus(place('writer'), {
      ...view,
      writer: writer({ rows: 12_345, gaps: { 'BTCUSDT@trade': 2, 'ETHUSDT@trade': 1 } }),
    });
    expect(textOf({ state: 'healthy', cluster, streams: [], books: [], queues: [] })).toEqual([
      'healthy, 12,345 rows, 3 gaps, version 1', '  ', '',
      '  process  state  pid  restarts  memory  symbols', '',
      'cluster  writer n1, 2 partitions, 1.0 s behind, 7 commits, rows of 1 wait for a collector',
    ]); // prettier-ignore
  });
});

function textOf(body: object): string[] {
  return statusText(viewStatus(body)!, {
    nowMs: 10_000, eventsPerSecond: undefined, version: '1', url: '', outputDir: '', freeBytes: undefined, isAll: false,
    paint: (_, part) => part,
  }); // prettier-ignore
}
