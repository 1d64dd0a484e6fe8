import { join } from 'node:path';
import { RECORD_TYPE, readCapture, RecordBatchBuilder } from '@org/storage';
import { CsvSink, readDepthFile } from '@org/storage-csv';
import {
  collect,
  filesBelow,
  newStore,
  recordings,
  linesOf,
  temporaryFolder,
  withRecordings,
} from './store.ts';

const folder = temporaryFolder();

type Json = Record<string, string | number | boolean | undefined>;
type Levels = [string, string][];

const KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aggtrade: {
    agg_trade_id: 'a', price: 'p', quantity: 'q', first_trade_id: 'f', last_trade_id: 'l', transact_time: 'T',
    is_buyer_maker: 'm', normal_quantity: 'nq', event_time: 'E',
  },
  trade: {
    trade_id: 't', price: 'p', quantity: 'q', trade_time: 'T', is_buyer_maker: 'm', execution_type: 'X', event_time: 'E',
  },
  bookticker: {
    update_id: 'u', best_bid_price: 'b', best_bid_qty: 'B', best_ask_price: 'a', best_ask_qty: 'A',
    transaction_time: 'T', event_time: 'E',
  },
  kline: {
    open_time: 't', open: 'o', high: 'h', low: 'l', close: 'c', volume: 'v', close_time: 'T', quote_volume: 'q',
    count: 'n', taker_buy_volume: 'V', taker_buy_quote_volume: 'Q', ignore: 'B', interval: 'i', is_closed: 'x',
    first_trade_id: 'f', last_trade_id: 'L', event_time: 'E',
  },
}; // prettier-ignore

/** The rows that a message must become, made the slow way: by JSON.parse. */
function expectedRows(kind: string, json: Json, receivedAtUs: number): Record<string, string>[] {
  const local_time = String(receivedAtUs);
  if (kind === 'depth') return depthRows(json, local_time);
  const event = kind === 'kline' ? { ...(json['k'] as unknown as Json), E: json['E'] } : json;
  const cells = Object.entries(KEYS[kind]!).map(([column, key]) => [column, String(event[key] ?? '')]);
  return [
    {
      ...(Object.fromEntries(cells) as Record<string, string>),
      local_time,
      ...(kind === 'aggtrade' ? { source: 'ws' } : {}),
    },
  ];
}

function depthRows(json: Json, local_time: string): Record<string, string>[] {
  const isSnapshot = json['lastUpdateId'] !== undefined;
  const text = (key: string) => String(json[key] ?? '');
  const shared = {
    local_time, event_time: text('E'), transaction_time: text('T'), first_update_id: text('U'),
    final_update_id: text(isSnapshot ? 'lastUpdateId' : 'u'), prev_final_update_id: text('pu'),
    update_type: isSnapshot ? 'snapshot' : 'diff',
  }; // prettier-ignore
  const side = (name: string, levels: unknown) =>
    (levels as Levels).map(([price, quantity]) => ({ ...shared, side: name, price, quantity }));
  const rows = [...side('bid', json['b'] ?? json['bids']), ...side('ask', json['a'] ?? json['asks'])];
  return rows.length > 0 ? rows : [{ ...shared, side: '', price: '', quantity: '' }];
}

interface RoundTrip {
  /** By kind of file. */
  readonly expected: Map<string, Record<string, string>[]>;
  readonly outputDir: string;
  readonly rejected: number;
}

