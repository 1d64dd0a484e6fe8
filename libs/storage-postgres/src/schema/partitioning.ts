import type { Partitioning } from './ddl.ts';

export type TimescaleOption = 'auto' | 'off';

/** What the server's catalogue says about TimescaleDB. */
export interface TimescaleCatalogue {
  /** Version that the database has (`pg_extension`). */
  readonly installed: string | undefined;
}

/** `create_hypertable` is as we call it since this version. */
const MAJOR_MIN = 2;

/**
 * How tables that are made now are cut into days. An extension that is only available is left alone: creating it takes
 * a superuser and a server that was started with it, and an attempt can end the session.
 */
export function choosePartitioning(option: TimescaleOption, { installed }: TimescaleCatalogue): Partitioning {
  if (option === 'off' || installed === undefined) return 'native';
  return Number.parseInt(installed, 10) >= MAJOR_MIN ? 'timescale' : 'native';
}
