import { createRequire } from 'node:module';
import { EXIT, FatalError } from '../control/exit-codes.ts';
import { type SinkFormat, sinkFormats } from '../control/task.ts';

/** The package that stores a format. They are optional: who stores files needs no driver of any database. */
export const SINK_LIBRARIES: Readonly<Record<SinkFormat, string>> = {
  postgres: '@org/storage-postgres',
  influx: '@org/storage-influx',
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
export function withLibraries<Config extends Parameters<typeof sinkFormats>[0]>(
  config: Config,
  has: (library: string) => boolean,
): Config {
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
