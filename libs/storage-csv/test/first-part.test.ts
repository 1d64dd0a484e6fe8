import { join } from 'node:path';
import { CsvSink } from '@org/storage-csv';
import { aggTradeFrame, batchOf, filesBelow, newStore, rowsOf, temporaryFolder } from './store.ts';

const folder = temporaryFolder();

async function append(outputDir: string, firstPart: number, id: number): Promise<void> {
  const sink = new CsvSink({ outputDir, firstPart });
  const { position } = await sink.open();
  await sink.append(batchOf({ payload: aggTradeFrame(id) }), position + 1);
  await sink.commit(`state ${id}`);
  await sink.append(batchOf({ payload: aggTradeFrame(1000 + id) }), position + 2);
  await sink.close();
}

describe('a first part', () => {
  it('names the files of a sink, which leaves those of earlier parts as their commit was', async () => {
    const outputDir = newStore(folder);
    for (const [firstPart, id] of [
      [100, 1],
      [100, 2],
      [300, 3],
      [9_999_900, 4],
    ] as const)
      await append(outputDir, firstPart, id);
    await append(outputDir, 9_999_900, 5);
    const last = new CsvSink({ outputDir, firstPart: 9_999_900 });
    expect(await last.open()).toMatchObject({ position: 5, state: 'state 5', repairs: [expect.anything()] });
    await last.close();
    const ids = Object.fromEntries(
      filesBelow(outputDir).map((path) => [
        path,
        rowsOf(join(outputDir, path)).map((row) => Number(row['agg_trade_id'])),
      ]),
    );
    expect(ids).toEqual({
      'BTCUSDT/aggtrade_2026-01-02.100.csv': [1, 2],
      'BTCUSDT/aggtrade_2026-01-02.300.csv': [3],
      'BTCUSDT/aggtrade_2026-01-02.9999900.csv': [4, 5],
    });
  });

  it.each([-1, 1.5, 9_999_901, NaN])('is refused when it is %d', async (firstPart) => {
    const sink = new CsvSink({ outputDir: newStore(folder), firstPart });
    await expect(sink.open()).rejects.toThrow(RangeError);
  });
});
