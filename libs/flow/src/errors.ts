/**
 * - `SOCKET_IN_USE`: a living process answers on the path. Wait for its end or choose another path.
 * - `SOCKET_PATH_TOO_LONG`, `SOCKET_FOLDER_UNSAFE`: the path cannot be used, or others could use it too.
 * - `FRAME_TOO_LARGE`, `FRAME_CORRUPT`, `VERSION_MISMATCH`, `SEQUENCE_HOLE`, `LANES_EXHAUSTED`: a peer broke the
 *   protocol or a limit; its connection was closed, all others live on.
 * - `BATCH_FAILED`: the handler rejected (`cause`); the batch was not acked and comes again.
 * - `EPOCH_REUSED`: the receiver has batches of this lane and epoch that this sender never sent.
 * - `READER_REFUSED`: the publisher of a tail does not serve this reader, or serves another one of its name.
 * - `POSITION_UNKNOWN`: a reader asked for what is behind the end of what there is.
 * - `TAIL_LOST`: the connection of a tail ended before the answer came.
 * - `QUEUE_CLOSED`: the object was closed before.
 */
export type FlowErrorCode =
  | 'SOCKET_IN_USE'
  | 'SOCKET_PATH_TOO_LONG'
  | 'SOCKET_FOLDER_UNSAFE'
  | 'FRAME_TOO_LARGE'
  | 'FRAME_CORRUPT'
  | 'VERSION_MISMATCH'
  | 'SEQUENCE_HOLE'
  | 'LANES_EXHAUSTED'
  | 'BATCH_FAILED'
  | 'EPOCH_REUSED'
  | 'READER_REFUSED'
  | 'POSITION_UNKNOWN'
  | 'TAIL_LOST'
  | 'QUEUE_CLOSED';

export interface FlowErrorFields {
  readonly lane?: string | undefined;
  readonly socketPath?: string | undefined;
  readonly cause?: unknown;
}

/** Everything that this library throws or reports. Decide on `code`. */
export class FlowError extends Error {
  readonly code: FlowErrorCode;
  readonly lane: string | undefined;
  readonly socketPath: string | undefined;

  constructor(code: FlowErrorCode, message: string, fields: FlowErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'FlowError';
    this.code = code;
    this.lane = fields.lane;
    this.socketPath = fields.socketPath;
  }
}
