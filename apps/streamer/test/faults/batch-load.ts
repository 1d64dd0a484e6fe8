import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { BatchSender } from '@org/flow';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';

const MIB = 1024 * 1024;

export interface BatchLoadOptions {
  readonly socketPath: string;
  readonly symbols: readonly string[];
  /** How many lanes bring each symbol; default 1. */
  readonly lines?: number;
  readonly tradesPerBatch: number;
  /** Each lane sends a batch this often. */
  readonly intervalMs: number;
}

/** Batches of aggTrades whose ids are known, as workers send them; what is not acknowledged goes to the next writer. */
export class BatchLoad {
  readonly #options: BatchLoadOptions;
  readonly #lanes: Lane[] = [];
  readonly #ackNs: RecordableHistogram = createHistogram();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BatchLoadOptions) {
    this.#options = options;
    const { symbols, lines = 1 } = options;
    for (const symbol of symbols)
      for (let line = 0; line < lines; line++) this.#lanes.push(new Lane(symbol, line, options, this.#ackNs));
  }

  start(): void {
    const startedAtMs = performance.now();
    let sent = 0;
    for (const lane of this.#lanes) lane.start();
    this.#timer = setInterval(() => {
      // Behind time the timer is late, and the load is not.
      for (; sent < (performance.now() - startedAtMs) / this.#options.intervalMs; sent++)
        for (const lane of this.#lanes) lane.send(this.#options.tradesPerBatch);
    }, this.#options.intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether everything that was sent is acknowledged within the time. */
  async drained(timeoutMs: number): Promise<boolean> {
    const results = await Promise.all(this.#lanes.map((lane) => lane.drained(timeoutMs)));
    return results.every(Boolean);
  }

  async close(): Promise<void> {
    this.stop();
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  get ackedBatches(): number {
    return this.#lanes.reduce((total, { ackedSeq }) => total + ackedSeq, 0);
  }

  get queuedBytesMax(): number {
    return this.#lanes.reduce((total, { queuedBytesMax }) => total + queuedBytesMax, 0);
  }

  get refusedBatches(): number {
    return this.#lanes.reduce((total, { refusedBatches }) => total + refusedBatches, 0);
  }

  /** Ids from 1 to this one were sent, by symbol. */
  sentThrough(): ReadonlyMap<string, number> {
    return new Map(this.#lanes.map(({ symbol, lastId }) => [symbol, lastId]));
  }

  /** From sending to acknowledgement. */
  ackMs(): { p50: number; p99: number; max: number } {
    const [p50, p99, max] = [this.#ackNs.percentile(50), this.#ackNs.percentile(99), this.#ackNs.max];
    return { p50: Math.round(p50 / 1e6), p99: Math.round(p99 / 1e6), max: Math.round(max / 1e6) };
  }

  /** Forgets the times so far. */
  resetAckMs(): void {
    this.#ackNs.reset();
  }
}

/** One life of one lane. */
class Lane {
  readonly symbol: string;
  lastId = 0;
  queuedBytesMax = 0;
  readonly #line: number;
  readonly #sender: BatchSender;
  readonly #builder = new RecordBatchBuilder(64 * 1024);
  readonly #sentAtMs: number[] = [];

  constructor(symbol: string, line: number, { socketPath }: BatchLoadOptions, ackNs: RecordableHistogram) {
    this.symbol = symbol;
    this.#line = line;
    let acked = 0;
    this.#sender = new BatchSender({
      socketPath,
      lane: `${symbol}-${line}`,
      epoch: Date.now(),
      queueBytesMax: 64 * MIB,
      reconnectDelayMs: 20,
      handlers: {
        acked: (seq) => {
          for (; acked < seq; acked++)
            ackNs.record(Math.max(1, Math.round((performance.now() - this.#sentAtMs[acked]!) * 1e6)));
        },
      },
    });
  }

  get ackedSeq(): number {
    return this.#sender.stats().ackedSeq;
  }

  get refusedBatches(): number {
    return this.#sender.stats().refusedBatches;
  }

  start(): void {
    this.#sender.start();
  }

  send(trades: number): void {
    const receivedAtUs = Date.now() * 1000;
    for (let count = 0; count < trades; count++) {
      const order = ++this.lastId;
      const meta = {
        type: RECORD_TYPE.frame,
        stream: `${this.symbol}@aggTrade`,
        receivedAtUs,
        line: this.#line,
      };
      this.#builder.append(
        { ...meta, connectionId: 1, order, follows: order - 1 },
        tradeFrame(this.symbol, order),
      );
    }
    if (this.#sender.send(this.#builder.take())) this.#sentAtMs.push(performance.now());
    this.queuedBytesMax = Math.max(this.queuedBytesMax, this.#sender.stats().queuedBytes);
  }

  drained(timeoutMs: number): Promise<boolean> {
    return this.#sender.drained(timeoutMs);
  }

  async close(): Promise<void> {
    await this.#sender.close();
  }
}

function tradeFrame(symbol: string, id: number): Buffer {
  const [nowMs, price] = [Date.now(), `${60_000 + (id % 1000)}.10`];
  const trade = {
    e: 'aggTrade',
    E: nowMs,
    s: symbol,
    a: id,
    p: price,
    q: '0.012',
    nq: '0.012',
    f: id,
    l: id,
    T: nowMs,
    m: id % 2 === 0,
  };
  return Buffer.from(JSON.stringify({ stream: `${symbol.toLowerCase()}@aggTrade`, data: trade }));
}
