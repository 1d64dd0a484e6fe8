/**
 * - `JOURNAL_WRITE_FAILED`, `JOURNAL_SYNC_FAILED`: final. Nobody knows what the device has; every later append rejects
 *   with the same error. End the process, open again, let the producers send what was not acked.
 * - `DISK_FULL`: nothing of this batch is stored; send it again later.
 * - `SEQUENCE_HOLE`: `seq` is larger than the lane's next one; the batches before it are missing.
 * - `EPOCH_FORGOTTEN`: older than the epochs that are remembered of this lane, so duplicates could not be told.
 * - `LANES_EXHAUSTED`, `RECORD_TOO_LARGE`, `QUEUE_FULL`: a limit; see the README.
 * - `POSITION_GONE`: the segments behind this position were released. `POSITION_UNKNOWN`: beyond the journal's end.
 * - `RELEASE_FAILED`: a segment that nobody needs could not be deleted; call `release` again later.
 * - `JOURNAL_CLOSED`: closed before.
 */
export type JournalErrorCode =
  | 'JOURNAL_WRITE_FAILED'
  | 'JOURNAL_SYNC_FAILED'
  | 'DISK_FULL'
  | 'SEQUENCE_HOLE'
  | 'EPOCH_FORGOTTEN'
  | 'LANES_EXHAUSTED'
  | 'RECORD_TOO_LARGE'
  | 'QUEUE_FULL'
  | 'POSITION_GONE'
  | 'POSITION_UNKNOWN'
  | 'RELEASE_FAILED'
  | 'JOURNAL_CLOSED';

export interface JournalErrorFields {
  readonly path?: string | undefined;
  readonly lane?: string | undefined;
  readonly position?: number | undefined;
  readonly cause?: unknown;
}

/** Everything that this library throws or reports. Decide on `code`. */
export class JournalError extends Error {
  readonly code: JournalErrorCode;
  readonly path: string | undefined;
  readonly lane: string | undefined;
  readonly position: number | undefined;

  constructor(code: JournalErrorCode, message: string, fields: JournalErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'JournalError';
    this.code = code;
    this.path = fields.path;
    this.lane = fields.lane;
    this.position = fields.position;
  }
}

export function isJournalError(value: unknown): value is JournalError {
  return value instanceof JournalError;
}

/** After these the owner must end the process: the journal takes nothing any more. */
export function isFinalJournalError(value: unknown): boolean {
  return (
    isJournalError(value) && (value.code === 'JOURNAL_WRITE_FAILED' || value.code === 'JOURNAL_SYNC_FAILED')
  );
}

/** No room, by any of its names: the device, the quota, the file size limit of the process. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export function isNoRoom(cause: unknown): boolean {
  return NO_ROOM.has((cause as NodeJS.ErrnoException | undefined)?.code ?? '');
}
