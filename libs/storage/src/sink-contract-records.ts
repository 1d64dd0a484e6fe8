import assert from 'node:assert/strict';
import type { SinkStats } from './sink.ts';
import { BTC, ETH, expectTrades, opened, type SinkHarness } from './sink-contract-harness.ts';
import { tradeBatch } from './sink-contract-trades.ts';

async function storesInOrder(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  await sink.append(tradeBatch(BTC, [1, 2, 3]), 10);
  await sink.append(tradeBatch(ETH, [7]), 20);
  await sink.append(tradeBatch(BTC, [4]), 30);
  await sink.commit();
  await sink.close();
  await expectTrades(harness, BTC, [1, 2, 3, 4]);
  await expectTrades(harness, ETH, [7]);
}

async function rejectsAlone(harness: SinkHarness): Promise<void> {
  const rejections: { stream: string; problem: string }[] = [];
  const sink = await opened(harness, { rejected: (rejection) => rejections.push(rejection) });
  await sink.append(tradeBatch(BTC, [1, 'broken', 2]), 10);
  assert.equal(sink.stats().rejected, 1);
  assert.deepEqual(
    rejections.map(({ stream }) => stream),
    [BTC],
  );
  assert.ok(rejections[0]!.problem.length > 0, 'a rejection says what is wrong');
  assert.equal(await sink.commit(), 10);
  await sink.close();
  await expectTrades(harness, BTC, [1, 2]);
}

async function acceptsEmptyBatches(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  await sink.append(tradeBatch(BTC, []), 10);
  assert.equal(await sink.commit(), 10);
  await sink.append(tradeBatch(BTC, [1]), 20);
  await sink.append(tradeBatch(BTC, []), 30);
  assert.equal(await sink.commit(), 30);
  await sink.close();
  await expectTrades(harness, BTC, [1]);
}

async function keepsStoresApart(harness: SinkHarness): Promise<void> {
  const other = await harness.unrelated();
  const [one, two] = [await opened(harness), await opened(other)];
  await Promise.all([one.append(tradeBatch(BTC, [1]), 10), two.append(tradeBatch(BTC, [2, 3]), 70)]);
  assert.deepEqual(await Promise.all([one.commit('one'), two.commit('two')]), [10, 70]);
  await one.close();
  await two.close();
  await expectTrades(harness, BTC, [1]);
  await expectTrades(other, BTC, [2, 3]);
}

async function closesTwice(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  await sink.append(tradeBatch(BTC, [1]), 10);
  await sink.commit();
  await sink.close();
  await sink.close();
  await expectTrades(harness, BTC, [1]);
}

async function countsUpwards(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  const seen: SinkStats[] = [{ ...sink.stats() }];
  for (const [index, ids] of [[1, 2], [], ['broken' as const], [3]].entries()) {
    await sink.append(tradeBatch(BTC, ids), index + 1);
    await sink.commit();
    seen.push({ ...sink.stats() });
  }
  await sink.close();
  for (const counter of ['records', 'rows', 'bytes', 'rejected'] as const) {
    const values = seen.map((stats) => stats[counter]);
    assert.ok(
      values.every((value, index) => index === 0 || value >= values[index - 1]!),
      `${counter}: ${values.join()}`,
    );
  }
  assert.equal(seen.at(-1)!.rows - seen[0]!.rows, 3);
  assert.equal(seen.at(-1)!.rejected - seen[0]!.rejected, 1);
  assert.ok(seen.at(-1)!.bytes > seen[0]!.bytes, 'bytes are counted');
}

/** What `append`, `stats` and `close` promise. */
export const recordCases = [
  { name: 'stores every record in the order of the appends', run: storesInOrder },
  { name: 'counts a record that it cannot store, and stores its neighbours', run: rejectsAlone },
  { name: 'takes a batch without records', run: acceptsEmptyBatches },
  { name: 'keeps unrelated stores apart', run: keepsStoresApart },
  { name: 'closes once, however often it is asked to', run: closesTwice },
  { name: 'counts upwards only', run: countsUpwards },
];
