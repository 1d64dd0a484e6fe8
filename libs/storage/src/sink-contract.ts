import assert from 'node:assert/strict';
import type { Sink, SinkEvents, SinkStats } from './sink.ts';
import { contractTrade, tradeBatch, type StoredTrade } from './sink-contract-trades.ts';

/** What a sink's test provides so that the shared suite can be run over it. */
export interface SinkHarness {
  /** A sink over this harness's store, not opened yet. Every call gives another one over the same store. */
  createSink(events?: SinkEvents): Sink;
  /** Ends the sink as a SIGKILL would: it writes nothing more, and a later sink can open the store. */
  crash(sink: Sink): Promise<void>;
  /** Every aggTrade in the store, each stream in the order in which it was stored. */
  storedTrades(): Promise<readonly StoredTrade[]>;
  /** A harness over another, empty store. */
  unrelated(): Promise<SinkHarness>;
}

/** One rule of the contract. `run` needs a harness whose store is empty and throws when the rule does not hold. */
export interface SinkContractCase {
  readonly name: string;
  readonly run: (harness: SinkHarness) => Promise<void>;
}

const BTC = 'BTCUSDT@aggTrade';
const ETH = 'ETHUSDT@aggTrade';

async function opened(harness: SinkHarness, events?: SinkEvents): Promise<Sink> {
  const sink = harness.createSink(events);
  await sink.open();
  return sink;
}

/** Texts are compared: they are the same whichever realm, driver or class the rows came from. */
async function expectTrades(harness: SinkHarness, stream: string, ids: readonly number[]): Promise<void> {
  const stored = (await harness.storedTrades()).filter((trade) => trade.stream === stream);
  assert.equal(describeTrades(stored), describeTrades(ids.map((id) => contractTrade(stream, id))));
}

function describeTrades(trades: readonly StoredTrade[]): string {
  return trades
    .map(
      ({ stream, id, price, quantity, receivedAtUs }) =>
        `${stream} ${id} ${price} ${quantity} ${receivedAtUs}\n`,
    )
    .join('');
}

async function storesInOrder(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  await sink.append(tradeBatch(BTC, [1, 2, 3]), 10);
  await sink.append(tradeBatch(ETH, [7]), 20);
  await sink.append(tradeBatch(BTC, [4]), 30);
  await sink.close();
  await expectTrades(harness, BTC, [1, 2, 3, 4]);
  await expectTrades(harness, ETH, [7]);
}

async function startsAtZero(harness: SinkHarness): Promise<void> {
  const sink = harness.createSink();
  const { position, repairs } = await sink.open();
  assert.equal(position, 0);
  assert.equal(repairs.length, 0);
  assert.equal(await sink.commit(), 0);
  await sink.close();
}

async function commitsPositions(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  await sink.append(tradeBatch(BTC, [1]), 10);
  assert.equal(await sink.commit(), 10);
  await sink.append(tradeBatch(BTC, [2]), 11);
  await sink.append(tradeBatch(BTC, [3]), 99);
  assert.equal(await sink.commit(), 99);
  assert.equal(await sink.commit(), 99);
  await sink.close();
  const again = harness.createSink();
  assert.equal((await again.open()).position, 99);
  await again.append(tradeBatch(BTC, [4]), 100);
  await again.close();
  await expectTrades(harness, BTC, [1, 2, 3, 4]);
}

async function keepsPositionAfterClose(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  await sink.append(tradeBatch(BTC, [1, 2]), 10);
  await sink.close();
  const again = harness.createSink();
  assert.equal((await again.open()).position, 10);
  await again.close();
  await expectTrades(harness, BTC, [1, 2]);
}

/** Crashes after every number of appends, with a commit before: what is behind the position must be stored once. */
async function survivesCrashes(harness: SinkHarness): Promise<void> {
  const positions = [10, 20, 30, 40];
  for (let appended = 0; appended <= positions.length; appended++) {
    for (let committed = 0; committed <= appended; committed++) {
      await crashOnce(await harness.unrelated(), positions.slice(0, appended), committed);
    }
  }
}

async function crashOnce(
  harness: SinkHarness,
  positions: readonly number[],
  committed: number,
): Promise<void> {
  const sink = await opened(harness);
  for (const [index, position] of positions.entries()) {
    await sink.append(tradeBatch(BTC, [position, position + 1]), position);
    if (index + 1 === committed) await sink.commit();
  }
  await harness.crash(sink);
  await expectTrades(
    harness,
    BTC,
    positions.flatMap((position) => [position, position + 1]),
  );
  const again = harness.createSink();
  const { position } = await again.open();
  assert.ok([0, ...positions].includes(position), `position ${position} is none that was appended`);
  assert.ok(position >= (positions[committed - 1] ?? 0), `position ${position} is behind the commit`);
  await again.close();
  await expectTrades(
    harness,
    BTC,
    positions.flatMap((stored) => [stored, stored + 1]),
  );
}

async function goesOnAfterCrash(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  await sink.append(tradeBatch(BTC, [1, 2]), 10);
  await sink.commit();
  await harness.crash(sink);
  const again = await opened(harness);
  await again.append(tradeBatch(BTC, [3]), 20);
  assert.equal(await again.commit(), 20);
  await harness.crash(again);
  await expectTrades(harness, BTC, [1, 2, 3]);
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
  assert.deepEqual(await Promise.all([one.commit(), two.commit()]), [10, 70]);
  await one.close();
  await two.close();
  await expectTrades(harness, BTC, [1]);
  await expectTrades(other, BTC, [2, 3]);
}

async function closesTwice(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  await sink.append(tradeBatch(BTC, [1]), 10);
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

/**
 * What every sink promises (see {@link Sink}), as cases that any test framework can run: a test file loops over them
 * and gives each a fresh harness. A case rejects with an `AssertionError` when the sink breaks the contract.
 *
 * @example
 * for (const { name, run } of sinkContract) it(name, async () => run(await emptyStore()));
 */
export const sinkContract: readonly SinkContractCase[] = [
  { name: 'starts at position 0 without repairs when its store is new', run: startsAtZero },
  { name: 'stores every record in the order of the appends', run: storesInOrder },
  { name: 'returns the appended position from a commit, and from the next open', run: commitsPositions },
  { name: 'commits what was appended when it closes', run: keepsPositionAfterClose },
  {
    name: 'keeps everything that was appended when it crashes, and its position is never ahead',
    run: survivesCrashes,
  },
  { name: 'goes on where it was when it crashed', run: goesOnAfterCrash },
  { name: 'counts a record that it cannot store, and stores its neighbours', run: rejectsAlone },
  { name: 'takes a batch without records', run: acceptsEmptyBatches },
  { name: 'keeps unrelated stores apart', run: keepsStoresApart },
  { name: 'closes once, however often it is asked to', run: closesTwice },
  { name: 'counts upwards only', run: countsUpwards },
];
