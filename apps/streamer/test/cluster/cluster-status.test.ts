import { NO_ARCHIVE } from '../../src/monitoring/add-archive.ts';
import {
  clusterConcerns,
  clusterObstacles,
  clusterStatus,
  type ClusterPlace,
} from '../../src/monitoring/cluster-status.ts';
import type { ForwarderReport, PartitionWriterReport } from '../../src/control/messages.ts';

const place = (role: 'all' | 'collector' | 'writer'): ClusterPlace => ({
  config: { role, name: 'recorder', servers: ['nats://127.0.0.1:4222'], partitions: 4 },
  node: 'n1',
});

const forwarder = (more: Partial<ForwarderReport> = {}): ForwarderReport => ({
  role: 'forwarder', rssBytes: 1, queues: [], problem: undefined, uncommittedForMs: 0, forwarded: undefined, ...more,
}); // prettier-ignore

const written: PartitionWriterReport['written'] = {
  messages: 1, bytes: 2, pieces: 3, repeats: 4, holes: 5, malformed: 6, commits: 7, postponed: 8, overflows: 0, lostLeases: 9, undone: 10,
  retries: 11, unsettled: [3], refused: [2],
  partitions: [
    { partition: 0, generation: 1, committedSequence: 5, latestReceiptUs: 9_000_000, isWaiting: true, heldBytes: 10 },
    { partition: 1, generation: 1, committedSequence: 0, latestReceiptUs: 0, isWaiting: false, heldBytes: 0 },
  ],
}; // prettier-ignore

const writer = (more: Partial<PartitionWriterReport> = {}): PartitionWriterReport => ({
  role: 'partition-writer', rssBytes: 1, queues: [], rows: 1, bytes: 1, rejected: 0, gaps: {}, problem: undefined, written, archive: NO_ARCHIVE, ...more,
}); // prettier-ignore

const backlog = {
  name: 'forwarder', bytes: 1, keptBytes: 500, oldestAgeMs: 0, isConnected: true, isHeld: true, drops: 0, refusal: undefined,
}; // prettier-ignore

const view = { forwarder: undefined, writer: undefined, backlog: undefined, nowMs: 10_000 };

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
});
