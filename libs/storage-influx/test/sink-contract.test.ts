import { sinkContract, type SinkContractCase, type SinkHarness, type StoredTrade } from '@org/storage';
import {
  describeWithInflux,
  influxServer,
  newDatabase,
  query,
  sinkOf,
  type Server,
} from './influx-server.ts';

function influxHarness(server: Server): SinkHarness {
  const database = newDatabase();
  return {
    createSink: (events = {}) => sinkOf(server, database, { events, keepsText: true }),
    // What a killed process had sent is all that there is of it.
    crash: (sink) => sink.close(),
    storedTrades: () => storedTrades(server, database),
    resendsReplace: true,
    unrelated: () => Promise.resolve(influxHarness(server)),
  };
}

async function storedTrades(server: Server, database: string): Promise<StoredTrade[]> {
  const rows = await query(server, database, 'SELECT * FROM aggtrade ORDER BY time');
  return rows.map((row) => ({
    stream: `${String(row['symbol'])}@aggTrade`,
    id: Number(row['agg_trade_id']),
    price: String(row['price_text']),
    quantity: String(row['quantity_text']),
    receivedAtUs: Number(row['local_time']),
  }));
}

describeWithInflux('the InfluxDB sink', () => {
  const server = influxServer();

  it.each(sinkContract.map((rule): [string, SinkContractCase] => [rule.name, rule]))(
    '%s',
    async (_name, { run }) => {
      await run(influxHarness(server()));
    },
  );
});
