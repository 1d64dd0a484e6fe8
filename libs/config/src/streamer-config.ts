import type { Market } from '@org/market-data';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** The configuration of a recorder: complete, checked, and frozen to its depth. Units end the names. */
export interface StreamerConfig {
  readonly general: GeneralConfig;
  readonly network: NetworkConfig;
  readonly symbols: SymbolsConfig;
  readonly storage: StorageConfig;
  readonly performance: PerformanceConfig;
  readonly orderbook: OrderbookConfig;
  readonly monitoring: MonitoringConfig;
  readonly logging: LoggingConfig;
  readonly cluster: ClusterConfig;
}

export interface GeneralConfig {
  readonly mode: 'continuous' | 'timed';
  /** How long a timed recording lasts; no meaning in continuous mode. */
  readonly durationMs: number;
  /** How long children go on when their primary was killed. */
  readonly orphanTimeoutMs: number;
}

export interface NetworkConfig {
  readonly market: Market;
  /** Without a slash at the end, as is `wsUrl`. */
  readonly restUrl: string;
  /** Base of the WebSocket addresses; routes (`/public`, `/market`) are appended by the client. */
  readonly wsUrl: string;
  readonly silenceTimeoutMs: number;
  readonly lifetimeMs: number;
  readonly redundancy: number;
  readonly reconnect: ReconnectConfig;
}

export interface ReconnectConfig {
  readonly initialDelayMs: number;
  /** At least `initialDelayMs`. */
  readonly maxDelayMs: number;
  /** 0 never gives up. */
  readonly maxRetries: number;
}

export interface SymbolsConfig {
  /** In the exchange's form, without duplicates; at least one, or none when `universe` says what to choose. */
  readonly pairs: readonly string[];
  /** Known stream names, without duplicates, at least one; at most one of a kind except klines. */
  readonly streams: readonly string[];
  readonly perWorker: 'auto' | number;
  /** How to choose among what the exchange lists; undefined when `pairs` names the symbols. */
  readonly universe: UniverseConfig | undefined;
}

export interface UniverseConfig {
  /** Upper case; empty takes every one. */
  readonly quotes: readonly string[];
  /** Contract types in upper case; empty takes every one. */
  readonly contracts: readonly string[];
  /** 0 for all. */
  readonly topByVolume: number;
  /** Symbols in the exchange's form; none is in both lists. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly refreshIntervalMs: number;
}

export type StorageFormat = 'csv' | 'postgres' | 'influx' | 'nats' | 'parquet';

export interface StorageConfig {
  /** As written: a relative path is relative to the working directory of the process. */
  readonly outputDir: string;
  /** Without duplicates; csv is always among them. */
  readonly formats: readonly StorageFormat[];
  /** How long a file lasts, by UTC: a word, or milliseconds: whole seconds, from 10 000, that divide a day. */
  readonly rotation: 'daily' | 'hourly' | number;
  readonly compression: 'gzip' | 'none';
  /** Closed files that are older are removed; 0 keeps them for ever. */
  readonly retentionMs: number;
  readonly freeSpace: FreeSpaceConfig;
  /** What the journal keeps for each store that is behind, at most. */
  readonly sinkBacklogBytes: number;
  /** All are there whether their format is stored or not. */
  readonly postgres: PostgresConfig;
  readonly influx: InfluxConfig;
  readonly nats: NatsConfig;
}

export interface PostgresConfig {
  /** May carry a user and password: never to be shown as it is. */
  readonly url: string;
  /** '' for none. */
  readonly passwordFile: string;
  readonly schema: string;
  readonly levels: 'arrays' | 'rows';
  readonly timescale: 'auto' | 'off';
  readonly partitionsAhead: number;
}

export interface InfluxConfig {
  readonly url: string;
  readonly api: 'v1' | 'v2';
  readonly database: string;
  /** '' for none. */
  readonly username: string;
  /** '' for none. */
  readonly passwordFile: string;
  /** '' for none; never to be shown. */
  readonly password: string;
  readonly org: string;
  readonly bucket: string;
  /** '' for none. */
  readonly tokenFile: string;
  /** '' for none; never to be shown. */
  readonly token: string;
  readonly bookLevels: number;
}

/** The stream into which the format `nats` goes. */
export interface NatsConfig {
  /** At least one, `nats://` or `tls://`, without user and password. */
  readonly servers: readonly string[];
  /** '' for none. */
  readonly credentialsFile: string;
  readonly stream: string;
  readonly replicas: number;
  readonly streamSizeBytes: number;
  readonly discard: 'old' | 'new';
}

/** Free space below which something is done. */
export interface FreeSpaceConfig {
  readonly warn: SpaceLimit;
  readonly compress: SpaceLimit;
  readonly shed: SpaceLimit;
  readonly stop: SpaceLimit;
}

/** Room on a disk: so much of it or so many bytes, whichever is less. */
export interface SpaceLimit {
  /** Of the whole disk, from 0 to 100. */
  readonly percent: number;
  readonly bytes: number;
}

export interface PerformanceConfig {
  readonly queueSizeBytes: number;
  /** 0 for none. */
  readonly spoolSizeBytes: number;
  /** At most `queueSizeBytes`. */
  readonly batchSizeBytes: number;
  readonly flushIntervalMs: number;
}

export interface OrderbookConfig {
  readonly snapshotIntervalMs: number;
  readonly snapshotLevels: number;
}

export interface MonitoringConfig {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export interface LoggingConfig {
  readonly level: LogLevel;
  /** As written: a relative path is relative to the working directory of the process. */
  readonly dir: string;
  readonly maxSizeBytes: number;
  readonly maxFiles: number;
}

/** What a machine does: everything; receive and forward; write what collectors forward. */
export type ClusterRole = 'all' | 'collector' | 'writer';

/** More than one machine. Only `role` has a meaning where that is `all`. */
export interface ClusterConfig {
  readonly role: ClusterRole;
  /** Of the recorder on the servers. */
  readonly name: string;
  /** Of this machine; '' for the name of the host. */
  readonly node: string;
  /** At least one, `nats://` or `tls://`, without user and password. */
  readonly servers: readonly string[];
  /** '' for none. */
  readonly credentialsFile: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly streamSizeBytes: number;
  readonly leaseMs: number;
  readonly patienceMs: number;
  readonly stopTimeoutMs: number;
}
