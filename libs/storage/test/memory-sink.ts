import {
  readRecordBatch,
  type Sink,
  type SinkEvents,
  type SinkHarness,
  type StoredTrade,
} from '@org/storage';

/** Ways in which a sink can be wrong; the suite must find each. */
export const FAULTS = [
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
  'keeps what was not committed',
  'cuts what was committed',
  'commits when it closes',
  'commits what it appends',
  'forgets the state',
  'clears the state',
  'keeps the first state',
  'begins with a state',
  'cuts a long state',
  'loses the position of a new store',
  'loses the position in a crash',
  'loses the position when it closes',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Whether the store cuts what was not committed, or lets what comes again replace it. */
export type Kind = 'transactions' | 'resends replace';

interface Store {
  trades: StoredTrade[];
  opened: number;
  closed: number;
  committed: { readonly position: number; readonly rows: number; readonly state: string | undefined };
}

const emptyStore = (): Store => ({
  trades: [],
  opened: 0,
  closed: 0,
  committed: { position: 0, rows: 0, state: undefined },
});

/** The shortest sink that keeps the contract, and on demand one that breaks it. */
class MemorySink implements Sink {
  readonly name = 'memory';
  readonly #store: Store;
  readonly #events: SinkEvents;
  readonly #fault: Fault | undefined;
  readonly #stats = { records: 0, rows: 0, bytes: 0, rejected: 0 };
  #appended = 0;
  #isClosed = false;

  readonly #kind: Kind;

  constructor(store: Store, events: SinkEvents, fault: Fault | undefined, kind: Kind) {
    this.#store = store;
    this.#events = events;
    this.#fault = fault;
    this.#kind = kind;
  }

  open() {
    const { position, rows, state } = this.#store.committed;
    this.#appended = position;
    const keepsAll = this.#kind === 'resends replace' || this.#fault === 'keeps what was not committed';
    if (!keepsAll) this.#store.trades.length = rows;
    if (this.#fault === 'cuts what was committed') this.#store.trades.length = Math.max(0, rows - 1);
    return Promise.resolve({
      position,
      state: this.#fault === 'begins with a state' ? (state ?? '') : state,
      isPositionLost: this.#isPositionLost(),
      repairs: [],
    });
  }

  #isPositionLost(): boolean {
    const { opened, closed } = this.#store;
    this.#store.opened++;
    if (this.#fault === 'loses the position of a new store') return opened === 0;
    if (this.#fault === 'loses the position in a crash') return opened > closed;
    return this.#fault === 'loses the position when it closes' && closed > 0;
  }

  async append(batch: Buffer, position: number) {
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
    this.#store.trades.push(...this.#replaced(trades), ...(this.#fault === 'twice' ? trades : []));
    this.#appended = this.#fault === 'ahead' ? position + 1 : position;
    if (this.#fault === 'commits what it appends') await this.commit();
  }

  /** Puts each trade that is stored already in its place, and returns the others. */
  #replaced(trades: readonly StoredTrade[]): readonly StoredTrade[] {
    if (this.#kind === 'transactions' || this.#fault === 'keeps what was not committed') return trades;
    const stored = this.#store.trades;
    return trades.filter((trade) => {
      const place = stored.findIndex(({ stream, id }) => stream === trade.stream && id === trade.id);
      if (place !== -1) stored[place] = trade;
      return place === -1;
    });
  }

  commit(state?: string) {
    if (this.#fault !== 'forgets') {
      this.#store.committed = {
        position: this.#appended,
        rows: this.#store.trades.length,
        state: this.#stateOf(state),
      };
    }
    return Promise.resolve(this.#appended);
  }

  #stateOf(given: string | undefined): string | undefined {
    const { state } = this.#store.committed;
    switch (this.#fault) {
      case 'forgets the state':
        return undefined;
      case 'clears the state':
        return given;
      case 'keeps the first state':
        return state ?? given;
      case 'cuts a long state':
        return (given ?? state)?.slice(0, 65_536);
      default:
        return given ?? state;
    }
  }

  async close() {
    if (this.#isClosed && this.#fault === 'unclosable') throw new Error('closed already');
    if (!this.#isClosed) this.#store.closed++;
    this.#isClosed = true;
    if (this.#fault === 'commits when it closes') await this.commit();
  }

  stats() {
    return this.#stats;
  }
}

export interface MemoryHarnessOptions {
  readonly fault?: Fault | undefined;
  readonly kind?: Kind;
  /** What the harness says of the kind; default the truth. */
  readonly resendsReplace?: boolean;
}

export function memoryHarness(options: MemoryHarnessOptions = {}, store: Store = emptyStore()): SinkHarness {
  const { fault, kind = 'transactions', resendsReplace = kind === 'resends replace' } = options;
  return {
    createSink: (events = {}) => new MemorySink(store, events, fault, kind),
    crash: () => Promise.resolve(),
    storedTrades: () => Promise.resolve(store.trades),
    resendsReplace,
    unrelated: () => Promise.resolve(memoryHarness(options, fault === 'shared' ? store : undefined)),
  };
}
