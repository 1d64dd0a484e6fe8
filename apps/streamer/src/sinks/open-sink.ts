import { readFile } from 'node:fs/promises';
import type { InfluxConfig, NatsConfig, PostgresConfig, StorageConfig } from '@org/config';
import type { Sink, SinkEvents } from '@org/storage';
import type { InfluxSinkOptions } from '@org/storage-influx';
import type { JetStreamSinkOptions } from '@org/transport-nats';
import { transport } from '../cluster/open-bus.ts';
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
    case 'nats': {
      const { connectionTo, JetStreamSink } = await transport();
      const credentials = await credentialsIn(storage.nats);
      const connection = { ...connectionTo(storage.nats.servers, credentials), name: `sink-${format}` };
      return new JetStreamSink({ ...natsOptions(storage.nats), connection, events });
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
  const { url, bookLevels } = config;
  return { url, target: await influxTarget(config), bookLevels };
}

async function influxTarget(config: InfluxConfig): Promise<InfluxSinkOptions['target']> {
  const { api, database, username, passwordFile, org, bucket, tokenFile } = config;
  if (api === 'v2') {
    const token = tokenFile === '' ? config.token : await secretIn(tokenFile);
    return { api, org, bucket, token };
  }
  if (username === '') return { database };
  const password = passwordFile === '' ? config.password : await secretIn(passwordFile);
  return { database, username, password };
}

/** For so long a server may be away before the status says so; waiting for it goes on then, with pauses. */
const NATS_PATIENCE_MS = 1000;

export function natsOptions(config: NatsConfig): Omit<JetStreamSinkOptions, 'connection' | 'events'> {
  const { stream, replicas, streamSizeBytes, discard } = config;
  return { name: stream, replicas, streamBytesMax: streamSizeBytes, discard, patienceMs: NATS_PATIENCE_MS };
}

async function credentialsIn({ credentialsFile }: NatsConfig): Promise<string | undefined> {
  return credentialsFile === '' ? undefined : readFile(credentialsFile, 'utf8');
}

/** Editors and `echo` put an end of line behind it that is not part of it. */
async function secretIn(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
}
