import {
  readRecordBatch,
  sinkContract,
  type Sink,
  type SinkContractCase,
  type SinkEvents,
  type SinkHarness,
  type StoredTrade,
} from '@org/storage';

interface Store {
  trades: StoredTrade[];
  position: number;
}

/** A way in which the sink under test is wrong; each must be found by the suite. */
type Fault =
  | 'ahead'
  | 'forgets'
  | 'twice'
  | 'backwards'
  | 'stops'
  | 'shared'
  | 'drops'
  | 'unclosable'
  | 'negative'
  | 'silent';

class MemorySink implements Sink {
  readonly name = 'memory';
  readonly #store: Store;
  readonly #events: SinkEvents;
  readonly #fault: Fault | undefined;
  readonly #stats = { records: 0, rows: 0, bytes: 0, rejected: 0 };
  #appended = 0;
  #isClosed = false;

  constructor(store: Store, events: SinkEvents, fault: Fault | undefined) {
    this.#store = store;
    this.#events = events;
    this.#fault = fault;
  }

  open() {
    this.#appended = this.#store.position;
    return Promise.resolve({ position: this.#store.position, repairs: [] });
  }

  append(batch: Buffer, position: number) {
    const trades: StoredTrade[] = [];
    this.#stats.bytes += batch.length;
    readRecordBatch(batch, ({ stream, bytes, payloadStart, payloadEnd, receivedAtUs }) => {
      const text = bytes.toString('utf8', payloadStart, payloadEnd);
      this.#stats.records++;
      if (!text.startsWith('{')) {
        if (this.#fault === 'stops') throw new Error('a broken record');
        this.#stats.rejected++;
        if (this.#fault !== 'silent') this.#events.rejected?.({ stream, problem: 'expected JSON' });
        return;
      }
      const { data } = JSON.parse(text) as { data: { a: number; p: string; q: string } };
      trades.push({ stream, id: data.a, price: data.p, quantity: data.q, receivedAtUs });
    });
    this.#stats.rows += this.#fault === 'negative' ? -trades.length : trades.length;
    if (this.#fault === 'backwards') trades.reverse();
    if (this.#fault === 'drops') trades.shift();
    this.#store.trades.push(...trades, ...(this.#fault === 'twice' ? trades : []));
    this.#appended = this.#fault === 'ahead' ? position + 1 : position;
    return Promise.resolve();
  }

  commit() {
    if (this.#fault !== 'forgets') this.#store.position = this.#appended;
    return Promise.resolve(this.#appended);
  }

  async close() {
    if (this.#isClosed && this.#fault === 'unclosable') throw new Error('closed already');
    this.#isClosed = true;
    await this.commit();
  }

  stats() {
    return this.#stats;
  }
}

function memoryHarness(fault?: Fault, store: Store = { trades: [], position: 0 }): SinkHarness {
  return {
    createSink: (events = {}) => new MemorySink(store, events, fault),
    crash: () => Promise.resolve(),
    storedTrades: () => Promise.resolve(store.trades),
    unrelated: () => Promise.resolve(memoryHarness(fault, fault === 'shared' ? store : undefined)),
  };
}

async function brokenRules(fault: Fault): Promise<string[]> {
  const broken: string[] = [];
  for (const { name, run } of sinkContract) {
    await run(memoryHarness(fault)).catch(() => broken.push(name));
  }
  return broken;
}

describe('the contract of sinks', () => {
  it.each(sinkContract.map((rule): [string, SinkContractCase] => [rule.name, rule]))(
    'holds for a sink in memory: it %s',
    async (_name, { run }) => {
      await run(memoryHarness());
    },
  );

  it.each<Fault>([
    'ahead',
    'forgets',
    'twice',
    'backwards',
    'stops',
    'shared',
    'drops',
    'unclosable',
    'negative',
    'silent',
  ])('finds a sink that is wrong: %s', async (fault) => {
    expect(await brokenRules(fault)).not.toEqual([]);
  });
});
