import { Buffer } from 'node:buffer';
import { RECORD_TYPE } from './record.ts';
import { RecordBatchBuilder } from './record-batch.ts';

/** A stored aggTrade, read back from the store by whoever provides the harness. Prices as they were sent. */
export interface StoredTrade {
  /** Canonical stream key, for example `BTCUSDT@aggTrade`. */
  readonly stream: string;
  readonly id: number;
  readonly price: string;
  readonly quantity: string;
  readonly receivedAtUs: number;
}

/** 2026-01-02T03:04:05Z, an ordinary moment away from any rotation. */
const START_US = 1_767_323_045_000_000;

/** The trade with this id; everything about it follows from the id, so that it can be recognised when read back. */
export function contractTrade(stream: string, id: number): StoredTrade {
  return {
    stream,
    id,
    price: `${60_000 + (id % 100)}.10`,
    quantity: `0.0${id}0`,
    receivedAtUs: START_US + id,
  };
}

/** A batch of trades; a record whose bytes are no market data stands where an id is `'broken'`. */
export function tradeBatch(stream: string, ids: readonly (number | 'broken')[]): Buffer {
  const builder = new RecordBatchBuilder(1024);
  for (const id of ids) {
    const receivedAtUs = START_US + (id === 'broken' ? 0 : id);
    const frame = id === 'broken' ? 'not market data' : tradeFrame(contractTrade(stream, id));
    builder.append(
      { type: RECORD_TYPE.frame, stream, receivedAtUs, line: 0, connectionId: 1 },
      Buffer.from(frame),
    );
  }
  return builder.take();
}

function tradeFrame(trade: StoredTrade): string {
  const symbol = trade.stream.split('@', 1)[0]!;
  const ms = Math.trunc(trade.receivedAtUs / 1000);
  return (
    `{"stream":"${symbol.toLowerCase()}@aggTrade","data":{"e":"aggTrade","E":${ms},"a":${trade.id},"s":"${symbol}",` +
    `"p":"${trade.price}","q":"${trade.quantity}","f":${trade.id},"l":${trade.id},"T":${ms - 1},"m":true}}`
  );
}
