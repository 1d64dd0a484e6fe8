import type { Buffer } from 'node:buffer';
import path from 'node:path';
import { readCapture, RECORD_TYPE, RecordBatchBuilder } from '@org/storage';

type Frame = Readonly<Record<string, string | number | boolean | readonly (readonly string[])[]>>;

const text = (key: string) => (data: Frame) => String(data[key]);
const timeOf = (key: string) => (data: Frame) =>
  new Date(Number(data[key]))
    .toISOString()
    .replace('T', ' ')
    .replace(/\.?0*Z$/, '+00');
const levelsOf = (key: string) => (data: Frame) => {
  const levels = data[key] as readonly (readonly string[])[];
  return `{${levels.map((level) => `{${level.join()}}`).join()}}`;
};

/** What must be in the tables, by JSON.parse of the frames. */
export const ORACLE: Readonly<
  Record<
    string,
    {
      readonly table: string;
      readonly id: string;
      readonly columns: Readonly<Record<string, (data: Frame) => string>>;
    }
  >
> = {
  aggTrade: {
    table: 'agg_trades',
    id: 'agg_trade_id',
    columns: {
      symbol: text('s'),
      agg_trade_id: text('a'),
      price: text('p'),
      quantity: text('q'),
      transact_time: timeOf('T'),
    },
  },
  bookTicker: {
    table: 'book_tickers',
    id: 'update_id',
    columns: {
      update_id: text('u'),
      best_bid_price: text('b'),
      best_ask_qty: text('A'),
      event_time: timeOf('E'),
    },
  },
  depthUpdate: {
    table: 'depth_events',
    id: 'final_update_id',
    columns: {
      first_update_id: text('U'),
      final_update_id: text('u'),
      bids: levelsOf('b'),
      asks: levelsOf('a'),
    },
  },
};

/** A capture as one batch, REST snapshots included, and the events in it by their kind. */
export async function recorded(file: string): Promise<{ batch: Buffer; frames: Map<string, Frame[]> }> {
  const builder = new RecordBatchBuilder(1024 * 1024);
  const frames = new Map<string, Frame[]>();
  const symbol = path.basename(file).split('_', 1)[0]!.toUpperCase();
  let depth = `${symbol}@depth`;
  for await (const { receivedAtNs, bytes } of readCapture(file)) {
    const receivedAtUs = Number(receivedAtNs / 1000n);
    const meta = { receivedAtUs, line: 0, connectionId: 1 };
    const { stream, data } = JSON.parse(bytes.toString()) as { stream?: string; data?: Frame };
    if (stream === undefined || data === undefined) {
      builder.append({ ...meta, type: RECORD_TYPE.depthSnapshot, stream: depth }, bytes);
      continue;
    }
    const [, ...name] = stream.split('@');
    const key = `${symbol}@${name.join('@')}`;
    if (data['e'] === 'depthUpdate') depth = key;
    builder.append({ ...meta, type: RECORD_TYPE.frame, stream: key }, bytes);
    const event = String(data['e']);
    frames.set(event, [...(frames.get(event) ?? []), data]);
  }
  return { batch: builder.take(), frames };
}