/** Sends a capture through batches and the sink. */
async function store(capture: string, symbol: string, messagesMax = Infinity): Promise<RoundTrip> {
  const outputDir = newStore(folder);
  const sink = new CsvSink({ outputDir });
  const { position } = await sink.open();
  const expected = new Map<string, Record<string, string>[]>();
  const builder = new RecordBatchBuilder(64 * 1024);
  let batches = position;
  for await (const { receivedAtNs, bytes, line } of readCapture(join(recordings, capture))) {
    if (line > messagesMax) break;
    const message = JSON.parse(bytes.toString()) as { stream?: string; data: Json };
    const receivedAtUs = Number(receivedAtNs / 1000n);
    const stream = message.stream?.split('@').slice(1).join('@') ?? 'depth@0ms';
    const type = message.stream === undefined ? RECORD_TYPE.depthSnapshot : RECORD_TYPE.frame;
    builder.append({ type, stream: `${symbol}@${stream}`, receivedAtUs, line: 0, connectionId: 1 }, bytes);
    const kind = stream.startsWith('kline') ? 'kline' : stream.split('@', 1)[0]!.toLowerCase();
    const json = message.stream === undefined ? (message as unknown as Json) : message.data;
    const name = `${kind}_${new Date(receivedAtUs / 1000).toISOString().slice(0, 10)}.csv`;
    if (!expected.has(name)) expected.set(name, []);
    expected.get(name)!.push(...expectedRows(kind, json, receivedAtUs));
    if (builder.byteLength > 50_000) await sink.append(builder.take(), ++batches);
  }
  await sink.append(builder.take(), ++batches);
  await sink.close();
  return { expected, outputDir, rejected: sink.stats().rejected };
}

describe('a recording that goes through the sink', () => {
  withRecordings.each([
    ['usdm-2021-07-22/sushiusdt_20210722.gz', 'SUSHIUSDT', Infinity],
    ['usdm-2021-07-22/akrousdt_20210722.gz', 'AKROUSDT', Infinity],
    ['usdm-2021-07-22/keepusdt_20210722.gz', 'KEEPUSDT', Infinity],
    ['usdm-2021-07-22/ctkusdt_20210722.gz', 'CTKUSDT', Infinity],
    ['coinm-2021-07-22/btcusd_211231_20210722.gz', 'BTCUSD_211231', Infinity],
    ['spot-2021-10-12/nknusdt_20211012.gz', 'NKNUSDT', Infinity],
    ['usdm-2024-07-18/btcusdt_20240718.gz', 'BTCUSDT', 800],
  ])('%s stands in the files exactly once, in its own characters', async (capture, symbol, messagesMax) => {
    const { expected, outputDir, rejected } = await store(capture, symbol, messagesMax);
    expect(rejected).toBe(0);
    expect(filesBelow(outputDir)).toEqual([...expected.keys()].map((name) => `${symbol}/${name}`).sort());
    for (const [name, rows] of expected) {
      const [header, ...lines] = linesOf(join(outputDir, symbol, name));
      const columns = header!.split(',');
      expect(lines).toEqual(rows.map((row) => columns.map((column) => row[column]).join(',')));
    }
  });

  withRecordings('gives the same depth messages when it is read back', async () => {
    const { outputDir } = await store('usdm-2021-07-22/sushiusdt_20210722.gz', 'SUSHIUSDT');
    const messages = await collect(readDepthFile(join(outputDir, 'SUSHIUSDT/depth_2021-07-22.csv')));
    const expected: unknown[] = [];
    for await (const { receivedAtNs, bytes } of readCapture(
      join(recordings, 'usdm-2021-07-22/sushiusdt_20210722.gz'),
    )) {
      const { data, ...rest } = JSON.parse(bytes.toString()) as { data?: Json };
      const json: Json = data ?? rest;
      if (data !== undefined && json['e'] !== 'depthUpdate') continue;
      const shared = { symbol: 'SUSHIUSDT', eventTimeMs: json['E'], transactionTimeMs: json['T'] };
      const message =
        data === undefined
          ? { type: 'snapshot', snapshot: { ...shared, lastUpdateId: json['lastUpdateId'], bids: json['bids'], asks: json['asks'] } }
          : { type: 'diff', diff: { ...shared, firstUpdateId: json['U'], finalUpdateId: json['u'], previousFinalUpdateId: json['pu'], bids: json['b'], asks: json['a'] } }; // prettier-ignore
      expected.push({ ...message, damagedRows: 0, receivedAtUs: Number(receivedAtNs / 1000n) });
    }
    expect(messages).toEqual(expected);
    expect(messages).toHaveLength(256);
  });
});
