import { Buffer } from 'node:buffer';
import { type BinanceRest, type Clock, fetchAggTrades, fetchKlines } from '@org/binance-client';
import { parseStreamKey } from '@org/market-data';
import { RECORD_TYPE } from '@org/storage';
import type { RepairWish } from '../control/messages.ts';
import { errorFields, type Log } from '../logging/child-log.ts';
import type { RecordChannel } from '../records/record-channel.ts';

/** Live snapshots first: without one a book is not in sync, and a repair can wait for hours. */
const PRIORITY = 1;

/** A wish that could not be fulfilled, or whose rows are still on their way, is left alone for so long. */
const REST_MS = 15_000;

export interface RepairerOptions {
  readonly rest: BinanceRest;
  readonly channel: Pick<RecordChannel, 'append'>;
  readonly line: number;
  readonly clock: Pick<Clock, 'nowMs' | 'wallUs'>;
  readonly log: Log;
}

/** Fetches what is missing of a stream and sends it to the writer, where the merge takes what it still lacks. One at a time. */
export class Repairer {
  readonly #options: RepairerOptions;
  readonly #waiting = new Map<string, RepairWish>();
  readonly #triedAtMs = new Map<string, number>();
  readonly #stop = new AbortController();
  #isBusy = false;

  constructor(options: RepairerOptions) {
    this.#options = options;
  }

  /** The same wish comes again until it is fulfilled. */
  repair(wishes: readonly RepairWish[]): void {
    const nowMs = this.#options.clock.nowMs();
    for (const [key, atMs] of this.#triedAtMs) if (nowMs - atMs > REST_MS) this.#triedAtMs.delete(key);
    for (const wish of wishes) {
      // The beginning moves with every page that was stored, the end stays.
      const key = `${wish.stream} ${wish.to}`;
      if (!this.#triedAtMs.has(key)) this.#waiting.set(key, wish);
    }
    void this.#work();
  }

  stop(): void {
    this.#stop.abort();
    this.#waiting.clear();
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (const [key, wish] of this.#waiting) {
      this.#waiting.delete(key);
      this.#triedAtMs.set(key, this.#options.clock.nowMs());
      await this.#fetch(wish);
    }
    this.#isBusy = false;
  }

  async #fetch(wish: RepairWish): Promise<void> {
    const { log } = this.#options;
    const { stream, from, to } = wish;
    log.info('RepairStarted', { stream, from, to });
    try {
      await this.#pages(wish, (rows) => this.#store(stream, rows));
    } catch (error) {
      if (!this.#stop.signal.aborted) log.warn('RepairFailed', { stream, from, to, ...errorFields(error) });
    }
  }

  async #pages(
    { stream: key, kind, from, to }: RepairWish,
    take: (rows: readonly unknown[]) => void,
  ): Promise<void> {
    const { rest } = this.#options;
    const { symbol, stream } = parseStreamKey(key)!;
    const common = { symbol, priority: PRIORITY, signal: this.#stop.signal };
    if (kind === 'aggtrade') await fetchAggTrades(rest, { ...common, fromId: from, toId: to }, take);
    else {
      const interval = stream.slice('kline_'.length);
      await fetchKlines(rest, { ...common, interval, fromOpenTimeMs: from, toOpenTimeMs: to }, take);
    }
  }

  /** Prices are texts and ids are far below 2^53, so the rows are what they were. */
  #store(stream: string, rows: readonly unknown[]): void {
    const { channel, clock, line } = this.#options;
    const meta = { type: RECORD_TYPE.restRows, stream, receivedAtUs: clock.wallUs(), line, connectionId: 0 };
    channel.append(meta, Buffer.from(JSON.stringify(rows)));
  }
}
