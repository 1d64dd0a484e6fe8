import assert from 'node:assert/strict';
import type { Sink } from './sink.ts';
import { BTC, ETH, expectOpened, expectTrades, opened, type SinkHarness } from './sink-contract-harness.ts';
import { tradeBatch } from './sink-contract-trades.ts';

/** About as long as the state of a writer with some hundred streams. */
const LONG_STATE_CHARACTERS = 300_000;

async function startsAtZero(harness: SinkHarness): Promise<void> {
  const sink = harness.createSink();
  const { position, state, isPositionLost, repairs } = await sink.open();
  assert.equal(position, 0);
  assert.equal(state, undefined);
  assert.equal(isPositionLost, false);
  assert.equal(repairs.length, 0);
  assert.equal(await sink.commit(), 0);
  await sink.close();
  await expectOpened(harness, { position: 0, state: undefined });
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
  assert.equal(await again.commit(), 100);
  await again.close();
  await expectTrades(harness, BTC, [1, 2, 3, 4]);
}

async function keepsStates(harness: SinkHarness): Promise<void> {
  const states = [
    'a',
    '',
    '{"text":"quotes \\" and \\\\\n"}\n',
    'µ 😀 \t',
    'x'.repeat(LONG_STATE_CHARACTERS),
  ];
  for (const [index, state] of states.entries()) {
    const sink = await opened(harness);
    const position = 10 * (index + 1);
    await sink.append(tradeBatch(BTC, [index]), position);
    await sink.commit(state);
    await harness.crash(sink);
    await expectOpened(harness, { position, state });
  }
}

async function replacesState(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  await sink.commit('before any batch');
  await sink.append(tradeBatch(BTC, [1]), 10);
  await sink.commit('first');
  assert.equal(await sink.commit('second'), 10);
  await harness.crash(sink);
  await expectOpened(harness, { position: 10, state: 'second' });
}

async function keepsStateWithoutOne(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  await sink.append(tradeBatch(BTC, [1]), 10);
  await sink.commit('kept');
  await sink.append(tradeBatch(BTC, [2]), 20);
  await sink.commit();
  await sink.close();
  const again = await opened(harness);
  await again.append(tradeBatch(BTC, [3]), 30);
  await again.commit();
  await harness.crash(again);
  await expectOpened(harness, { position: 30, state: 'kept' });
}

async function closesWithoutCommit(harness: SinkHarness): Promise<void> {
  const sink = await opened(harness);
  await sink.append(tradeBatch(BTC, [1, 2]), 10);
  await sink.commit('ten');
  await sink.append(tradeBatch(BTC, [3]), 20);
  await sink.append(tradeBatch(ETH, [4]), 30);
  await sink.close();
  await expectOpened(harness, { position: 10, state: 'ten' });
  await expectTrades(harness, BTC, [1, 2], [3]);
  await expectTrades(harness, ETH, [], [4]);
}

const POSITIONS = [10, 20, 30, 40];

/** Crashes after every number of appends with the commit after every smaller one. */
async function survivesCrashes(harness: SinkHarness): Promise<void> {
  for (let appended = 0; appended <= POSITIONS.length; appended++) {
    for (let committed = 0; committed <= appended; committed++) {
      await crashOnce(await harness.unrelated(), POSITIONS.slice(0, appended), committed);
    }
  }
}

const idsOf = (positions: readonly number[]) => positions.flatMap((position) => [position, position + 1]);

async function appendAll(sink: Sink, positions: readonly number[]): Promise<void> {
  for (const position of positions) await sink.append(tradeBatch(BTC, idsOf([position])), position);
}

async function crashOnce(
  harness: SinkHarness,
  positions: readonly number[],
  committed: number,
): Promise<void> {
  const sink = await opened(harness);
  await appendAll(sink, positions.slice(0, committed));
  if (committed > 0) await sink.commit(`state ${committed}`);
  await appendAll(sink, positions.slice(committed));
  await harness.crash(sink);
  const again = harness.createSink();
  const { position, state, isPositionLost } = await again.open();
  assert.equal(isPositionLost, false);
  assert.equal(position, positions[committed - 1] ?? 0);
  assert.equal(state, committed > 0 ? `state ${committed}` : undefined);
  await expectTrades(harness, BTC, idsOf(positions.slice(0, committed)), idsOf(positions.slice(committed)));
  await appendAll(again, positions.slice(committed));
  await again.commit();
  await again.close();
  await expectTrades(harness, BTC, idsOf(positions));
}

async function goesOnAfterCrashes(harness: SinkHarness): Promise<void> {
  for (const id of [1, 2, 3, 4]) {
    const sink = harness.createSink();
    const { position } = await sink.open();
    assert.equal(position, 10 * (id - 1));
    await sink.append(tradeBatch(BTC, [id]), 10 * id);
    assert.equal(await sink.commit(), 10 * id);
    await sink.append(tradeBatch(BTC, [100 + id]), 10 * id + 1);
    await sink.append(tradeBatch(ETH, [100 + id]), 10 * id + 2);
    await harness.crash(sink);
  }
  await expectOpened(harness, { position: 40, state: undefined });
  const uncommitted = [101, 102, 103, 104];
  await expectTrades(harness, BTC, [1, 2, 3, 4], uncommitted);
  await expectTrades(harness, ETH, [], uncommitted);
}

/** What `open` and `commit` promise. */
export const commitCases = [
  { name: 'starts at position 0 without state and repairs when its store is new', run: startsAtZero },
  { name: 'returns the appended position from a commit, and from the next open', run: commitsPositions },
  { name: 'returns the state of the last commit from the next open, whatever its text', run: keepsStates },
  { name: 'takes another state for the same position', run: replacesState },
  { name: 'keeps the state before when a commit is given none', run: keepsStateWithoutOne },
  {
    name: 'holds nothing that came after the last commit when it is closed and opened',
    run: closesWithoutCommit,
  },
  {
    name: 'holds exactly what came before the last commit after a crash, and takes the rest again once',
    run: survivesCrashes,
  },
  { name: 'goes on where its last commit was, crash after crash', run: goesOnAfterCrashes },
];
