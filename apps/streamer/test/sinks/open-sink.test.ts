import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadConfig, type StreamerConfig } from '@org/config';
import { influxOptions, natsOptions, openSink, postgresOptions } from '../../src/sinks/open-sink.ts';
import { isInstalled, withLibraries } from '../../src/sinks/sink-library.ts';

const folder = mkdtempSync(join(tmpdir(), 'open-sink-'));
afterAll(() => rmSync(folder, { recursive: true }));

const configOf = (storage: object): StreamerConfig =>
  loadConfig({ text: JSON.stringify({ symbols: { pairs: ['BTCUSDT'] }, storage }) });

function secretFile(text: string): string {
  const file = join(folder, 'secret');
  writeFileSync(file, text);
  return file;
}

describe('a format whose package is not installed', () => {
  const config = configOf({ formats: ['csv', 'postgres', 'influx', 'nats', 'parquet'] });

  it('is refused with exit code 78 and the name of the package', () => {
    let thrown: unknown;
    try {
      withLibraries(config, (library) => library !== '@org/storage-influx');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ exitCode: 78 });
    expect((thrown as Error).message).toMatch(
      /storage\.formats: .*influx without @org\/storage-influx: .*npm install/,
    );
  });

  it('is no fault where nobody asks for it', () => {
    expect(withLibraries(config, () => true)).toBe(config);
    const files = configOf({ formats: ['csv', 'parquet'] });
    expect(withLibraries(files, () => false)).toBe(files);
  });

  it('is found out by looking for it from where the program is', () => {
    const entry = resolve('apps/streamer/dist/main.js');
    expect(isInstalled('@org/storage-csv', entry)).toBe(true);
    expect(isInstalled('@org/storage-abacus', entry)).toBe(false);
  });
});

describe('what a sink is made with', () => {
  it('has the password of the file in the address, whatever characters it is made of', async () => {
    const { postgres } = configOf({
      postgres: {
        url: 'postgresql://me@db:5433/md',
        password_file: secretFile('p@ss/%41:ü\n'),
        levels: 'rows',
      },
    }).storage;
    const options = (await postgresOptions(postgres)) as { url: string };
    expect(options).toMatchObject({
      schema: 'market_data',
      levels: 'rows',
      timescale: 'auto',
      partitionsAhead: 2,
    });
    const { username, password, host } = new URL(options.url);
    expect([username, decodeURIComponent(password), host]).toEqual(['me', 'p@ss/%41:ü', 'db:5433']);
    expect(options).not.toHaveProperty('passwordFile');
  });

  it('has the token of the file before the one of the configuration', async () => {
    const v2 = { api: 'v2', org: 'me', token: 'one', token_file: secretFile('two\r\n') };
    const { influx } = configOf({ influx: v2 }).storage;
    expect(await influxOptions(influx)).toEqual({
      url: 'http://127.0.0.1:8086', target: { api: 'v2', org: 'me', bucket: 'market_data', token: 'two' }, bookLevels: 10,
    }); // prettier-ignore
    expect(await influxOptions({ ...influx, tokenFile: '' })).toMatchObject({ target: { token: 'one' } });
    expect(await influxOptions({ ...influx, api: 'v1', database: 'md' })).toMatchObject({
      target: { database: 'md' },
    });
  });

  it('has the user of a v1 server, with the password of the file before the one of the configuration', async () => {
    const { influx } = configOf({
      influx: { database: 'md', username: 'me', password: 'one', password_file: secretFile('t:wö \n') },
    }).storage;
    expect(await influxOptions(influx)).toMatchObject({
      target: { database: 'md', username: 'me', password: 't:wö ' },
    });
    expect((await influxOptions({ ...influx, passwordFile: '' })).target).toMatchObject({ password: 'one' });
    expect((await influxOptions({ ...influx, username: '' })).target).toEqual({ database: 'md' });
    expect((await influxOptions({ ...influx, api: 'v2' })).target).not.toHaveProperty('password');
  });

  it('has the stream of the configuration, and makes one with its copies and size', async () => {
    const { storage } = configOf({
      nats: { stream: 'md', replicas: 3, stream_size: '64MiB', discard: 'new' },
    });
    expect(natsOptions(storage.nats)).toMatchObject({
      name: 'md', replicas: 3, streamBytesMax: 2 ** 26, discard: 'new', patienceMs: 1000,
    }); // prettier-ignore
    const nats = { ...storage.nats, servers: ['nats://127.0.0.1:1'] };
    const sink = await openSink('nats', { ...storage, nats }, {});
    expect(sink.name).toBe('nats');
    await expect(sink.open()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE', isPassing: true });
    await sink.close();
    const withoutFile = { ...nats, credentialsFile: join(folder, 'none') };
    await expect(openSink('nats', { ...storage, nats: withoutFile }, {})).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('is missing when the file of the secret is', async () => {
    const { postgres } = configOf({ postgres: { password_file: join(folder, 'none') } }).storage;
    await expect(postgresOptions(postgres)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
