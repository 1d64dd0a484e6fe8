import * as kitJetstream from '@nats-io/jetstream';
import * as kitNode from '@nats-io/transport-node';
import { transformSync } from '@swc/core';
import { readFileSync } from 'node:fs';
import * as nodePath from 'node:path';
import * as storageCsv from '@org/storage-csv';
import * as library from '@org/transport-nats';
import { itWithNats, sharedServer, until } from './cluster.ts';
import { storedIds, temporaryFolder } from './csv-stores.ts';
import { PlayedJournal, SYMBOLS, tradeBatch } from './played-journal.ts';

const server = sharedServer();
const folder = temporaryFolder();
const readme = readFileSync(nodePath.resolve('libs/transport-nats/README.md'), 'utf8');
const MODULES: Record<string, unknown> = {
  'node:path': nodePath,
  '@nats-io/jetstream': kitJetstream,
  '@nats-io/transport-node': kitNode,
  '@org/storage-csv': storageCsv,
  '@org/transport-nats': library,
};

/** What the examples export. */
function examples(): Record<string, (...values: readonly unknown[]) => unknown> {
  const exported = {};
  for (const [, source] of readme.matchAll(/```ts\n([\s\S]*?)```/g)) {
    const { code } = transformSync(source!, {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- our own README
    const run = new Function('require', 'exports', 'console', code) as (
      ...values: readonly unknown[]
    ) => void;
    run((name: string) => MODULES[name], exported, { log: () => undefined });
  }
  return exported;
}

itWithNats('the examples of the README record a journal', async () => {
  const { busOf, startWriter, startForwarder } = examples();
  const journal = new PlayedJournal();
  for (let count = 0; count < 20; count++) journal.add(SYMBOLS);
  const bus = busOf!(server().url) as library.Bus;
  const writer = startWriter!(bus, 'w1', folder) as library.PartitionedWriter;
  const forwarder = startForwarder!(bus, (after: number) => journal.open(after), 0) as library.Forwarder;
  try {
    await until(() => forwarder.stats().committedPosition === journal.end);
  } finally {
    await forwarder.close();
    await writer.close();
    await bus.close();
  }
  expect(Object.fromEntries(storedIds([folder]))).toEqual(Object.fromEntries(journal.sent));
});

itWithNats('the example of the README reads what a merged stream has, while it is written', async () => {
  const connection = library.connectionTo([server().url]);
  const sink = new library.JetStreamSink({ name: 'read-me', connection, streamBytesMax: 2 ** 26 });
  await sink.open();
  const { mergedBatches } = examples();
  const batches = mergedBatches!(server().url, 'read-me') as AsyncGenerator<Buffer>;
  const read: Buffer[] = [];
  const written = [1, 2, 3].map((id) => tradeBatch([['BTCUSDT', id]]));
  for (const [index, batch] of written.entries()) {
    await sink.append(batch, index + 1);
    await sink.commit();
    read.push(((await batches.next()) as IteratorYieldResult<Buffer>).value);
  }
  expect(read).toEqual(written);
  await batches.return(undefined);
  await sink.close();
});

it('a reader hears of messages that the stream had discarded before it read them', () => {
  const merged = new library.MergedBatches('m');
  for (const sequence of [7, 8, 11]) merged.take({ subject: 'm.batch', sequence, data: Buffer.alloc(0) });
  expect(merged.missed).toBe(2);
});

it('the README names the defaults of the limits', () => {
  const { streamBytesMax, partitions, leaseTtlMs } = library.busLimits({ name: 'n', connection: {} });
  expect([streamBytesMax, partitions, leaseTtlMs]).toEqual([2 ** 30, 16, 5000]);
  const { messageBytes, lingerMs, pendingBytesMax } = library.FORWARD_LIMITS;
  expect([messageBytes, lingerMs, pendingBytesMax]).toEqual([64 * 1024, 100, 16 * 2 ** 20]);
  expect(library.WRITE_LIMITS).toMatchObject({ commitIntervalMs: 1000, commitBytes: 8 * 2 ** 20 });
  expect(library.PARTITION_MERGE_LIMITS.heldBytesMax).toBe(2 ** 20);
  for (const text of [
    '1 GiB',
    '16, at most 256',
    '5 s, used for 3 s',
    '64 KiB, 100 ms',
    '16 MiB',
    '1 s or 8 MiB',
    '1 MiB a partition',
  ])
    expect(readme).toContain(text);
});
