import { InfluxError } from '@org/storage-influx';
import { fakeInflux } from './fake-influx.ts';
import {
  aggTrade,
  batchOf,
  countPoints,
  describeWithInflux,
  frame,
  influxServer,
  NOON_MS,
  query,
  sinkOf,
  type TestRecord,
  withSink,
  writeAsOther,
} from './influx-server.ts';

const bookTicker = (u: number): TestRecord => ({
  stream: 'BTCUSDT@bookTicker',
  payload: frame({
    e: 'bookTicker',
    E: NOON_MS,
    T: NOON_MS,
    u,
    s: 'BTCUSDT',
    b: '1',
    B: '2',
    a: '3',
    A: '4',
  }),
});

/** Records of two streams by turns. */
const mixed = (count: number): TestRecord[] =>
  Array.from({ length: count }, (_, index) => [aggTrade(index + 1), bookTicker(index + 1)]).flat();

describeWithInflux('points that the server refuses', () => {
  const server = influxServer();

  it('are rejected, counted and told, and all others are stored', async () => {
    const rejections: { stream: string; problem: string }[] = [];
    const events = {
      rejected: (rejection: { stream: string; problem: string }) => rejections.push(rejection),
    };
    await withSink(
      server(),
      async (sink, database) => {
        // Somebody has decided that a price is a whole number.
        await writeAsOther(server(), database, `aggtrade,symbol=OTHER price=1i ${NOON_MS}000000`);
        await sink.append(batchOf(...mixed(500)), 10);
        expect(await sink.commit('state')).toBe(10);
        expect(await countPoints(server(), database, 'bookticker')).toBe(500);
        expect(await countPoints(server(), database, 'aggtrade')).toBe(0);
        expect(sink.stats()).toMatchObject({ records: 1000, rows: 500, rejected: 500, refused: 500 });
      },
      { events },
    );
    expect(rejections).toHaveLength(500);
    expect(new Set(rejections.map(({ stream }) => stream))).toEqual(new Set(['BTCUSDT@aggTrade']));
    expect(rejections[0]?.problem).toContain('field type conflict');
  });

  it('are found one by one where they stand among good ones of their measurement', async () => {
    await withSink(server(), async (sink, database) => {
      await query(server(), database, 'SHOW MEASUREMENTS');
      await writeAsOther(server(), database, `aggtrade,symbol=OTHER normal_quantity=1i ${NOON_MS}000000`);
      const records = Array.from({ length: 300 }, (_, index) =>
        aggTrade(index + 1, [7, 8, 250].includes(index) ? { nq: '0.5' } : {}),
      );
      await sink.append(batchOf(...records), 10);
      expect(sink.stats()).toMatchObject({ rows: 297, rejected: 3, refused: 3 });
      expect(await countPoints(server(), database, 'aggtrade')).toBe(297);
    });
  });

  it('are those older than the retention policy allows', async () => {
    await withSink(server(), async (first, database) => {
      await query(
        server(),
        database,
        `CREATE RETENTION POLICY "day" ON "${database}" DURATION 1d REPLICATION 1`,
      );
      const target = { database, retentionPolicy: 'day' };
      const sink = sinkOf(server(), database, { target });
      expect((await sink.open()).isPositionLost).toBe(false);
      await sink.append(
        batchOf(aggTrade(1, { T: Date.now() }), aggTrade(2, { T: Date.now() - 2 * 86_400_000 })),
        10,
      );
      expect(sink.stats()).toMatchObject({ rows: 1, rejected: 1, refused: 1 });
      await sink.commit('kept');
      await sink.close();
      expect(await sink.open()).toMatchObject({ position: 10, state: 'kept' });
      await sink.close();
      expect(await first.commit()).toBe(0);
    });
  });
});

describeWithInflux('a server that takes small requests only', () => {
  const server = influxServer({ settings: { http: 'max-body-size = 50000' } });

  it('gets small ones', async () => {
    await withSink(server(), async (sink, database) => {
      await sink.append(batchOf(...mixed(5000)), 1);
      expect(sink.stats()).toMatchObject({ rows: 10_000, refused: 0 });
      expect(await countPoints(server(), database, 'aggtrade')).toBe(5000);
    });
  });
});

describe('a request that the server refuses', () => {
  const fake = fakeInflux();

  it.each([
    [401, 'ACCESS_DENIED'],
    [403, 'ACCESS_DENIED'],
    [404, 'STORE_MISSING'],
    [400, 'REQUEST_REFUSED'],
    [302, 'REQUEST_REFUSED'],
  ])('with status %i is an error of its own, and rejects no record', async (status, code) => {
    const sink = sinkOf(fake() as never, 'test');
    await sink.open();
    fake().onWrite = () => ({ status, body: JSON.stringify({ error: 'so it is' }) });
    const error = await sink.append(batchOf(...mixed(2)), 1).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InfluxError);
    expect(error).toMatchObject({ code, status, isPassing: false });
    expect((error as Error).message).toContain('so it is');
    expect(sink.stats()).toMatchObject({ records: 0, rows: 0, rejected: 0 });
    await sink.close();
  });

  it('as too large is written in parts', async () => {
    const sink = sinkOf(fake() as never, 'test');
    await sink.open();
    fake().onWrite = ({ body }) => ({ status: body.length > 2000 ? 413 : 204 });
    await sink.append(batchOf(...mixed(50)), 1);
    expect(sink.stats()).toMatchObject({ rows: 100, rejected: 0 });
    await sink.close();
  });

  it('is cut between lines before it is too large', async () => {
    const sink = sinkOf(fake() as never, 'test', { requestBytesMax: 64 * 1024, requestsMax: 3 });
    await sink.open();
    const before = fake().requests.length;
    await sink.append(batchOf(...mixed(1000)), 1);
    const writes = fake().requests.slice(before);
    expect(writes.length).toBeGreaterThan(3);
    for (const { body } of writes) {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(64 * 1024);
      expect(body.endsWith('\n')).toBe(true);
    }
    expect(new Set(fake().lines).size).toBe(2000);
    await sink.close();
  });

  it('in part is told with the streams of the lines that were refused', async () => {
    const streams: string[] = [];
    const events = { rejected: ({ stream }: { stream: string }) => streams.push(stream) };
    const sink = sinkOf(fake() as never, 'test', { events, requestBytesMax: 64 * 1024 });
    await sink.open();
    const isRefused = (line: string) => line.includes(',update_id=990i,');
    fake().onWrite = ({ body }) => {
      const dropped = body.split('\n').filter(isRefused).length;
      return dropped === 0
        ? { status: 204 }
        : { status: 400, body: `{"error":"partial write: dropped=${dropped}"}` };
    };
    const ids = Array.from({ length: 1000 }, (_, index) => index + 1);
    await sink.append(batchOf(...ids.map((id) => aggTrade(id)), ...ids.map(bookTicker)), 1);
    expect(streams).toEqual(['BTCUSDT@bookTicker']);
    expect(sink.stats()).toMatchObject({ rows: 1999, rejected: 1, refused: 1 });
    await sink.close();
  });

  it('for the cursor’s own points fails the commit', async () => {
    const sink = sinkOf(fake() as never, 'test');
    await sink.open();
    fake().onWrite = () => ({ status: 400, body: '{"error":"partial write: max-series dropped=1"}' });
    await expect(sink.commit('state')).rejects.toMatchObject({ code: 'REQUEST_REFUSED' });
    await sink.close();
  });
});
