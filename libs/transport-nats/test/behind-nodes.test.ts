import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { GapRecord } from '@org/market-data';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { until } from './cluster.ts';
import { gapRows, storedIds } from './csv-stores.ts';
import { PlayedJournal, tradeFrame } from './played-journal.ts';
import { itIn } from './scene.ts';

const SYMBOL = 'BTCUSDT';
const STREAM = `${SYMBOL}@aggTrade`;
const START_US = 1_767_323_045_000_000;
/** Much longer than anything that is waited for. */
const SECONDS = 300;

/** The trade of each second, but for those that the node did not hear. */
function journalOf(lane: string, seconds: readonly number[]): PlayedJournal {
  const journal = new PlayedJournal(lane);
  for (const second of seconds) addTrade(journal, second);
  return journal;
}

function addTrade(journal: PlayedJournal, second: number): void {
  const builder = new RecordBatchBuilder(512);
  const receivedAtUs = START_US + second * 1_000_000;
  const meta = { type: RECORD_TYPE.frame, stream: STREAM, line: 0, connectionId: 1, receivedAtUs };
  builder.append({ ...meta, order: second, follows: second - 1 }, tradeFrame(SYMBOL, second));
  journal.addBatch(Buffer.from(builder.take()));
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a writer of two nodes', () => {
  itIn(
    'declares no gap that the other node fills, though its journal comes minutes of receipts behind',
    async ({ cluster, folder }) => {
      const first = journalOf('w0', range(1, 2));
      const second = journalOf('w0', range(1, 2));
      const late = cluster.forwarder('b', second);
      cluster.forwarder('a', first);
      cluster.writer('w', folder);
      await until(() => first.committedPosition === first.end && second.committedPosition === second.end);
      await late.close();
      // The server cannot be reached by b, and a does not hear everything meanwhile.
      for (const at of [...range(3, 99), ...range(120, SECONDS)]) addTrade(first, at);
      for (const at of [...range(3, 199), ...range(210, SECONDS)]) addTrade(second, at);
      await until(
        () =>
          storedIds([join(folder, 'w')])
            .get(SYMBOL)
            ?.at(-1) === 99,
      );
      cluster.forwarder('b', second);
      await until(() => first.committedPosition === first.end && second.committedPosition === second.end);
      await until(() => storedIds([join(folder, 'w')]).get(SYMBOL)?.length === SECONDS);
      await cluster.close();
      expect(storedIds([join(folder, 'w')]).get(SYMBOL)).toEqual(range(1, SECONDS));
      expect(gapRows([join(folder, 'w')])).toEqual([]);
    },
  );

  itIn(
    'declares what both have missed as soon as both have shown what came behind it',
    async ({ cluster, folder }) => {
      const journals = [journalOf('w0', range(1, 2)), journalOf('w0', range(1, 2))] as const;
      journals.forEach((journal, index) => cluster.forwarder(`n${index}`, journal));
      cluster.writer('w', folder);
      await until(() => journals.every(({ committedPosition, end }) => committedPosition === end));
      for (const at of range(5, 20)) addTrade(journals[0], at);
      for (const at of range(7, 20)) addTrade(journals[1], at);
      await until(
        () =>
          storedIds([join(folder, 'w')])
            .get(SYMBOL)
            ?.at(-1) === 20,
      );
      expect(storedIds([join(folder, 'w')]).get(SYMBOL)).toEqual([1, 2, ...range(5, 20)]);
    },
  );

  itIn('does not wait for ever for a node that is gone', async ({ cluster, folder }) => {
    const first = journalOf('w0', range(1, 2));
    const second = journalOf('w0', range(1, 2));
    const gone = cluster.forwarder('b', second);
    cluster.forwarder('a', first);
    const gaps: unknown[] = [];
    const mergeHandlers = { gap: ({ lastId, nextId }: GapRecord) => gaps.push([lastId, nextId]) };
    cluster.writer('w', folder, { limits: { commitIntervalMs: 50, patienceMs: 1000 }, mergeHandlers });
    await until(() => first.committedPosition === first.end && second.committedPosition === second.end);
    await gone.close();
    for (const at of range(5, 20)) addTrade(first, at);
    await until(
      () =>
        storedIds([join(folder, 'w')])
          .get(SYMBOL)
          ?.at(-1) === 20,
    );
    expect(storedIds([join(folder, 'w')]).get(SYMBOL)).toEqual([1, 2, ...range(5, 20)]);
    expect(gaps).toEqual([[2, 5]]);
  });

  itIn('keeps what waits waiting when another writer takes over', async ({ cluster, folder }) => {
    const journal = journalOf('w0', range(1, 2));
    cluster.forwarder('a', journal);
    const writer = cluster.writer('w', folder);
    // Nobody has 3 and 4, but REST may have: the gap row waits for a minute.
    for (const at of range(5, 20)) addTrade(journal, at);
    await until(() => journal.committedPosition === journal.end);
    await writer.close();
    const successor = cluster.writer('v', folder);
    await until(() => successor.stats().partitions.some(({ isWaiting }) => isWaiting));
    // Time goes on for what waits, before anything comes and afterwards.
    await wait(500);
    for (const at of range(21, 30)) addTrade(journal, at);
    const both = [join(folder, 'w'), join(folder, 'v')];
    await until(() => storedIds(both).get(SYMBOL)?.at(-1) === 30);
    await wait(500);
    addTrade(journal, 31);
    await until(() => storedIds(both).get(SYMBOL)?.at(-1) === 31);
    expect(gapRows(both)).toEqual([]);
  });
});
