import { sinkContract, type SinkContractCase, type SinkHarness, type StoredTrade } from '@org/storage';
import { describeWithServer, serverForAll } from './server.ts';

describeWithServer('the PostgreSQL sink', () => {
  const database = serverForAll();

  function harness(): SinkHarness {
    const schema = database.newSchema();
    return {
      createSink: (events = {}) => database.sink(schema, { events }),
      // A SIGKILL of its process ends its session in the middle of whatever it does.
      async crash() {
        await database.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'recorder%'",
        );
      },
      async storedTrades(): Promise<StoredTrade[]> {
        const rows = await database.query(
          `select symbol, agg_trade_id, price::text, quantity::text, extract(epoch from local_time) * 1000000 as us
             from ${schema}.agg_trades order by local_time, agg_trade_id`,
        );
        return rows.map((row) => ({
          stream: `${String(row['symbol'])}@aggTrade`,
          id: Number(row['agg_trade_id']),
          price: String(row['price']),
          quantity: String(row['quantity']),
          receivedAtUs: Number(row['us']),
        }));
      },
      unrelated: () => Promise.resolve(harness()),
    };
  }

  it.each(sinkContract.map((rule): [string, SinkContractCase] => [rule.name, rule]))(
    '%s',
    async (_name, { run }) => {
      await run(harness());
    },
  );
});
