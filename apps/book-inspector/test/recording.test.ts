import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseMoment } from '../src/moment.ts';
import { Recording } from '../src/recording.ts';
import { replayRecording, type ReplayOutcome } from '../src/replay-recording.ts';
import { DEPTH_HEADER, depthCsv, put } from './support/depth-csv.ts';
import { diff, snapshot, START_US } from './support/messages.ts';
import { itWithRealData, REAL_DATA } from './support/real-data.ts';

const BID = { bids: [['99.50', '1.0']], asks: [['100.00', '2']] } as const; // prettier-ignore
const FIRST_DAY = [snapshot(-20, 10, BID), diff(-10, [11, 12, 10], { bids: [['99.6', '3']] })];
const SECOND_DAY = [diff(10, [13, 15, 12], { bids: [['99.7', '4']] }), diff(20, [16, 17, 15])];

let dataDir: string;
beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'book-inspector-'))));
afterEach(() => rmSync(dataDir, { recursive: true }));

const depthFile = (name: string, content: string | Buffer) => put(join(dataDir, 'BTCUSDT', name), content);

async function replay(options: { date?: string; at?: string; dir?: string } = {}): Promise<ReplayOutcome> {
  const recording = await Recording.open(options.dir ?? dataDir, 'BTCUSDT', options.date);
  const moment = options.at === undefined ? undefined : parseMoment(options.at);
  return replayRecording(recording, { moment, depth: 5, nowMs: () => 0 });
}

