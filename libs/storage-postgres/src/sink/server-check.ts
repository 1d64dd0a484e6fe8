import type { Session } from '../connection/session.ts';
import { PostgresSinkError } from '../errors.ts';

/** Attaching a partition with a key below a default partition, as we do it, came with this version. */
const VERSION_MIN = 120_000;

/** Rejects with `SERVER_UNSUPPORTED` where the tables could not be made, or texts could not be stored as they are. */
export async function checkServer(session: Session): Promise<void> {
  const [row] = await session.query(
    "select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding",
  );
  const version = Number(row?.['version']);
  if (version < VERSION_MIN)
    throw new PostgresSinkError('SERVER_UNSUPPORTED', `expected PostgreSQL 12 or later, was ${version}`);
  if (row?.['encoding'] !== 'UTF8')
    throw new PostgresSinkError(
      'SERVER_UNSUPPORTED',
      `expected a database in UTF8, was ${String(row?.['encoding'])}: symbols have letters of any script`,
    );
}
