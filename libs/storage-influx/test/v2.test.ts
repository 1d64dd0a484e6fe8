import { InfluxSink, type InfluxSinkOptions } from '@org/storage-influx';
import { fakeInflux } from './fake-influx.ts';
import { aggTrade, batchOf } from './influx-server.ts';

const fake = fakeInflux();

function newSink(options: Partial<InfluxSinkOptions> = {}): InfluxSink {
  const target = { api: 'v2', org: 'my org', bucket: 'market', token: 'a-token' } as const;
  return new InfluxSink({ url: `${fake().url}/behind/a/proxy/`, target, ...options });
}

describe('the second API', () => {
  it('writes to the bucket with a token, and reads its cursor through InfluxQL', async () => {
    const sink = newSink();
    expect(await sink.open()).toMatchObject({ position: 0, isPositionLost: false });
    await sink.append(batchOf(aggTrade(1)), 5);
    expect(await sink.commit('state')).toBe(5);
    await sink.close();
    const writes = '/behind/a/proxy/api/v2/write?org=my+org&bucket=market&precision=ns';
    expect(new Set(fake().requests.map(({ path }) => path))).toEqual(
      new Set([writes, '/behind/a/proxy/query?db=market&epoch=ns']),
    );
    for (const { method, headers } of fake().requests) {
      expect(method).toBe('POST');
      expect(headers.authorization).toBe('Token a-token');
    }
    expect(fake().lines).toHaveLength(1);
  });

  it('keeps its connections', async () => {
    const sink = newSink();
    await sink.open();
    for (let position = 1; position <= 5; position++)
      await sink.append(batchOf(aggTrade(position)), position);
    await sink.close();
    expect(new Set(fake().requests.map(({ headers }) => headers.connection))).toEqual(
      new Set(['keep-alive']),
    );
    expect(fake().connections).toBe(1);
  });

  it('takes up what its last commit said', async () => {
    const sink = newSink();
    await sink.open();
    await sink.append(batchOf(aggTrade(1)), 5);
    await sink.commit('state');
    await sink.close();
    const again = newSink();
    expect(await again.open()).toEqual({
      position: 5,
      state: 'state',
      isPositionLost: false,
      repairs: [],
    });
    await again.close();
  });

  it('compresses lines, if asked, and no queries', async () => {
    const sink = newSink({ gzip: true });
    await sink.open();
    await sink.append(batchOf(aggTrade(1)), 1);
    await sink.close();
    expect(fake().lines).toHaveLength(1);
    for (const { path, headers } of fake().requests)
      expect(headers['content-encoding']).toBe(path.includes('write') ? 'gzip' : undefined);
  });

  it('makes no bucket', async () => {
    fake().onQuery = () => ({ status: 404, body: '{"code":"not found","message":"bucket not found"}' });
    await expect(newSink().open()).rejects.toMatchObject({ code: 'STORE_MISSING', isPassing: false });
    expect(fake().requests).toHaveLength(1);
  });

  it('says so when it may write a bucket and not read it', async () => {
    fake().onQuery = () => ({ status: 200, body: '{"results":[{"statement_id":0}]}' });
    await expect(newSink().open()).rejects.toMatchObject({ code: 'CURSOR_UNREADABLE', isPassing: false });
  });

  it('finds the lines of a 422 that the bucket does not take', async () => {
    const sink = newSink();
    await sink.open();
    const message = 'failure writing points to database: partial write: field type conflict dropped=1';
    fake().onWrite = ({ body }) =>
      body.includes('agg_trade_id=3i') ? { status: 422, body: JSON.stringify({ message }) } : { status: 204 };
    await sink.append(batchOf(...[1, 2, 3, 4].map((id) => aggTrade(id))), 1);
    expect(sink.stats()).toMatchObject({ rows: 3, rejected: 1, refused: 1 });
    await sink.close();
  });
});
