export type { InfluxErrorCode, InfluxErrorDetails } from './errors.ts';
export type { InfluxSinkOptions, InfluxSinkStats } from './influx-sink.ts';
export type { InfluxTarget, InfluxV1Target, InfluxV2Target } from './target.ts';

export { InfluxError, isPassing } from './errors.ts';
export { InfluxSink } from './influx-sink.ts';
