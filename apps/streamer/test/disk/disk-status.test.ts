import type { DiskStatus } from '../../src/disk/disk-keeper.ts';
import { expectationOf, planRecorder, recordedStreams } from '../../src/control/recorder-plan.ts';
import { loadConfig } from '@org/config';
import { StatusBoard } from '../../src/monitoring/status-board.ts';

const DISK: DiskStatus = {
  freeBytes: 10, totalBytes: 100, bytesPerSecond: 1, fullInSeconds: 10, stage: 'warn', shedStreams: [],
  retention: { removedFiles: 0, removedBytes: 0, failures: 0 },
}; // prettier-ignore

const board = (disk?: DiskStatus) => {
  const status = new StatusBoard(0, { symbolsOf: new Map(), streams: [] });
  status.disk = disk;
  return status;
};

describe('the disk in the status', () => {
  it('is null while nothing is known of it, and what was seen last then', () => {
    expect(board().status(0, [], false).disk).toBeNull();
    expect(board(DISK).status(0, [], false).disk).toEqual(DISK);
  });

  it.each([
    ['healthy', DISK],
    ['healthy', { ...DISK, stage: 'compress-early' as const }],
    ['degraded', { ...DISK, stage: 'shed' as const, shedStreams: ['kline_1m'] }],
    ['degraded', { ...DISK, stage: 'stop' as const }],
  ])('makes the recorder %s when it is %j, and never unready', (state, disk) => {
    expect(board(disk).status(0, [], false).state).toBe(state);
    expect(board(disk).obstacles(0, [])).toEqual([]);
  });
});

describe('the plan of a recorder without all of its streams', () => {
  const config = loadConfig({ text: 'symbols: {pairs: [A, B], streams: [aggTrade, kline_1m]}' });
  const plan = planRecorder(config, ['A', 'B'], { generation: 1, revision: 0 });

  it('expects those that are recorded, and all again afterwards', () => {
    expect(expectationOf({ ...plan, shed: ['kline_1m', 'unknown'] }).streams).toEqual([
      'A@aggTrade',
      'B@aggTrade',
    ]);
    expect(recordedStreams({ ...plan, shed: [] })).toEqual(recordedStreams(plan));
    expect(expectationOf(plan).streams).toHaveLength(4);
  });
});
