import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { readRecordBatch } from '@org/storage';
import { CsvSink } from '@org/storage-csv';
import { InfluxSink } from '@org/storage-influx';
import { PostgresSink } from '@org/storage-postgres';
import { JetStreamSink, MergedBatches } from '@org/transport-nats';
import pg from 'pg';
import { findInflux, startInflux } from '../../../../../tools/test-servers/influx.mjs';
import { findNats, startNats } from '../../../../../tools/test-servers/nats.mjs';
import { findPostgres, startPostgres } from '../../../../../tools/test-servers/postgres.mjs';

const SYMBOL = 'BTCUSDT';
const SCHEMA = 'kills';
const STREAM = 'kills';

/** The stores, each with its server, its sink, and a way to read the ids of its trades that knows nothing of the sink. */
export const STORES = {
  csv: {
    isHere: () => true,
    start: async () => undefined,
    createSink: ({ folder }) => new CsvSink({ outputDir: folder }),
    storedIds: async ({ folder }) =>
      readdirSync(join(folder, SYMBOL))
        .filter((name) => name.startsWith('aggtrade_'))
        .flatMap((name) =>
          readFileSync(join(folder, SYMBOL, name), 'utf8')
            .split('\n')
            .slice(1, -1),
        )
        .map((row) => Number(row.slice(0, row.indexOf(',')))),
  },
  postgres: {
    isHere: () => findPostgres() !== undefined,
    start: () => startPostgres(),
    createSink: ({ url }) => new PostgresSink({ url, schema: SCHEMA }),
    storedIds: async ({ url }) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const { rows } = await client.query(`select agg_trade_id as id from ${SCHEMA}.agg_trades order by 1`);
      await client.end();
      return rows.map(({ id }) => Number(id));
    },
  },
  influx: {
    isHere: () => findInflux() !== undefined,
    start: () => startInflux(),
    createSink: ({ url }) => new InfluxSink({ url, target: { database: SCHEMA } }),
    storedIds: async ({ url }) => {
      const parameters = new URLSearchParams({ db: SCHEMA, q: 'SELECT agg_trade_id FROM aggtrade' });
      const response = await fetch(`${url}/query?${parameters}`, { method: 'POST' });
      const { results } = await response.json();
      return results[0].series[0].values.map(([, id]) => id);
    },
  },
  nats: {
    isHere: () => findNats() !== undefined,
    start: () => startNats(),
    createSink: ({ url }) => {
      const connection = { servers: url, reconnectTimeWait: 50 };
      return new JetStreamSink({ name: STREAM, connection, requestTimeoutMs: 500, streamBytesMax: 2 ** 28 });
    },
    storedIds: ({ url }) => idsOfStream(url),
  },
};

async function idsOfStream(url) {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info(STREAM);
  const options = { ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.All };
  const { name } = await manager.consumers.add(STREAM, options);
  const consumer = await jetstream(connection).consumers.get(STREAM, name);
  const merged = new MergedBatches(STREAM);
  const ids = [];
  for await (const { subject, seq, data } of await consumer.consume()) {
    for (const { batch } of merged.take({ subject, sequence: seq, data: Buffer.from(data) }))
      readRecordBatch(batch, ({ order }) => ids.push(order));
    if (seq === state.last_seq) break;
  }
  await connection.close();
  return ids;
}
