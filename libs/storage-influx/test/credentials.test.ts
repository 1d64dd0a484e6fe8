import type { InfluxError, InfluxV1Target } from '@org/storage-influx';
import { InfluxSink } from '@org/storage-influx';
import { describeWithInflux, influxServer } from './influx-server.ts';

const ADMIN = { username: 'root', password: 'r00t' };
/** What a password may be made of. */
const RECORDER = { username: 'rec', password: 'p ö:@/"%41' };

describeWithInflux('a server that asks who one is', () => {
  const server = influxServer({ settings: { http: 'auth-enabled = true' } });

  async function told(statement: string): Promise<void> {
    const { username, password } = ADMIN;
    const parameters = new URLSearchParams({ q: statement, u: username, p: password }).toString();
    const response = await fetch(`${server().url}/query?${parameters}`, { method: 'POST' });
    const text = await response.text();
    if (text.includes('error')) throw new Error(text);
  }

  const sinkAs = (target: Omit<InfluxV1Target, 'database'>): InfluxSink =>
    new InfluxSink({ url: server().url, target: { database: 'market', ...target } });

  beforeAll(async () => {
    await told(`CREATE USER root WITH PASSWORD 'r00t' WITH ALL PRIVILEGES`);
    await told(`CREATE USER rec WITH PASSWORD '${RECORDER.password}'`);
  });

  it.each([
    ['nobody', {}],
    ['a wrong password', { username: 'rec', password: 's3cret' }],
    ['a user without rights', RECORDER],
  ])('denies %s without a word of the secret', async (_, target) => {
    const error = (await sinkAs(target).open().catch((cause: unknown) => cause)) as InfluxError; // prettier-ignore
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', isPassing: false });
    expect(`${error.message} ${String(error.cause)} ${error.stack}`).not.toMatch(/s3cret|p ö/);
  });

  it('makes the database for an administrator, and stores for a user who may write there', async () => {
    const admin = sinkAs(ADMIN);
    expect(await admin.open()).toMatchObject({ position: 0, isPositionLost: false });
    await admin.close();
    await told('GRANT ALL ON market TO rec');
    const sink = sinkAs(RECORDER);
    await sink.open();
    await sink.commit('state');
    await sink.close();
    const again = sinkAs(RECORDER);
    expect(await again.open()).toMatchObject({ position: 0, state: 'state' });
    await again.close();
  });
});
