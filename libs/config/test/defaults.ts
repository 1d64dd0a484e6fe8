import type { StreamerConfig } from '@org/config';

/** What the configuration is where nothing but the pairs is given. */
export const defaults: StreamerConfig = {
  general: { mode: 'continuous', durationMs: 86_400_000, orphanTimeoutMs: 45_000 },
  network: {
    market: 'usdm',
    restUrl: 'https://fapi.binance.com',
    wsUrl: 'wss://fstream.binance.com',
    silenceTimeoutMs: 30_000,
    lifetimeMs: 84_600_000,
    redundancy: 1,
    reconnect: { initialDelayMs: 500, maxDelayMs: 30_000, maxRetries: 0 },
  },
  symbols: {
    pairs: ['BTCUSDT'],
    streams: ['aggTrade', 'depth@0ms', 'kline_1m'],
    perWorker: 'auto',
    universe: undefined,
  },
  storage: {
    outputDir: './data',
    formats: ['csv'],
    rotation: 'daily',
    compression: 'gzip',
    retentionMs: 0,
    freeSpace: {
      warn: { percent: 10, bytes: 20 * 1024 ** 3 },
      compress: { percent: 5, bytes: 10 * 1024 ** 3 },
      shed: { percent: 3, bytes: 5 * 1024 ** 3 },
      stop: { percent: 1, bytes: 2 * 1024 ** 3 },
    },
    sinkBacklogBytes: 8 * 1024 ** 3,
    postgres: {
      url: 'postgresql://127.0.0.1:5432/postgres',
      passwordFile: '',
      schema: 'market_data',
      levels: 'arrays',
      timescale: 'auto',
      partitionsAhead: 2,
    },
    influx: {
      url: 'http://127.0.0.1:8086', api: 'v1', database: 'market_data', username: '', passwordFile: '',
      password: '', org: '', bucket: 'market_data', tokenFile: '', token: '', bookLevels: 10,
    }, // prettier-ignore
    nats: {
      servers: ['nats://127.0.0.1:4222'], credentialsFile: '', stream: 'market_data', replicas: 1,
      streamSizeBytes: 4 * 1024 ** 3, discard: 'old',
    }, // prettier-ignore
  },
  performance: {
    queueSizeBytes: 67_108_864,
    spoolSizeBytes: 1_073_741_824,
    batchSizeBytes: 262_144,
    flushIntervalMs: 50,
  },
  orderbook: { snapshotIntervalMs: 60_000, snapshotLevels: 100 },
  monitoring: { host: '127.0.0.1', port: 8710 },
  logging: { level: 'info', dir: './logs', maxSizeBytes: 20_971_520, maxFiles: 10 },
  cluster: {
    role: 'all', name: 'recorder', node: '', servers: ['nats://127.0.0.1:4222'], credentialsFile: '', partitions: 16, replicas: 1,
    streamSizeBytes: 1_073_741_824, leaseMs: 5000, patienceMs: 60_000, stopTimeoutMs: 8000,
  }, // prettier-ignore
};
