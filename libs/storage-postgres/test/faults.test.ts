import { PostgresSink } from '@org/storage-postgres';
import { CuttingProxy, type Cut } from './cutting-proxy.ts';
import { persistently, storedIds, surviveRandomFaults, terminateSessions } from './random-faults.ts';
import { trades } from './records.ts';
import { describeWithServer, serverForAll } from './server.ts';

async function codeOf(call: Promise<unknown>): Promise<{ code: unknown; isPassing: unknown }> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { code, isPassing } = (error ?? {}) as { code?: unknown; isPassing?: unknown };
  return { code, isPassing };
}

describeWithServer('a PostgreSQL sink under faults', () => {
  const database = serverForAll();

  const idsIn = (schema: string) => storedIds(database, schema);
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  it('stores every row once while its session is ended and the server is killed at random', async () => {
    await surviveRandomFaults(database, 3);
  });

  it.each([
    ['before the server had it', 'before'],
    ['after the server had done it', 'after'],
    ['and nobody answers, while the old session lives', 'never-answers'],
  ] as const)('finds out what became of a commit whose connection was lost %s', async (_when, cut: Cut) => {
    const proxy = new CuttingProxy(database.server.port);
    const url = `postgres://postgres@127.0.0.1:${await proxy.listen()}/postgres`;
    const schema = database.newSchema();
    const sink = new PostgresSink({ url, schema, statementTimeoutMs: 300 });
    try {
      await persistently(() => sink.open());
      await sink.append(trades(1), 10);
      await sink.commit('ten');
      await sink.append(trades(2, 3), 20);
      proxy.cut = cut;
      expect(await codeOf(sink.commit('twenty'))).toEqual({ code: 'CONNECTION_LOST', isPassing: true });
      // The caller may also go on appending before it asks again.
      await persistently(() => sink.append(trades(4), 30));
      expect(await persistently(() => sink.commit('thirty'))).toBe(30);
      expect(sink.stats()).toMatchObject({ rows: 4, duplicates: 0 });
    } finally {
      await sink.close();
      await proxy.close();
    }
    expect(await idsIn(schema)).toEqual([1, 2, 3, 4]);
    const again = database.sink(schema);
    expect(await again.open()).toMatchObject({ position: 30, state: 'thirty' });
    await again.close();
  });

  it('waits for a server that is down, and opens when it is up', async () => {
    const schema = database.newSchema();
    const sink = database.sink(schema);
    await database.server.kill();
    expect(await codeOf(sink.open())).toEqual({ code: 'SERVER_UNAVAILABLE', isPassing: true });
    await database.server.restart();
    expect(await persistently(() => sink.open())).toMatchObject({ position: 0 });
    await sink.append(trades(1), 1);
    await database.server.kill();
    expect(await codeOf(sink.commit())).toMatchObject({ isPassing: true });
    expect(await codeOf(sink.commit())).toEqual({ code: 'SERVER_UNAVAILABLE', isPassing: true });
    await database.server.restart();
    expect(await persistently(() => sink.commit())).toBe(1);
    await sink.close();
    expect(await idsIn(schema)).toEqual([1]);
  });

  it.each([
    ['a full disk', "raise exception 'no room' using errcode = '53100'", 'DISK_FULL'],
    ['a server that takes too long', 'perform pg_sleep(20)', 'SERVER_BUSY'],
    ['a deadlock', "raise exception 'deadlock' using errcode = '40P01'", 'SERVER_BUSY'],
  ])('keeps rows through %s, and stores them once when it is over', async (_what, statement, code) => {
    const schema = database.newSchema();
    const sink = database.sink(schema, { statementTimeoutMs: 300 });
    await sink.open();
    await database.query(
      `create function ${schema}.fail() returns trigger language plpgsql as $$ begin ${statement}; return new; end $$;
       create trigger fail before update or insert on ${schema}.recorder_cursor execute function ${schema}.fail()`,
    );
    await sink.append(trades(1, 2), 1);
    expect(await codeOf(sink.commit())).toEqual({ code, isPassing: true });
    await sink.append(trades(3), 2);
    await database.query(`drop trigger fail on ${schema}.recorder_cursor`);
    expect(await persistently(() => sink.commit())).toBe(2);
    await sink.close();
    expect(await idsIn(schema)).toEqual([1, 2, 3]);
  });

  it('sends rows early when many wait for their commit, and says so when these are lost with the session', async () => {
    const schema = database.newSchema();
    const sink = database.sink(schema, { uncommittedBytesMax: 1000 });
    await sink.open();
    for (let position = 1; position <= 20; position++) await sink.append(trades(position), position);
    expect(sink.stats().uncommittedBytes).toBeLessThan(1500);
    expect(await sink.commit()).toBe(20);
    for (let position = 21; position <= 40; position++) await sink.append(trades(position), position);
    await terminateSessions(database);
    const lost = { code: 'UNCOMMITTED_LOST', isPassing: false };
    expect(await codeOf(persistently(() => sink.commit()))).toEqual(lost);
    expect(await codeOf(sink.append(trades(41), 41))).toEqual(lost);
    await sink.close();
    expect(await idsIn(schema)).toEqual(upTo(20));
    expect(await persistently(() => sink.open())).toMatchObject({ position: 20 });
    await sink.append(trades(...upTo(40).slice(20)), 40);
    expect(await sink.commit()).toBe(40);
    await sink.close();
    expect(await idsIn(schema)).toEqual(upTo(40));
  });
});
