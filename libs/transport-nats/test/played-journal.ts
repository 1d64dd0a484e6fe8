import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import type { ForwardEntry, ForwardSource } from '@org/transport-nats';

const START_US = 1_767_323_045_000_000;

/** A trade; everything about it follows from symbol and id. */
export function tradeFrame(symbol: string, id: number): Buffer {
  const ms = Math.trunc(START_US / 1000) + id;
  return Buffer.from(
    `{"stream":"${symbol.toLowerCase()}@aggTrade","data":{"e":"aggTrade","E":${ms},"a":${id},"s":"${symbol}",` +
      `"p":"60000.10","q":"0.010","f":${id},"l":${id},"T":${ms},"m":true}}`,
  );
}

/** A batch with the trades of these symbols, one after the other. */
export function tradeBatch(
  trades: readonly (readonly [symbol: string, id: number])[],
  nowUs = START_US,
): Buffer {
  const builder = new RecordBatchBuilder(1024);
  for (const [symbol, id] of trades) {
    const stream = `${symbol}@aggTrade`;
    const meta = { type: RECORD_TYPE.frame, stream, line: 0, connectionId: 1, order: id, follows: id - 1 };
    builder.append({ ...meta, receivedAtUs: nowUs + id }, tradeFrame(symbol, id));
  }
  return builder.take();
}

export const SYMBOLS = [
  'BTCUSDT',
  'ETHUSDT',
  'SOLUSDT',
  'XRPUSDT',
  'DOGEUSDT',
  'ADAUSDT',
  '1000PEPEUSDT',
  '币安人生USDT',
];

/** A journal in memory, with the memory of a machine: what forwarders of several lives read, and what they let go of. */
export class PlayedJournal {
  readonly entries: ForwardEntry[] = [];
  committedPosition = 0;
  /** Reading from before what was let go of is a fault of the forwarder. */
  readonly faults: string[] = [];
  readonly sent = new Map<string, number[]>();
  readonly #lane: string;
  #wake: (() => void)[] = [];
  #nextIds = new Map<string, number>();

  constructor(lane = 'w0') {
    this.#lane = lane;
  }

  /** Appends a batch of trades of these symbols, each with its next id. */
  add(symbols: readonly string[]): void {
    const trades = symbols.map((symbol) => {
      const id = this.#nextIds.get(symbol) ?? 1;
      this.#nextIds.set(symbol, id + 1);
      this.sent.set(symbol, [...(this.sent.get(symbol) ?? []), id]);
      return [symbol, id] as const;
    });
    this.addBatch(tradeBatch(trades));
  }

  addBatch(payload: Buffer, extra: Partial<ForwardEntry> = {}): void {
    const position = (this.entries.at(-1)?.position ?? 0) + 64 + payload.length;
    this.entries.push({ lane: this.#lane, epoch: 1, payload, position, ...extra });
    for (const wake of this.#wake.splice(0)) wake();
  }

  get end(): number {
    return this.entries.at(-1)?.position ?? 0;
  }

  committed(position: number): void {
    if (position < this.committedPosition) this.faults.push(`committed goes back to ${position}`);
    const isKnown = position === 0 || this.entries.some((entry) => entry.position === position);
    if (!isKnown) this.faults.push(`committed at ${position}, which no entry has`);
    this.committedPosition = position;
  }

  open(afterPosition: number): Promise<ForwardSource> {
    if (afterPosition < this.committedPosition)
      this.faults.push(`reads from ${afterPosition}, which is gone`);
    let position = afterPosition;
    let isClosed = false;
    return Promise.resolve({
      next: async (bytesMax: number) => {
        for (;;) {
          if (isClosed) return [];
          const from = this.entries.findIndex((entry) => entry.position > position);
          if (from === -1) {
            await new Promise<void>((resolve) => this.#wake.push(resolve));
            continue;
          }
          const taken: ForwardEntry[] = [];
          for (let bytes = 0, index = from; index < this.entries.length; index++) {
            const entry = this.entries[index]!;
            if (taken.length > 0 && bytes + entry.payload.length > bytesMax) break;
            bytes += entry.payload.length;
            taken.push(entry);
          }
          position = taken.at(-1)!.position;
          return taken;
        }
      },
      close: () => {
        isClosed = true;
        for (const wake of this.#wake.splice(0)) wake();
        return Promise.resolve();
      },
    });
  }
}
