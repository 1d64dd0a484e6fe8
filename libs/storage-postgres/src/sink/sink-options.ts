import { Buffer } from 'node:buffer';
import type { SinkEvents } from '@org/storage';
import { PostgresSinkError } from '../errors.ts';
import type { Levels } from '../rows/pending-rows.ts';
import type { TimescaleOption } from '../schema/partitioning.ts';

/** Where the server is, in parts. What is absent comes from the environment (`PGHOST` …), as everywhere with PostgreSQL. */
export interface PostgresConnection {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  readonly ssl?: boolean;
}

export interface PostgresSinkOptions {
  /** `postgres://user:password@host:port/database?sslmode=…`; instead of `connection`. */
  readonly url?: string | undefined;
  readonly connection?: PostgresConnection | undefined;
  /** In place of the one in `url`, so that it can come from another file. */
  readonly password?: string | undefined;
  /** Schema of the tables; made when it is absent. Default `public`. */
  readonly schema?: string | undefined;
  /** What the sink is called in the database: one recorder, one name. Default `recorder`. */
  readonly cursor?: string | undefined;
  /** Levels of depth as two arrays in the row of their message, or as rows of their own beside it. Default `arrays`. */
  readonly levels?: Levels | undefined;
  /** Whether new tables are hypertables where the database has TimescaleDB. Default `auto`. */
  readonly timescale?: TimescaleOption | undefined;
  /** For how many days ahead there are partitions. Default 1: today and tomorrow. At most 30. */
  readonly partitionsAhead?: number | undefined;
  /** How much is kept to be sent again when the session is lost before a commit; more is sent early. Default 64 MiB. */
  readonly uncommittedBytesMax?: number | undefined;
  /** How long one statement may take. Default one minute. */
  readonly statementTimeoutMs?: number | undefined;
  /** How long connecting may take. Default ten seconds. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long `open` waits for the session of a sink that has just died. Default three seconds. */
  readonly lockWaitMs?: number | undefined;
  readonly events?: SinkEvents | undefined;
  /** Ms, from anywhere. Default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** Draws what tells this sink from all others. Default a UUID. */
  readonly ownerToken?: (() => string) | undefined;
}

const IDENTIFIER_BYTES_MAX = 63;
const NAME_CHARACTERS_MAX = 200;
const AHEAD_MAX = 30;
/** Longest state of a commit. PostgreSQL takes 1 GiB a value. */
const STATE_CHARACTERS_MAX = 48 * 1024 * 1024;

/** Throws `OPTIONS_INVALID` for what no server could use. The message has no secrets in it. */
export function checkOptions({
  schema = 'public',
  cursor = 'recorder',
  partitionsAhead = 1,
}: PostgresSinkOptions): void {
  if (schema === '' || schema.includes('\0') || Buffer.byteLength(schema) > IDENTIFIER_BYTES_MAX)
    throw invalid('schema', `a name of 1 to ${IDENTIFIER_BYTES_MAX} bytes`, schema);
  if (cursor === '' || cursor.includes('\0') || cursor.length > NAME_CHARACTERS_MAX)
    throw invalid('cursor', `a name of 1 to ${NAME_CHARACTERS_MAX} characters`, cursor);
  if (!(Number.isInteger(partitionsAhead) && partitionsAhead >= 0 && partitionsAhead <= AHEAD_MAX))
    throw invalid('partitionsAhead', `a whole number from 0 to ${AHEAD_MAX}`, partitionsAhead);
}

/** Throws a `RangeError` for a state that would not come back as it is. */
export function checkState(state: string): void {
  if (state.length > STATE_CHARACTERS_MAX)
    throw new RangeError(
      `expected a state of at most ${STATE_CHARACTERS_MAX} characters, was ${state.length}`,
    );
  if (state.includes('\0')) throw new RangeError('expected a state without NUL');
  if (/\p{Surrogate}/u.test(state)) throw new RangeError('expected a state of whole characters');
}

/** The error of an option that cannot be used. */
export function invalid(option: string, expected: string, was: string | number): PostgresSinkError {
  return new PostgresSinkError(
    'OPTIONS_INVALID',
    `${option}: expected ${expected}, was ${JSON.stringify(was).slice(0, 80)}`,
  );
}
