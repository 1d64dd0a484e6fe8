import { readFile } from 'node:fs/promises';
import type { InfluxConfig, PostgresConfig, StorageConfig } from '@org/config';
import type { Sink, SinkEvents } from '@org/storage';
import type { InfluxSinkOptions } from '@org/storage-influx';
import type { SinkFormat } from '../control/task.ts';
import { SINK_LIBRARIES } from './sink-library.ts';

/** Makes a sink over the store that the configuration names; it is not open yet. */
export type OpenSink = (format: SinkFormat, storage: StorageConfig, events: SinkEvents) => Promise<Sink>;

type SinkClass = new (options: object) => Sink;

/** The sinks are packages of their own, and loaded where they are needed: in the process of that sink. */
export const openSink: OpenSink = async (format, storage, events) => {
  switch (format) {
    case 'postgres': {
      const PostgresSink = await sinkClass(SINK_LIBRARIES.postgres, 'PostgresSink');
      return new PostgresSink({ ...(await postgresOptions(storage.postgres)), events });
    }
    case 'influx': {
      const InfluxSink = await sinkClass(SINK_LIBRARIES.influx, 'InfluxSink');
      return new InfluxSink({ ...(await influxOptions(storage.influx)), events });
    }
  }
};

async function sinkClass(library: string, name: string): Promise<SinkClass> {
  const exported = ((await import(library)) as Readonly<Record<string, unknown>>)[name];
  if (typeof exported !== 'function') throw new Error(`${library}: expected a class ${name}, was none`);
  return exported as SinkClass;
}

/** Secrets are read anew each time the store is opened: they may have been changed meanwhile. */
export async function postgresOptions(config: PostgresConfig): Promise<object> {
  const { url, passwordFile, schema, levels, timescale, partitionsAhead } = config;
  const address = new URL(url);
  if (passwordFile !== '') address.password = encodeURIComponent(await secretIn(passwordFile));
  return { url: address.href, schema, levels, timescale, partitionsAhead };
}

export async function influxOptions(
  config: InfluxConfig,
): Promise<Pick<InfluxSinkOptions, 'url' | 'target' | 'bookLevels'>> {
  const { url, api, database, org, bucket, tokenFile, bookLevels } = config;
  const token = tokenFile === '' ? config.token : await secretIn(tokenFile);
  return { url, target: api === 'v2' ? { api, org, bucket, token } : { database }, bookLevels };
}

/** Editors and `echo` put an end of line behind it that is not part of it. */
async function secretIn(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
}
