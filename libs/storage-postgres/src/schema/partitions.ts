import { isDataError } from '../connection/error-class.ts';
import type { Session } from '../connection/session.ts';
import { NO_DAY } from '../rows/table-rows.ts';
import { qualified, type Partitioning } from './ddl.ts';
import { dayName, daysToMake } from './partition-days.ts';
import type { Table } from './tables.ts';

export interface PartitionOptions {
  readonly schema: string;
  /** How many days ahead of the rows there are partitions. */
  readonly ahead: number;
  /** Ms, from anywhere; only differences count. */
  readonly clock: () => number;
}

/** How many rows there are of each day. */
export type DayCounts = ReadonlyMap<number, number>;

/** A reader with a long query must not be waited for, nor keep others waiting behind us. */
const LOCK_TIMEOUT_MS = 250;
/** How long a partition that could not be made is left alone. */
const RETRY_MS = 60_000;

/**
 * Makes the partitions of days before rows come to them, each in a transaction of its own. One that cannot be made is no
 * failure: its rows go to the default partition, and it is tried again.
 */
export class Partitions {
  readonly #options: PartitionOptions;
  /** Names of partitions that are there. */
  #known = new Set<string>();
  readonly #retryAt = new Map<string, number>();
  #isNative = true;

  constructor(options: PartitionOptions) {
    this.#options = options;
  }

  /** Learns which there are. */
  async load(session: Session, partitioning: Partitioning): Promise<void> {
    this.#isNative = partitioning === 'native';
    this.#retryAt.clear();
    this.#known = this.#isNative ? await this.#names(session) : new Set();
  }

  /** Makes what rows of these days need, and the days after them. */
  async prepare(session: Session, table: Table, days: DayCounts): Promise<void> {
    if (!this.#isNative || table.dayColumn === undefined) return;
    for (const day of daysToMake(days.keys(), this.#options.ahead)) await this.#make(session, table, day);
  }

  /** How many of the rows go to the default partition. */
  strays(table: Table, days: DayCounts): number {
    if (!this.#isNative || table.dayColumn === undefined) return 0;
    let strays = 0;
    for (const [day, count] of days)
      if (day === NO_DAY || !this.#known.has(partitionName(table, day))) strays += count;
    return strays;
  }

  async #make(session: Session, table: Table, day: number): Promise<void> {
    const name = partitionName(table, day);
    const now = this.#options.clock();
    if (this.#known.has(name) || (this.#retryAt.get(name) ?? -Infinity) > now) return;
    const outcome = await this.#attach(session, table, name, day);
    if (outcome === 'made') this.#known.add(name);
    else this.#retryAt.set(name, outcome === 'never' ? Infinity : now + RETRY_MS);
  }

  /**
   * Attaching asks for less than `create table … partition of`: who reads the table goes on. Never again, until the next
   * session, where rows of the day are in the default partition: each attempt would look through all of it.
   */
  async #attach(
    session: Session,
    table: Table,
    name: string,
    day: number,
  ): Promise<'made' | 'later' | 'never'> {
    const { schema } = this.#options;
    const parent = qualified(schema, table.name);
    const partition = qualified(schema, name);
    try {
      await session.query('begin');
      await session.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
      await session.query(
        `create table if not exists ${partition} (like ${parent} including all excluding indexes)`,
      );
      await session.query(
        `alter table ${parent} attach partition ${partition} for values from ('${dayName(day)} 00:00+00') to ('${dayName(day + 1)} 00:00+00')`,
      );
      await session.query('commit');
      return 'made';
    } catch (error) {
      if (!canWait(error)) throw error;
      await session.query('rollback');
      // Another sink may have been first.
      if ((await this.#names(session)).has(name)) return 'made';
      return isDataError(error) ? 'never' : 'later';
    }
  }

  async #names(session: Session): Promise<Set<string>> {
    const rows = await session.query(
      `select child.relname as name from pg_inherits
         join pg_class child on child.oid = inhrelid
         join pg_namespace on pg_namespace.oid = child.relnamespace where nspname = $1`,
      [this.#options.schema],
    );
    return new Set(rows.map(({ name }) => String(name)));
  }
}

/** Whether rows can go to the default partition instead: of others' locks, of rows that are there, of rights that we lack. */
function canWait(error: unknown): boolean {
  const { code, sqlState } = error as { readonly code?: unknown; readonly sqlState?: unknown };
  const isRefused = code === 'SCHEMA_MISMATCH' || sqlState === '42501';
  return isDataError(error) || isRefused || sqlState === '55P03' || sqlState === '40P01';
}

function partitionName(table: Table, day: number): string {
  return `${table.name}_p${dayName(day).replaceAll('-', '')}`;
}
