import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sinkContract, type SinkContractCase, type SinkHarness, type StoredTrade } from '@org/storage';
import { CsvSink } from '@org/storage-csv';
import { FaultyFileSystem } from './faulty-file-system.ts';
import { filesBelow, newStore, rowsOf, temporaryFolder } from './store.ts';

const folder = temporaryFolder();

function csvHarness(): SinkHarness {
  const outputDir = newStore(folder);
  const fileSystems = new WeakMap<object, FaultyFileSystem>();
  return {
    createSink(events = {}) {
      const fileSystem = new FaultyFileSystem();
      const sink = new CsvSink({ outputDir, events, fileSystem });
      fileSystems.set(sink, fileSystem);
      return sink;
    },
    crash: (sink) => fileSystems.get(sink)!.crash(),
    storedTrades: () => Promise.resolve(storedTrades(outputDir)),
    unrelated: () => Promise.resolve(csvHarness()),
  };
}

function storedTrades(outputDir: string): StoredTrade[] {
  const paths = existsSync(outputDir)
    ? filesBelow(outputDir).filter((path) => path.includes('/aggtrade_'))
    : [];
  return paths.flatMap((path) =>
    rowsOf(join(outputDir, path)).map((row) => ({
      stream: `${path.split('/', 1)[0]}@aggTrade`,
      id: Number(row['agg_trade_id']),
      price: row['price']!,
      quantity: row['quantity']!,
      receivedAtUs: Number(row['local_time']),
    })),
  );
}

describe('the CSV sink', () => {
  it.each(sinkContract.map((rule): [string, SinkContractCase] => [rule.name, rule]))(
    '%s',
    async (_name, { run }) => {
      await run(csvHarness());
    },
  );
});
