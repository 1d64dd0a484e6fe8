export type { ReadFileHead } from './config-file.ts';
export type { ConfigErrorCode, ConfigIssue } from './errors.ts';
export type { ConfigKey, JsonSchema } from './json-schema.ts';
export type { LoadConfigOptions } from './load.ts';
export type { ConfigFlags, ConfigOverride } from './overrides.ts';
export type {
  ClusterConfig,
  ClusterRole,
  FreeSpaceConfig,
  GeneralConfig,
  InfluxConfig,
  LoggingConfig,
  LogLevel,
  MonitoringConfig,
  NatsConfig,
  NetworkConfig,
  OrderbookConfig,
  PerformanceConfig,
  PostgresConfig,
  ReconnectConfig,
  SpaceLimit,
  StorageConfig,
  StorageFormat,
  StreamerConfig,
  SymbolsConfig,
  UniverseConfig,
} from './streamer-config.ts';

export { formatByteSize, parseByteSize } from './byte-size.ts';
export { CONFIG_BYTES_MAX, readFileHead } from './config-file.ts';
export { formatDuration, parseDuration } from './duration.ts';
export { CONFIG_ISSUES_MAX, ConfigError, configExitCode, QuantityError } from './errors.ts';
export { configJsonSchema, configKeys } from './json-schema.ts';
export { loadConfig } from './load.ts';
export { environmentName, ENVIRONMENT_PREFIX, flagOverrides } from './overrides.ts';
