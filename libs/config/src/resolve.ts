import type { Market } from '@org/market-data';
import { parseByteSize } from './byte-size.ts';
import { parseDuration } from './duration.ts';
import type { CheckedConfig } from './schema/sections.ts';
import { EVERY_SYMBOL } from './schema/name-list.ts';
import type {
  ClusterConfig,
  NetworkConfig,
  PerformanceConfig,
  ReconnectConfig,
  StorageConfig,
  StreamerConfig,
  SymbolsConfig,
} from './streamer-config.ts';

/**
 * Hosts of each product: developers.binance.com, derivatives and spot, "Websocket Market Streams" and "General Info",
 * seen 2026-11.
 */
const MARKET_HOSTS: Readonly<Record<Market, { readonly restUrl: string; readonly wsUrl: string }>> = {
  usdm: { restUrl: 'https://fapi.binance.com', wsUrl: 'wss://fstream.binance.com' },
  coinm: { restUrl: 'https://dapi.binance.com', wsUrl: 'wss://dstream.binance.com' },
  spot: { restUrl: 'https://api.binance.com', wsUrl: 'wss://stream.binance.com:9443' },
};

const INITIAL_DELAY_MS = parseDuration('500ms');
const MAX_DELAY_MS = parseDuration('30s');
const BATCH_SIZE_BYTES = parseByteSize('256KiB');

/** Checked values → the typed configuration: names with units, and the defaults that depend on other keys. */
export function resolveConfig(checked: CheckedConfig): StreamerConfig {
  const { general, symbols, storage, orderbook, monitoring, logging } = checked;
  return frozen({
    general: {
      mode: general.mode,
      durationMs: general.duration,
      orphanTimeoutMs: general.orphan_timeout,
    },
    network: resolveNetwork(checked.network),
    symbols: resolveSymbols(symbols),
    storage: resolveStorage(storage),
    performance: resolvePerformance(checked.performance),
    orderbook: { snapshotIntervalMs: orderbook.snapshot_interval, snapshotLevels: orderbook.snapshot_levels },
    monitoring: { host: monitoring.host, port: monitoring.port },
    logging: {
      level: logging.level,
      dir: logging.dir,
      maxSizeBytes: logging.max_size,
      maxFiles: logging.max_files,
    },
    cluster: resolveCluster(checked.cluster),
  });
}

function resolveStorage(storage: CheckedConfig['storage']): StorageConfig {
  const { postgres, influx, nats } = storage;
  return {
    outputDir: storage.output_dir,
    formats: storage.formats,
    rotation: storage.rotation,
    compression: storage.compression,
    retentionMs: storage.retention,
    freeSpace: storage.free_space,
    sinkBacklogBytes: storage.sink_backlog,
    postgres: {
      url: postgres.url,
      passwordFile: postgres.password_file,
      schema: postgres.schema,
      levels: postgres.levels,
      timescale: postgres.timescale,
      partitionsAhead: postgres.partitions_ahead,
    },
    influx: {
      url: influx.url,
      api: influx.api,
      database: influx.database,
      username: influx.username,
      passwordFile: influx.password_file,
      password: influx.password,
      org: influx.org,
      bucket: influx.bucket,
      tokenFile: influx.token_file,
      token: influx.token,
      bookLevels: influx.book_levels,
    },
    nats: {
      servers: serversIn(nats.servers),
      credentialsFile: nats.credentials_file,
      stream: nats.stream,
      replicas: nats.replicas,
      streamSizeBytes: nats.stream_size,
      discard: nats.discard,
    },
  };
}

function resolveCluster(cluster: CheckedConfig['cluster']): ClusterConfig {
  const { role, name, node, partitions, replicas } = cluster;
  return {
    role,
    name,
    node,
    servers: serversIn(cluster.servers),
    credentialsFile: cluster.credentials_file,
    partitions,
    replicas,
    streamSizeBytes: cluster.stream_size,
    leaseMs: cluster.lease,
    patienceMs: cluster.patience,
    stopTimeoutMs: cluster.stop_timeout,
  };
}

function serversIn(text: string): readonly string[] {
  return text.split(',').map((server) => server.trim());
}

function resolveSymbols(symbols: CheckedConfig['symbols']): SymbolsConfig {
  const common = { streams: symbols.streams, perWorker: symbols.per_worker };
  if (!symbols.pairs.includes(EVERY_SYMBOL)) return { ...common, pairs: symbols.pairs, universe: undefined };
  const universe = {
    quotes: symbols.quote,
    contracts: symbols.contract,
    topByVolume: symbols.top_by_volume,
    include: symbols.include,
    exclude: symbols.exclude,
    refreshIntervalMs: symbols.refresh_interval,
  };
  return { ...common, pairs: [], universe };
}

function resolveNetwork(network: CheckedConfig['network']): NetworkConfig {
  const hosts = MARKET_HOSTS[network.market];
  return {
    market: network.market,
    restUrl: network.rest_url ?? hosts.restUrl,
    wsUrl: network.ws_url ?? hosts.wsUrl,
    silenceTimeoutMs: network.silence_timeout,
    lifetimeMs: network.lifetime,
    redundancy: network.redundancy,
    reconnect: resolveReconnect(network.reconnect),
  };
}

/** A default gives way to the bound that the user set, in either direction. */
function resolveReconnect(reconnect: CheckedConfig['network']['reconnect']): ReconnectConfig {
  const maxDelayMs = reconnect.max_delay ?? Math.max(MAX_DELAY_MS, reconnect.initial_delay ?? 0);
  const initialDelayMs = reconnect.initial_delay ?? Math.min(INITIAL_DELAY_MS, maxDelayMs);
  return { initialDelayMs, maxDelayMs, maxRetries: reconnect.max_retries };
}

function resolvePerformance(performance: CheckedConfig['performance']): PerformanceConfig {
  return {
    queueSizeBytes: performance.queue_size,
    spoolSizeBytes: performance.spool_size,
    batchSizeBytes: performance.batch_size ?? Math.min(BATCH_SIZE_BYTES, performance.queue_size),
    flushIntervalMs: performance.flush_interval,
  };
}

function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value))
    if (typeof part === 'object' && part !== null) frozen(part as object);
  return Object.freeze(value);
}
