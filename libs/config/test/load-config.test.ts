import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, environmentName, flagOverrides, loadConfig, readFileHead } from '@org/config';
import type { LoadConfigOptions, ReadFileHead } from '@org/config';
import { defaults } from './defaults.ts';

const pairs = 'symbols: {pairs: [BTCUSDT]}\n';

function failure(options: LoadConfigOptions): ConfigError {
  try {
    loadConfig(options);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

describe('values', () => {
  it('has a default for every key but the pairs', () => {
    expect(loadConfig({ text: pairs })).toEqual(defaults);
  });

  it('takes every key from the file', () => {
    const text = `
general: { mode: timed, duration: 90m }
network:
  market: coinm
  rest_url: http://127.0.0.1:9001/
  ws_url: ws://[::1]:9001
  silence_timeout: 1m30s
  lifetime: 12h
  redundancy: 2
  reconnect: { initial_delay: 1s, max_delay: 1s, max_retries: 7 }
symbols: { pairs: [btcusdt, 币安人生USDT], streams: [kline_1m, kline_5m, bookTicker], per_worker: 4 }
storage:
  output_dir: /srv/data
  formats: [csv, parquet, influx, nats, postgres]
  rotation: hourly
  compression: none
  retention: 720h
  free_space: { warn: 12.5%, compress: 4GiB, shed: 0, stop: auto }
  sink_backlog: 64MiB
  postgres:
    { url: "postgres://me:s3cret@db.example/x", password_file: /run/secrets/pg, schema: md_2, levels: rows, timescale: off, partitions_ahead: 7 }
  influx:
    { url: "https://db.example", api: v2, database: md, username: me, password_file: /run/secrets/md, password: "p 5:w", org: Ours & Theirs, bucket: md/raw, token_file: /run/secrets/influx, token: "s3cret==", book_levels: 50 }
  nats: { servers: "tls://n1:4222, nats://n2", credentials_file: /run/secrets/nats, stream: md-1, replicas: 3, stream_size: 64MiB, discard: new }
performance: { queue_size: 131072, batch_size: "4096", flush_interval: 1s }
orderbook: { snapshot_interval: 500ms, snapshot_levels: 20 }
monitoring: { host: localhost, port: 0 }
logging: { level: debug, dir: /var/log/streamer, max_size: 1MiB, max_files: 3 }
cluster:
  role: writer
  name: tokyo
  node: w_1
  servers: nats://a:4222, tls://b.example.com:4222
  credentials_file: /etc/recorder.creds
  partitions: 4
  replicas: 3
  stream_size: 4GiB
  lease: 10s
  patience: 1m
  stop_timeout: 0s
`;
    expect(loadConfig({ text })).toEqual({
      general: { mode: 'timed', durationMs: 5_400_000, orphanTimeoutMs: 45_000 },
      network: {
        market: 'coinm',
        restUrl: 'http://127.0.0.1:9001',
        wsUrl: 'ws://[::1]:9001',
        silenceTimeoutMs: 90_000,
        lifetimeMs: 43_200_000,
        redundancy: 2,
        reconnect: { initialDelayMs: 1000, maxDelayMs: 1000, maxRetries: 7 },
      },
      symbols: {
        pairs: ['BTCUSDT', '币安人生USDT'],
        streams: ['kline_1m', 'kline_5m', 'bookTicker'],
        perWorker: 4,
      },
      storage: {
        outputDir: '/srv/data',
        formats: ['csv', 'parquet', 'influx', 'nats', 'postgres'],
        rotation: 'hourly',
        compression: 'none',
        retentionMs: 2_592_000_000,
        freeSpace: {
          warn: { percent: 12.5, bytes: Number.MAX_SAFE_INTEGER },
          compress: { percent: 100, bytes: 4 * 1024 ** 3 },
          shed: { percent: 100, bytes: 0 },
          stop: { percent: 1, bytes: 2 * 1024 ** 3 },
        },
        sinkBacklogBytes: 64 * 1024 ** 2,
        postgres: {
          url: 'postgres://me:s3cret@db.example/x',
          passwordFile: '/run/secrets/pg',
          schema: 'md_2',
          levels: 'rows',
          timescale: 'off',
          partitionsAhead: 7,
        },
        influx: {
          url: 'https://db.example',
          api: 'v2',
          database: 'md',
          username: 'me',
          passwordFile: '/run/secrets/md',
          password: 'p 5:w',
          org: 'Ours & Theirs',
          bucket: 'md/raw',
          tokenFile: '/run/secrets/influx',
          token: 's3cret==',
          bookLevels: 50,
        },
        nats: {
          servers: ['tls://n1:4222', 'nats://n2'],
          credentialsFile: '/run/secrets/nats',
          stream: 'md-1',
          replicas: 3,
          streamSizeBytes: 64 * 1024 ** 2,
          discard: 'new',
        },
      },
      performance: {
        queueSizeBytes: 131_072,
        spoolSizeBytes: 1_073_741_824,
        batchSizeBytes: 4096,
        flushIntervalMs: 1000,
      },
      orderbook: { snapshotIntervalMs: 500, snapshotLevels: 20 },
      monitoring: { host: 'localhost', port: 0 },
      logging: { level: 'debug', dir: '/var/log/streamer', maxSizeBytes: 1_048_576, maxFiles: 3 },
      cluster: {
        role: 'writer', name: 'tokyo', node: 'w_1', servers: ['nats://a:4222', 'tls://b.example.com:4222'],
        credentialsFile: '/etc/recorder.creds', partitions: 4, replicas: 3, streamSizeBytes: 4 * 1_073_741_824, leaseMs: 10_000,
        patienceMs: 60_000, stopTimeoutMs: 0,
      }, // prettier-ignore
    });
  });

  it.each([
    ['usdm', 'https://fapi.binance.com', 'wss://fstream.binance.com'],
    ['coinm', 'https://dapi.binance.com', 'wss://dstream.binance.com'],
    ['spot', 'https://api.binance.com', 'wss://stream.binance.com:9443'],
  ])('takes the hosts of %s where none are given', (market, restUrl, wsUrl) => {
    const { network } = loadConfig({ text: `${pairs}network: {market: ${market}}` });
    expect(network).toMatchObject({ restUrl, wsUrl });
  });

  it('keeps the address that is given and takes only the other from the market', () => {
    const text = `${pairs}network: {market: spot, ws_url: wss://data-stream.binance.vision}`;
    expect(loadConfig({ text }).network).toMatchObject({
      restUrl: 'https://api.binance.com',
      wsUrl: 'wss://data-stream.binance.vision',
    });
  });

  it.each([
    ['{max_delay: 100ms}', { initialDelayMs: 100, maxDelayMs: 100 }],
    ['{initial_delay: 1m}', { initialDelayMs: 60_000, maxDelayMs: 60_000 }],
    ['{initial_delay: 1s}', { initialDelayMs: 1000, maxDelayMs: 30_000 }],
  ])('moves the delay that is not given out of the way of the other: %s', (reconnect, delays) => {
    const { network } = loadConfig({ text: `${pairs}network: {reconnect: ${reconnect}}` });
    expect(network.reconnect).toMatchObject(delays);
  });

  it('makes the batch no larger than a queue that is smaller than its default', () => {
    const { performance } = loadConfig({ text: `${pairs}performance: {queue_size: 64KiB}` });
    expect(performance).toMatchObject({ queueSizeBytes: 65_536, batchSizeBytes: 65_536 });
  });

  it('takes a section without keys as its defaults', () => {
    const text = 'symbols:\n  pairs: [BTCUSDT]\ngeneral:\nnetwork:\n  reconnect:\nlogging: {}\n';
    expect(loadConfig({ text })).toEqual(defaults);
  });

  it.each([
    'ws://localhost:1',
    'ws://127.0.0.1',
    'ws://127.9.8.7:65535',
    'ws://[::1]:80',
    'ws://127.1',
    'WS://LOCALHOST',
  ])('accepts %s without TLS, which is this machine', (url) =>
    expect(loadConfig({ text: `${pairs}network: {ws_url: "${url}"}` }).network.wsUrl).toBe(url),
  );

  it('is frozen to its depth', () => {
    const open: string[] = [];
    const visit = (value: unknown, name: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) open.push(name);
      for (const [key, part] of Object.entries(value)) visit(part, `${name}.${key}`);
    };
    visit(loadConfig({ text: pairs }), 'config');
    expect(open).toEqual([]);
  });

  it('does not hand the same lists to two callers', () => {
    expect(loadConfig({ text: pairs }).symbols.streams).not.toBe(loadConfig({ text: pairs }).symbols.streams);
  });
});

describe('precedence', () => {
  const file = {
    text: 'symbols: {pairs: [FILEUSDT]}\nstorage: {output_dir: file}\nnetwork: {lifetime: 1h}\n',
  };
  const environment = {
    STREAMER__SYMBOLS__PAIRS: 'ENVUSDT',
    STREAMER__STORAGE__OUTPUT_DIR: 'env',
    STREAMER__NETWORK__RECONNECT__INITIAL_DELAY: '2s',
    PATH: '/bin',
    STREAMER_STORAGE: 'not ours',
    STREAMER__LOGGING__LEVEL: undefined,
    STREAMER__UNKNOWN: undefined,
  };

  it('takes flags over the environment over the file over the defaults', () => {
    const config = loadConfig({ ...file, environment, overrides: flagOverrides({ symbols: 'FLAGUSDT' }) });
    expect(config.symbols.pairs).toEqual(['FLAGUSDT']);
    expect(config.storage.outputDir).toBe('env');
    expect(config.network.lifetimeMs).toBe(3_600_000);
    expect(config.network.reconnect.initialDelayMs).toBe(2000);
    expect(config.logging.level).toBe('info');
  });

  it('reads no environment that it is not given', () => {
    process.env['STREAMER__STORAGE__OUTPUT_DIR'] = 'ambient';
    try {
      expect(loadConfig(file).storage.outputDir).toBe('file');
    } finally {
      delete process.env['STREAMER__STORAGE__OUTPUT_DIR'];
    }
  });

  it('takes the last of two overrides of one key', () => {
    const overrides = [
      { path: 'monitoring.port', value: 1, source: 'first' },
      { path: 'monitoring.port', value: '2', source: 'second' },
    ];
    expect(loadConfig({ text: pairs, overrides }).monitoring.port).toBe(2);
  });

  it('makes the recording a timed one for --duration', () => {
    const overrides = flagOverrides({ duration: '90s', outputDir: 'D', symbols: 'a,b' });
    const config = loadConfig({ text: '', overrides });
    expect(config.general).toEqual({ mode: 'timed', durationMs: 90_000, orphanTimeoutMs: 45_000 });
    expect(config.storage.outputDir).toBe('D');
    expect(config.symbols.pairs).toEqual(['A', 'B']);
  });

  it.each(['BTCUSDT,ETHUSDT', ' BTCUSDT , ethusdt ', '[BTCUSDT, ETHUSDT]', `["BTCUSDT",'ETHUSDT']`])(
    'reads the list %j from a variable',
    (list) => {
      const config = loadConfig({ text: '', environment: { STREAMER__SYMBOLS__PAIRS: list } });
      expect(config.symbols.pairs).toEqual(['BTCUSDT', 'ETHUSDT']);
    },
  );

  it.each([
    ['symbols.per_worker', '3', 3],
    ['symbols.per_worker', 'auto', 'auto'],
  ])('reads %s=%s from a variable', (key, value, read) => {
    const config = loadConfig({ text: pairs, environment: { [environmentName(key)]: value } });
    expect(config.symbols.perWorker).toBe(read);
  });

  it('reads bytes and numbers from variables', () => {
    const environment = { STREAMER__PERFORMANCE__QUEUE_SIZE: '1048576', STREAMER__MONITORING__PORT: ' 0 ' };
    const config = loadConfig({ text: pairs, environment });
    expect(config.performance.queueSizeBytes).toBe(1_048_576);
    expect(config.monitoring.port).toBe(0);
  });

  it('fills a section that the file leaves empty', () => {
    const config = loadConfig({ text: 'symbols:\n', environment: { STREAMER__SYMBOLS__PAIRS: 'BTCUSDT' } });
    expect(config.symbols.pairs).toEqual(['BTCUSDT']);
  });
});

describe('the file', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'config-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is read from its path', () => {
    const file = path.join(folder, 'bom.yaml');
    writeFileSync(file, `\uFEFF${pairs}`);
    expect(loadConfig({ path: file })).toEqual(defaults);
  });

  it('is missing where it was named and is not there, whatever else gives the symbols', () => {
    const file = path.join(folder, 'none.yaml');
    const error = failure({ path: file, overrides: flagOverrides({ symbols: 'A', duration: 'soon' }) });
    expect(error.code).toBe('CONFIG_MISSING');
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
    expect(error.message.split('\n')).toEqual([
      `${file}: expected a configuration file (or symbols from --symbols or STREAMER__SYMBOLS__PAIRS), was missing`,
      '--duration: general.duration: expected a duration like 500ms, 30s, 5m or 24h, was "soon"',
    ]);
  });

  it('may be missing where it was not asked for and the symbols are given', () => {
    const options = { path: path.join(folder, 'none.yaml'), required: false };
    expect(loadConfig({ ...options, overrides: flagOverrides({ symbols: 'BTCUSDT' }) })).toEqual(defaults);
    expect(loadConfig({ ...options, environment: { STREAMER__SYMBOLS__PAIRS: 'BTCUSDT' } })).toEqual(
      defaults,
    );
    expect(failure(options).code).toBe('CONFIG_MISSING');
  });

  it('is config.yaml by default, and then may be missing', () => {
    const asked: string[] = [];
    const readFile = (file: string): Uint8Array => {
      asked.push(file);
      throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    };
    expect(loadConfig({ readFile, overrides: flagOverrides({ symbols: 'BTCUSDT' }) })).toEqual(defaults);
    expect(failure({ readFile, required: true }).code).toBe('CONFIG_MISSING');
    expect(asked).toEqual(['config.yaml', 'config.yaml']);
  });

  it('is unreadable where it is a folder', () => {
    const file = path.join(folder, 'folder.yaml');
    mkdirSync(file);
    const error = failure({ path: file });
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.message).toBe(`${file}: expected a file that can be read, was EISDIR`);
  });

  it('is unreadable where it is not UTF-8', () => {
    const error = failure({ path: 'c.yaml', readFile: () => Uint8Array.of(0x61, 0xff) });
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.message).toBe('c.yaml: expected UTF-8 text, was something else');
  });

  it('is unreadable from 256 KiB and a byte on, and is read no further', () => {
    const file = path.join(folder, 'large.yaml');
    writeFileSync(file, pairs + '#'.repeat(256 * 1024 - pairs.length));
    expect(loadConfig({ path: file })).toEqual(defaults);
    writeFileSync(file, pairs + '#'.repeat(257 * 1024 - pairs.length));
    const error = failure({ path: file });
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.message).toBe(`${file}: expected at most 262144 bytes, was larger`);
    if (process.platform === 'linux') expect(failure({ path: '/dev/zero' }).code).toBe('CONFIG_UNREADABLE');
  });

  // A named pipe hands over its contents in pieces, as a shell does for `--config <(command)`.
  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('is read to its end from a pipe', async () => {
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', `(printf '%s' "$TEXT"; yes '#' | head -c 200000) > "$PIPE"`], {
      env: { ...process.env, PIPE: pipe, TEXT: pairs },
    });
    const ended = once(writer, 'exit');
    let length = 0;
    const readFile: ReadFileHead = (file, bytesMax) => {
      const bytes = readFileHead(file, bytesMax);
      length = bytes.length;
      return bytes;
    };
    expect(loadConfig({ path: pipe, readFile })).toEqual(defaults);
    expect(length).toBe(pairs.length + 200_000);
    await ended;
  });

  it('counts the size of given text in bytes as well', () => {
    expect(failure({ text: `${pairs}#${'币'.repeat(90_000)}` }).code).toBe('CONFIG_UNREADABLE');
  });
});
