import type { FreeSpaceConfig } from '@org/config';
import { type DiskSpace, DiskWatch } from '../../src/disk/disk-watch.ts';
import { DISK_PACE } from '../../src/disk/ladder.ts';
import { sheddableStreams } from '../../src/disk/sheddable-streams.ts';
import { leveledLog } from '../../src/logging/child-log.ts';

const limit = (percent: number) => ({ percent, bytes: Number.MAX_SAFE_INTEGER });
const limits: FreeSpaceConfig = { warn: limit(40), compress: limit(30), shed: limit(20), stop: limit(10) };
const STREAMS = ['depth@0ms', 'aggTrade', 'bookTicker', 'kline_1m'];

function bench(hasSinks = false) {
  const done: string[] = [];
  const lines: string[] = [];
  let nowMs = 0;
  let answer: () => Promise<DiskSpace> = () => Promise.reject(new Error('not set'));
  let writtenBytes = 0;
  let shed: string | undefined;
  let looks = 0;
  const watch = new DiskWatch({
    limits,
    pace: DISK_PACE,
    clock: { nowMs: () => nowMs },
    measure: () => answer(),
    writtenBytes: () => writtenBytes,
    streams: () => STREAMS,
    hasSinks,
    actions: {
      dropHolds: () => done.push(`${nowMs / 1000}s drop holds`),
      packEarly: () => done.push(`${nowMs / 1000}s pack`),
      shed: (streams) => {
        looks++;
        if (streams.join() === shed) return;
        shed = streams.join();
        done.push(`${nowMs / 1000}s shed ${shed}`);
      },
      stop: () => done.push(`${nowMs / 1000}s stop`),
    },
    log: leveledLog((level, event, { before, stage }) => lines.push(`${level} ${event} ${String(before)}>${String(stage)}`)), // prettier-ignore
  });
  const lookFor = async (durationMs: number): Promise<void> => {
    for (const endMs = nowMs + durationMs; nowMs < endMs; nowMs += 10_000) await watch.look();
  };
  return {
    watch, done, lines, lookFor, looks: () => looks,
    has: (percent: number) => (answer = () => Promise.resolve({ freeBytes: percent * 10, totalBytes: 1000 })),
    fails: () => (answer = () => Promise.reject(Object.assign(new Error('gone'), { code: 'EIO' }))),
    write: (bytes: number) => (writtenBytes += bytes),
  }; // prettier-ignore
}

describe('the watch over a disk', () => {
  it('tells how much is free, how fast it goes, and when nothing will be left', async () => {
    const { watch, has, write, lookFor } = bench();
    has(90);
    await lookFor(10_000);
    expect(watch.figures).toEqual({
      freeBytes: 900, totalBytes: 1000, bytesPerSecond: 0, fullInSeconds: null, stage: 'ok', shedStreams: [],
    }); // prettier-ignore
    write(100);
    has(80);
    await lookFor(10_000);
    expect(watch.figures).toMatchObject({ freeBytes: 800, bytesPerSecond: 10, fullInSeconds: 80 });
  });

  it('logs every stage once, the worse the louder, and the way back', async () => {
    const { has, lines, lookFor } = bench();
    for (const percent of [90, 39, 38, 29, 19, 9, 90]) {
      has(percent);
      await lookFor(200_000);
    }
    expect(lines).toEqual([
      'warn DiskStage ok>warn',
      'warn DiskStage warn>compress-early',
      'error DiskStage compress-early>shed',
      'error DiskStage shed>shed',
      'error DiskStage shed>stop',
      'info DiskStage stop>ok',
    ]);
  });

  it('asks for packing when room gets short, and again every five minutes, also behind the first time', async () => {
    const { has, done, lookFor } = bench();
    const packs = () => done.filter((line) => line.endsWith('pack'));
    has(29);
    await lookFor(310_000);
    expect(packs()).toEqual(['0s pack', '300s pack']);
    has(90);
    await lookFor(10_000);
    has(29);
    await lookFor(10_000);
    expect(packs()).toEqual(['0s pack', '300s pack', '320s pack']);
  });

  it('gives up streams from the last on, never depth nor trades, and stops when that was not enough', async () => {
    const { has, done, lookFor, watch } = bench();
    has(19);
    await lookFor(100_000);
    has(14);
    await lookFor(100_000);
    expect(watch.figures!.shedStreams).toEqual(['kline_1m', 'bookTicker']);
    has(9);
    await lookFor(190_000);
    expect(done.filter((line) => !line.endsWith('pack'))).toEqual([
      '0s shed ',
      '90s shed kline_1m',
      '190s shed kline_1m,bookTicker',
      '380s stop',
    ]);
  });

  it('says once that a disk does not answer, shows nothing then, and goes on when it does', async () => {
    const { watch, has, fails, lines, looks, lookFor } = bench();
    has(19);
    await lookFor(100_000);
    fails();
    const before = looks();
    await lookFor(50_000);
    expect({ figures: watch.figures, acted: looks() - before }).toEqual({ figures: undefined, acted: 0 });
    has(19);
    await lookFor(10_000);
    expect(watch.figures).toMatchObject({ stage: 'shed', shedStreams: ['kline_1m'] });
    expect(lines.filter((line) => line.includes('DiskUnknown'))).toHaveLength(1);
  });
});

describe('the disk of a recorder that has ended', () => {
  it("is nobody's concern any more", async () => {
    const { watch, has, done, lookFor } = bench();
    has(5);
    watch.close();
    await lookFor(300_000);
    expect({ done, figures: watch.figures }).toEqual({ done: [], figures: undefined });
  });
});

describe('the streams that may be given up', () => {
  it.each([
    [STREAMS, ['kline_1m', 'bookTicker']],
    [['kline_1m', 'kline_5m', 'depth'], ['kline_5m']],
    [['trade'], []],
    [['aggTrade', 'depth@100ms'], []],
  ])('of %j are %j', (streams, sheddable) => expect(sheddableStreams(streams)).toEqual(sheddable));

  it('has nothing kept for stores that are behind before it gives up a stream, and for as long as room is that short', async () => {
    const { done, has, lookFor } = bench(true);
    has(15);
    await lookFor(100_000);
    expect(done).toEqual([
      '0s pack', '0s shed ', '50s drop holds', '60s drop holds', '70s drop holds', '80s drop holds', '90s drop holds', '90s shed kline_1m',
    ]); // prettier-ignore
    has(90);
    await lookFor(20_000);
    expect(done.filter((act) => act.endsWith('drop holds'))).toHaveLength(5);
  });
});
