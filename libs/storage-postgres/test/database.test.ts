import { PostgresSink, PostgresSinkError, type PostgresSinkOptions } from '@org/storage-postgres';
import { Session } from '../src/connection/session.ts';
import { migrate } from '../src/schema/migrate.ts';
import { choosePartitioning } from '../src/schema/partitioning.ts';
import { aggTrade, batchOf, bookTicker, DAY_US, NOON_MS, NOON_US, trades } from './records.ts';
import { describeWithServer, serverForAll } from './server.ts';

describeWithServer('a PostgreSQL database', () => {
  const database = serverForAll();

  describe('who may write where', () => {
    it('is one sink of a name at a time', async () => {
      const schema = database.newSchema();
      const first = database.sink(schema);
      await first.open();
      const second = database.sink(schema, { lockWaitMs: 60 });
      await expect(second.open()).rejects.toMatchObject({ code: 'STORE_TAKEN', isPassing: true });
      const other = database.sink(schema, { cursor: 'other' });
      await other.open();
      await other.close();
      await first.close();
      await second.open();
      await second.close();
    });

    it('ends a sink that another one has pushed out', async () => {
      const schema = database.newSchema();
      const first = database.sink(schema);
      await first.open();
      await first.append(trades(1), 1);
      await first.commit();
      await first.append(trades(2), 2);
      await database.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'recorder%'",
      );
      const second = database.sink(schema);
      expect(await second.open()).toMatchObject({ position: 1 });
      await second.append(trades(2), 2);
      await second.commit();
      await second.close();
      const taken = { code: 'STORE_TAKEN', isPassing: false };
      // It may learn first that its session is gone, which passes.
      await first.commit().catch(() => undefined);
      await expect(first.commit()).rejects.toMatchObject(taken);
      await expect(first.append(trades(3), 3)).rejects.toMatchObject(taken);
      await first.close();
      const [row] = await database.query(`select count(*)::int as rows from ${schema}.agg_trades`);
      expect(row).toEqual({ rows: 2 });
    });

    it('finds that somebody else has moved the cursor', async () => {
      const schema = database.newSchema();
      const sink = database.sink(schema);
      await sink.open();
      await sink.append(trades(1), 1);
      await sink.commit();
      await database.query(`update ${schema}.recorder_cursor set position = 5`);
      await sink.append(trades(2), 2);
      await expect(sink.commit()).rejects.toMatchObject({ code: 'STORE_TAKEN', isPassing: false });
      await sink.close();
    });

    it('takes a role that owns its schema and nothing else, and refuses one without rights', async () => {
      const schema = database.newSchema();
      await database.query(
        `create role writer_${schema} login; create schema ${schema} authorization writer_${schema}`,
      );
      await database.query(`create role reader_${schema} login`);
      const urlOf = (role: string) => database.server.url.replace('postgres@', `${role}_${schema}@`);
      const sink = new PostgresSink({ url: urlOf('writer'), schema });
      await sink.open();
      await sink.append(trades(1), 1);
      expect(await sink.commit()).toBe(1);
      await sink.close();
      const refused = { code: 'ACCESS_DENIED', isPassing: false };
      await expect(new PostgresSink({ url: urlOf('reader'), schema }).open()).rejects.toMatchObject(refused);
      await expect(new PostgresSink({ url: urlOf('nobody'), schema }).open()).rejects.toMatchObject(refused);
      const elsewhere = database.server.url.replace(/postgres$/, 'nowhere');
      await expect(new PostgresSink({ url: elsewhere }).open()).rejects.toMatchObject(refused);
    });
  });

  it('is reached by its parts as well, and wants its password', async () => {
    const schema = database.newSchema();
    await database.query(
      `create role locked_${schema} login password 'right'; create schema ${schema} authorization locked_${schema}`,
    );
    const [file] = await database.query("select current_setting('hba_file') as path");
    await database.query(
      `copy (select 'host all locked_${schema} 127.0.0.1/32 scram-sha-256' union all select 'host all all 127.0.0.1/32 trust')
           to '${String(file!['path'])}'`,
    );
    await database.query('select pg_reload_conf()');
    const connection = {
      host: '127.0.0.1',
      port: database.server.port,
      database: 'postgres',
      user: `locked_${schema}`,
    };
    const open = async (options: PostgresSinkOptions) => {
      const sink = new PostgresSink({ schema, ...options });
      await sink.open();
      await sink.close();
    };
    await open({ connection: { ...connection, password: 'right' } });
    await open({
      url: database.server.url.replace('postgres@', `locked_${schema}:wrong@`),
      password: 'right',
    });
    const refused = { code: 'ACCESS_DENIED', isPassing: false };
    await expect(open({ connection: { ...connection, password: 'wrong' } })).rejects.toMatchObject(refused);
    await expect(open({ connection })).rejects.toMatchObject(refused);
  });

  describe('the schema', () => {
    const session = () =>
      Session.open({
        client: { connectionString: database.server.url },
        connectTimeoutMs: 5_000,
        statementTimeoutMs: 5_000,
      });

    it('is made once, whoever comes first', async () => {
      const schema = database.newSchema();
      const sinks = ['a', 'b', 'c'].map((cursor) => database.sink(schema, { cursor }));
      await Promise.all(sinks.map((sink) => sink.open()));
      await Promise.all(sinks.map((sink) => sink.close()));
      expect(await database.query(`select version, partitioning from ${schema}.recorder_schema`)).toEqual([
        { version: 1, partitioning: 'native' },
      ]);
    });

    it('goes step by step, each as a whole, and is refused when it is ahead', async () => {
      const schema = database.newSchema();
      const step = (version: number, ...statements: string[]) => ({
        version,
        name: `step ${version}`,
        statements: () => statements,
      });
      const first = step(1, 'create table one (a int)');
      const broken = step(2, 'create table two (a int)', 'insert into nowhere values (1)');
      const held = await session();
      await migrate(held, { schema, timescale: 'off', migrations: [first] });
      await expect(
        migrate(held, { schema, timescale: 'off', migrations: [first, broken] }),
      ).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH', isPassing: false });
      held.destroy();
      const again = await session();
      const tables = () =>
        again.query('select relname as name from pg_class where relnamespace = $1::regnamespace order by 1', [
          schema,
        ]);
      expect(await tables()).not.toContainEqual({ name: 'two' });
      await migrate(again, {
        schema,
        timescale: 'off',
        migrations: [first, step(2, 'create table two (a int)')],
      });
      expect(await tables()).toContainEqual({ name: 'two' });
      await expect(migrate(again, { schema, timescale: 'off', migrations: [first] })).rejects.toMatchObject({
        code: 'SCHEMA_NEWER',
        isPassing: false,
      });
      await again.close();
    });

    it('is not touched by a sink that is older than it', async () => {
      const schema = database.newSchema();
      const sink = database.sink(schema);
      await sink.open();
      await sink.close();
      await database.query(`insert into ${schema}.recorder_schema values (99, 'of the future', 'native')`);
      await expect(database.sink(schema).open()).rejects.toMatchObject({ code: 'SCHEMA_NEWER' });
    });

    it.each([
      ['off', '2.17.2', 'native'],
      ['auto', undefined, 'native'],
      ['auto', '1.7.5', 'native'],
      ['auto', '2.17.2', 'timescale'],
    ] as const)(
      'is cut into days with timescale %s and TimescaleDB %s in the database: %s',
      (option, installed, expected) => {
        expect(choosePartitioning(option, { installed })).toBe(expected);
      },
    );
  });

  describe('partitions', () => {
    const TODAY = '20260102';

    async function partitionsOf(schema: string): Promise<Record<string, number>> {
      const rows = await database.query(
        `select relname as name from pg_class where relnamespace = $1::regnamespace and relispartition and relkind = 'r'
         and not relname like '%default' order by 1`,
        [schema],
      );
      const counts: Record<string, number> = {};
      for (const { name } of rows) {
        const [row] = await database.query(`select count(*)::int as rows from ${schema}.${String(name)}`);
        counts[String(name)] = row!['rows'] as number;
      }
      return counts;
    }

    it('are there for the days of the rows and the days ahead, of tables that have rows', async () => {
      const schema = database.newSchema();
      const sink = database.sink(schema, { partitionsAhead: 2 });
      await sink.open();
      const yesterday = { payload: aggTrade(1, { T: NOON_MS - DAY_US / 1000 }) };
      await sink.append(batchOf(yesterday, { payload: aggTrade(2) }, { payload: aggTrade(3) }), 1);
      await sink.commit();
      expect(sink.stats().strays).toBe(0);
      const expected = {
        agg_trades_p20260101: 1,
        agg_trades_p20260102: 2,
        agg_trades_p20260103: 0,
        agg_trades_p20260104: 0,
      };
      expect(await partitionsOf(schema)).toEqual(expected);
      await sink.close();
      const again = database.sink(schema, { partitionsAhead: 2 });
      await again.open();
      await again.append(
        batchOf({ stream: 'BTCUSDT@bookTicker', payload: bookTicker(1), receivedAtUs: NOON_US + DAY_US }),
        2,
      );
      await again.commit();
      expect(await partitionsOf(schema)).toMatchObject({
        ...expected,
        book_tickers_p20260103: 1,
        book_tickers_p20260105: 0,
      });
      await again.close();
    });

    it('are not made for a time that is far from the receipt: such rows go to the default partition and are counted', async () => {
      const schema = database.newSchema();
      const sink = database.sink(schema);
      await sink.open();
      const records = [0, NOON_MS * 3, NOON_MS].map((T, id) => ({ payload: aggTrade(id, { T }) }));
      await sink.append(batchOf(...records), 1);
      await sink.commit();
      expect(sink.stats()).toMatchObject({ rows: 3, rejected: 0, strays: 2 });
      await sink.close();
      expect(await partitionsOf(schema)).toEqual({ agg_trades_p20260102: 1, agg_trades_p20260103: 0 });
      const [row] = await database.query(`select count(*)::int as rows from ${schema}.agg_trades_default`);
      expect(row).toEqual({ rows: 2 });
    });

    it('that cannot be made, because a reader holds the table, stop nothing; and are made when they can be', async () => {
      const schema = database.newSchema();
      let nowMs = 0;
      const sink = database.sink(schema, { clock: () => nowMs });
      await sink.open();
      await database.query('begin');
      await database.query(`select count(*) from ${schema}.agg_trades`);
      await sink.append(trades(1), 1);
      await sink.commit();
      expect(sink.stats().strays).toBe(1);
      await database.query('rollback');
      await database.query(`delete from ${schema}.agg_trades_default`);
      nowMs = 10 * 60_000;
      await sink.append(trades(2), 2);
      await sink.commit();
      expect(sink.stats().strays).toBe(1);
      expect(await partitionsOf(schema)).toMatchObject({ [`agg_trades_p${TODAY}`]: 1 });
      await sink.close();
    });
  });
});

describe('options of the PostgreSQL sink', () => {
  it.each<[string, PostgresSinkOptions]>([
    ['no schema', { schema: '' }],
    ['a schema with NUL', { schema: 'a\0b' }],
    ['a schema of 64 bytes', { schema: 'é'.repeat(32) }],
    ['a cursor without a name', { cursor: '' }],
    ['half a partition', { partitionsAhead: 0.5 }],
    ['a year of partitions', { partitionsAhead: 365 }],
  ])('are refused: %s', (_what, options) => {
    expect(() => new PostgresSink(options)).toThrow(PostgresSinkError);
  });

  it.each(['secret word', 'http://user:secret@host/db', 'postgres://user:secret@:x'])(
    'are refused without telling the password: %s',
    async (url) => {
      const error = await new PostgresSink({ url }).open().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PostgresSinkError);
      expect(error).toMatchObject({ code: 'OPTIONS_INVALID', isPassing: false });
      expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('secret');
      expect((error as Error).cause).toBeUndefined();
    },
  );
});
