import type { Session } from '../connection/session.ts';
import { PostgresSinkError } from '../errors.ts';
import type { CursorPlace } from './cursor.ts';

export interface SinkLockOptions {
  /** Process of an earlier session of the same sink: it is ended when it still holds the lock. */
  readonly ownPid: number | undefined;
  /** How long the session of a sink that has just died may still hold it. */
  readonly waitMs: number;
  readonly clock: () => number;
}

const POLL_MS = 25;
/** The key of a sink; a lock of one 64-bit key shows in pg_locks as two halves. */
const KEY = "hashtextextended('recorder sink ' || $1 || ' ' || $2, 0)";

/**
 * Takes the lock of the sink's name, which the server gives to one session and takes back when that ends. Rejects with
 * `STORE_TAKEN`, which passes, when another session keeps it.
 */
export async function takeSinkLock(
  session: Session,
  place: CursorPlace,
  options: SinkLockOptions,
): Promise<void> {
  const { ownPid, waitMs, clock } = options;
  const key = [place.schema, place.name];
  const deadline = clock() + waitMs;
  while (!(await isLocked(session, key))) {
    const holder = await holderOf(session, key);
    // It may be in the middle of a commit, so its end is waited for.
    if (holder !== undefined && holder === ownPid)
      await session.query('select pg_terminate_backend($1)', [holder]);
    if (clock() >= deadline) {
      throw new PostgresSinkError(
        'STORE_TAKEN',
        `session ${holder ?? 'of another role'} of the server writes as ${JSON.stringify(place.name)}`,
        { isPassing: true },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function isLocked(session: Session, key: readonly string[]): Promise<boolean> {
  const [row] = await session.query(`select pg_try_advisory_lock(${KEY}) as locked`, key);
  return row?.['locked'] === true;
}

async function holderOf(session: Session, key: readonly string[]): Promise<number | undefined> {
  const [row] = await session.query(
    `select pid from pg_locks where locktype = 'advisory' and granted and objsubid = 1
       and database = (select oid from pg_database where datname = current_database())
       and ((classid::bigint << 32) | objid::bigint) = ${KEY}`,
    key,
  );
  return row === undefined ? undefined : Number(row['pid']);
}