describe('Recording', () => {
  it('reads the files of all days as one timeline, packed or not', async () => {
    depthFile('depth_2024-07-18.csv.gz', gzipSync(depthCsv(FIRST_DAY)));
    depthFile('depth_2024-07-19.csv', depthCsv(SECOND_DAY));
    const { view } = await replay();
    expect(view).toMatchObject({
      files: 2,
      messages: 3,
      applied: 3,
      stale: 0,
      snapshots: 1,
      gaps: 0,
      lastUpdateId: 17,
      bids: 3,
      asks: 1,
      bestBid: ['99.7', '4'],
      bestAsk: ['100', '2'],
      state: 'live',
      receivedAtUs: START_US + 20e6,
      damaged: [],
    });
  });

  it('reads only the files of the date that is asked for', async () => {
    depthFile('depth_2024-07-18.csv', depthCsv(FIRST_DAY));
    depthFile('depth_2024-07-19.csv', depthCsv(SECOND_DAY));
    expect((await replay({ date: '2024-07-18' })).view).toMatchObject({ files: 1, lastUpdateId: 12 });
    expect(await replay({ date: '2024-07-19' })).toMatchObject({
      view: undefined,
      noBookReason: 'no-snapshot',
    });
  });

  it('reads a single file', async () => {
    const path = depthFile('depth_2024-07-18.csv', depthCsv(FIRST_DAY));
    expect((await replay({ dir: path })).view).toMatchObject({ files: 1, lastUpdateId: 12 });
  });

  it('opens no file behind the moment', async () => {
    depthFile('depth_2024-07-18.csv', depthCsv(FIRST_DAY));
    depthFile('depth_2024-07-19.csv', depthCsv(SECOND_DAY));
    depthFile('depth_2024-07-20.csv', 'not a depth file\n');
    const { view, isStopped } = await replay({ at: '2024-07-19T00:00:10Z' });
    expect(view).toMatchObject({ files: 2, lastUpdateId: 15, damaged: [] });
    expect(isStopped).toBe(true);
  });

  it('tells how far it is in all files together', async () => {
    depthFile('depth_2024-07-18.csv', depthCsv(FIRST_DAY));
    depthFile('depth_2024-07-19.csv', depthCsv(SECOND_DAY));
    const seen: { bytesRead: number; bytesTotal: number }[] = [];
    const recording = await Recording.open(dataDir, 'BTCUSDT', undefined);
    await replayRecording(recording, {
      moment: undefined,
      depth: 5,
      nowMs: () => 0,
      progress: (read) => seen.push(read),
    });
    const bytesTotal = depthCsv(FIRST_DAY).length + depthCsv(SECOND_DAY).length;
    expect(seen.at(-1)).toMatchObject({ bytesRead: bytesTotal, bytesTotal });
    expect(seen.map(({ bytesRead }) => bytesRead)).toEqual(
      [...seen.map(({ bytesRead }) => bytesRead)].sort((a, b) => a - b),
    );
  });

  it('names and counts broken rows, goes on, and does not call the book proven', async () => {
    const rows = depthCsv([...FIRST_DAY, ...SECOND_DAY]).split('\n');
    rows.splice(2, 1, 'this,is,no,row');
    depthFile('depth_2024-07-18.csv', rows.join('\n'));
    const { view } = await replay();
    expect(view).toMatchObject({ rejected: 1, lastUpdateId: 17, state: 'unproven', unprovenSince: 10 });
    expect(view?.damaged).toEqual([
      {
        file: join(dataDir, 'BTCUSDT/depth_2024-07-18.csv'),
        problem: expect.stringMatching(/^line 3: expected 10 columns/),
      },
    ]);
  });

  it('replays what comes before the cut of a packed file, and the files behind it', async () => {
    const many = Array.from({ length: 3000 }, (_, index) =>
      diff(index, [20 + index, 20 + index, 19 + index]),
    );
    const whole = gzipSync(depthCsv([snapshot(0, 19, BID), ...many]));
    depthFile('depth_2024-07-18.csv.gz', whole.subarray(0, whole.length / 2));
    const { view } = await replay();
    expect(view?.applied).toBeGreaterThan(100);
    expect(view?.applied).toBeLessThan(3000);
    expect(view?.damaged.map(({ problem }) => problem).join()).toMatch(/too early/);
    depthFile('depth_2024-07-19.csv', depthCsv(many.slice(-2)));
    expect((await replay()).view).toMatchObject({ files: 2, gaps: 1, pending: 2, state: 'gap' });
  });

  it('names a file that is no depth file, and reads the others', async () => {
    depthFile('depth_2024-07-17.csv', 'a,b\n1,2\n');
    depthFile('depth_2024-07-18.csv', depthCsv(FIRST_DAY));
    const { view } = await replay();
    expect(view).toMatchObject({ files: 2, lastUpdateId: 12 });
    expect(view?.damaged[0]?.problem).toMatch(/header/);
  });

  it.each([
    ['an empty file', ''],
    ['a file of nothing but its header', DEPTH_HEADER],
  ])('finds no message in %s', async (_what, content) => {
    depthFile('depth_2024-07-18.csv', content);
    expect(await replay()).toMatchObject({
      view: undefined,
      noBookReason: 'no-message',
      source: { files: 1 },
    });
  });

  it('takes a snapshot without bids', async () => {
    depthFile('depth_2024-07-18.csv', depthCsv([snapshot(0, 5, { asks: [['100', '1']] })]));
    expect((await replay()).view).toMatchObject({ bids: 0, asks: 1, bestBid: null, bestAsk: ['100', '1'] });
  });

  it('takes a snapshot without any level', async () => {
    depthFile('depth_2024-07-18.csv', depthCsv([snapshot(0, 5), diff(1, [6, 6, 5])]));
    expect((await replay()).view).toMatchObject({
      bids: 0,
      asks: 0,
      bestBid: null,
      bestAsk: null,
      lastUpdateId: 6,
    });
  });

  it('reports a level that no book can hold, and stays out of sync behind it', async () => {
    const monster = diff(1, [11, 12, 10], { bids: [['99999999999999999999', '1']] });
    depthFile('depth_2024-07-18.csv', depthCsv([snapshot(0, 10, BID), monster, ...SECOND_DAY]));
    const { view } = await replay();
    expect(view?.lastUpdateId).toBe(10);
    expect(view!.refused + view!.rejected).toBe(1);
    expect(view?.damaged[0]?.problem).toContain('99999999999999999999');
  });

  it('keeps a hundred findings and counts the others', async () => {
    depthFile('depth_2024-07-18.csv', depthCsv(FIRST_DAY) + 'x\n'.repeat(250));
    const { view } = await replay();
    expect(view?.rejected).toBe(250);
    expect(view?.damaged).toHaveLength(100);
  });

  it('says which symbols and days there are when the one asked for is not', async () => {
    put(join(dataDir, 'ETHUSDT', 'depth_2024-07-18.csv'), DEPTH_HEADER);
    await expect(replay()).rejects.toThrow(/BTCUSDT.*ETHUSDT/);
    depthFile('depth_2024-07-18.csv', DEPTH_HEADER);
    await expect(replay({ date: '2024-07-19' })).rejects.toThrow(/2024-07-19.*depth_2024-07-18\.csv/);
    await expect(replay({ dir: join(dataDir, 'absent') })).rejects.toThrow(/absent/);
  });

  itWithRealData('replays a capture up to the place where it was cut, and names it', async () => {
    const { readFileSync } = await import('node:fs');
    const whole = readFileSync(join(REAL_DATA, 'usdm-2021-07-22/sushiusdt_20210722.gz'));
    put(join(dataDir, 'btcusdt_20210722.gz'), 'not a capture\n');
    put(join(dataDir, 'sushiusdt_20210722.gz'), whole.subarray(0, whole.length - 2000));
    const recording = await Recording.open(dataDir, 'SUSHIUSDT', undefined);
    const { view } = await replayRecording(recording, { moment: undefined, depth: 5, nowMs: () => 0 });
    expect(view).toMatchObject({ state: 'live', gaps: 0 });
    expect(view?.applied).toBeGreaterThan(100);
    expect(view?.damaged).toEqual([
      { file: join(dataDir, 'sushiusdt_20210722.gz'), problem: expect.stringMatching(/cut after line \d+/) },
    ]);
  });
});
