import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LiveBook } from '@org/orderbook';
import { findDepthSources, type Rotation } from '@org/storage-csv';
import { linesOf, messagesOf, replayAlone, takeAll, TextBook } from './alone.ts';
import { batchesOf, capturedDepth } from './captured-depth.ts';
import { Recording } from './recording.ts';

const data = resolve('../shared/data');
const maybe = existsSync(data) ? describe : describe.skip;

interface Oracle {
  readonly checkpoints: readonly { readonly u: number; readonly sha256: string }[];
}

const oracles = (): Record<string, Oracle> =>
  JSON.parse(readFileSync(`${data}/books.json`, 'utf8')) as Record<string, Oracle>;

/** Every file alone ends at the book of all files so far, and opens with it in the exchange's own characters. */
async function expectFilesAlone(recording: Recording, symbol: string): Promise<LiveBook> {
  const model = new TextBook();
  const whole = new LiveBook(symbol, { applied: (diff) => model.apply(diff) });
  const { paths } = await findDepthSources(recording.folder, symbol);
  expect(paths).toEqual(recording.files(symbol));
  const [first, ...later] = paths;
  const begin = await messagesOf(first!, symbol);
  for (const message of begin) {
    const isBefore = whole.counters.snapshots === 0;
    if (message.type === 'snapshot' && isBefore) model.replace(message.snapshot);
    takeAll(whole, [message]);
  }
  for (const file of later) {
    const messages = await messagesOf(file, symbol);
    const [opening, next] = messages;
    if (opening?.type !== 'snapshot') throw new Error(`${file}: expected a snapshot at its head`);
    expect(opening.snapshot.lastUpdateId).toBe(whole.lastUpdateId);
    expect(opening.receivedAtUs).toBe(next!.receivedAtUs);
    expect(linesOf(opening.snapshot)).toEqual(model.lines());
    takeAll(whole, messages);
    const alone = replayAlone(symbol, messages);
    const diffs = messages.filter(({ type }) => type === 'diff').length;
    expect(alone.counters).toEqual({ applied: diffs, covered: 0, gaps: 0, snapshots: 1 });
    expect(alone.book.checksum()).toBe(whole.book.checksum());
  }
  expect(whole.counters).toMatchObject({ gaps: 0, snapshots: 1 });
  return whole;
}

maybe('over real captures (skipped without ../shared/data) every file of depth', () => {
  it.each<[capture: string, rotation: Rotation, first: 'sink' | 'books', filesMin: number, names: RegExp]>([
    ['usdm-2024-07-18', 60_000, 'books', 9, /^ethusdt/], // across midnight
    ['usdm-2021-07-22', 10_000, 'books', 4, /./],
    ['coinm-2021-07-22', 10_000, 'sink', 4, /./],
    ['spot-2021-10-12', 10_000, 'sink', 2, /./],
  ])(
    'of %s, rotation %s, the %s first, opens with the book and replays alone',
    async (capture, rotation, first, filesMin, names) => {
      const records = capturedDepth(resolve(data, capture), names);
      const symbols = [...new Set(records.map(({ meta }) => meta.stream.split('@', 1)[0]!))];
      const recording = new Recording({ rotation, symbols });
      try {
        await recording.sink.open();
        for (const batch of batchesOf(records)) await recording.take(batch, first);
        await recording.sink.commit();
        expect(recording.misses).toEqual([]);
        expect(recording.openings()).toEqual([]);
        let openings = 0;
        for (const symbol of symbols) {
          const files = recording.files(symbol).length;
          expect(files).toBeGreaterThanOrEqual(filesMin);
          openings += files - 1;
          const whole = await expectFilesAlone(recording, symbol);
          const last = oracles()[`${capture}/${symbol}`]!.checkpoints.at(-1)!;
          expect(whole.book.checksum()).toBe(last.sha256);
        }
        const stats = recording.sink.stats();
        expect(stats.openings).toMatchObject({ written: openings, missing: 0 });
        expect(storedRows(recording, symbols)).toBe(stats.rows + stats.openings.rows);
      } finally {
        await recording.remove();
      }
    },
    60_000,
  );
});

function storedRows(recording: Recording, symbols: readonly string[]): number {
  const files = symbols.flatMap((symbol) => recording.files(symbol));
  return files.reduce((sum, path) => sum + readFileSync(path, 'latin1').split('\n').length - 2, 0);
}
