import { createRequire } from 'node:module';
import type { StreamerConfig } from '@org/config';
import { CLUSTER_LIBRARY } from '../cluster/open-bus.ts';
import { EXIT, FatalError } from '../control/exit-codes.ts';
import { type SinkFormat, sinkFormats } from '../control/task.ts';

/** The package that stores a format. They are optional: who stores files needs no driver of any database. */
export const SINK_LIBRARIES: Readonly<Record<SinkFormat, string>> = {
  postgres: '@org/storage-postgres',
  influx: '@org/storage-influx',
  nats: CLUSTER_LIBRARY,
};

/** Whether the program `entry` finds this package. */
export function isInstalled(library: string, entry: string): boolean {
  try {
    createRequire(entry).resolve(`${library}/package.json`);
    return true;
  } catch {
    return false;
  }
}

/** Returns the configuration; throws {@link FatalError} when it asks for a format whose package is not installed. */
export function withLibraries<Config extends Pick<StreamerConfig, 'storage' | 'cluster'>>(
  config: Config,
  has: (library: string) => boolean,
): Config {
  checkCluster(config, has);
  for (const format of sinkFormats(config)) {
    const library = SINK_LIBRARIES[format];
    if (has(library)) continue;
    const remedy = `install it (npm install ${library}) or take ${format} out of the list`;
    throw new FatalError(
      EXIT.config,
      `storage.formats: expected formats whose packages are installed, was ${format} without ${library}: ${remedy}`,
    );
  }
  return config;
}

/** A collector has no rows, and of a writer each commit is one of its files: databases follow a recorder with role all. */
function checkCluster(
  { cluster: { role }, storage: { formats } }: Pick<StreamerConfig, 'storage' | 'cluster'>,
  has: (library: string) => boolean,
): void {
  if (role === 'all') return;
  if (!has(CLUSTER_LIBRARY))
    throw new FatalError(
      EXIT.config,
      `cluster.role: expected all where ${CLUSTER_LIBRARY} is not installed, was ${role}: install it (npm install ${CLUSTER_LIBRARY})`,
    );
  const others = formats.filter((format) => format !== 'csv');
  if (others.length > 0)
    throw new FatalError(
      EXIT.config,
      `storage.formats: expected csv alone with cluster.role ${role}, was also ${others.join(', ')}`,
    );
}
