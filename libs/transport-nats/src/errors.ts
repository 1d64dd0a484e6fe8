import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';

/**
 * - `SERVER_UNREACHABLE`: no answer in time, or no connection.
 * - `STREAM_FULL`: the stream refuses more, or its disk does.
 * - `STREAM_MISSING`: nobody listens on the subject, or the stream, bucket or consumer is gone.
 * - `CONFLICT`: somebody else wrote first; the write did not happen.
 * - `SERVER_REFUSED`: anything else that the server says no to.
 * - `LAYOUT_MISMATCH`: the streams were made for other settings.
 * - `FRAME_MALFORMED`, `CURSOR_MALFORMED`, `WISH_MALFORMED`: bytes that nobody of us wrote.
 * - `STATE_TOO_LARGE`: what a commit has to say does not fit into one message.
 * - `LEASE_LOST`: another writer has the partition, or may have it by now.
 * - `STORE_UNCONFIRMED`: a local store holds neither the confirmed commit nor a copy of it.
 * - `STORE_TAKEN`: another sink writes this stream.
 * - `CLOSED`: used after it was closed.
 */
export type TransportNatsErrorCode =
  | 'SERVER_UNREACHABLE'
  | 'STREAM_FULL'
  | 'STREAM_MISSING'
  | 'CONFLICT'
  | 'SERVER_REFUSED'
  | 'LAYOUT_MISMATCH'
  | 'FRAME_MALFORMED'
  | 'CURSOR_MALFORMED'
  | 'WISH_MALFORMED'
  | 'STATE_TOO_LARGE'
  | 'LEASE_LOST'
  | 'STORE_UNCONFIRMED'
  | 'STORE_TAKEN'
  | 'CLOSED';

const PASSING: ReadonlySet<TransportNatsErrorCode> = new Set<TransportNatsErrorCode>([
  'SERVER_UNREACHABLE',
  'STREAM_FULL',
  'STREAM_MISSING',
]);

/** Everything that this library throws beside `RangeError` for options. Decide on `code` and `isPassing`. */
export class TransportNatsError extends Error {
  readonly code: TransportNatsErrorCode;
  /** What it concerns: a subject, a key, a folder. */
  readonly target: string;

  constructor(
    code: TransportNatsErrorCode,
    target: string,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`${target}: ${message}`, options);
    this.name = 'TransportNatsError';
    this.code = code;
    this.target = target;
  }

  /** Whether the same call may succeed later. */
  get isPassing(): boolean {
    return PASSING.has(this.code);
  }
}

export function isPassing(error: unknown): boolean {
  return error instanceof TransportNatsError && error.isPassing;
}

export function hasCode(error: unknown, code: TransportNatsErrorCode): boolean {
  return error instanceof TransportNatsError && error.code === code;
}

/* Numbers of nats-server, server/errors.json (seen 2026-11-22). */
const WRONG_LAST_SEQUENCE = 10071;
const STORE_FAILED = 10077;
const INSUFFICIENT: readonly number[] = [10023, 10028, 10047];
const NOT_FOUND: readonly number[] = [10059, 10014];
const HTTP_UNAVAILABLE = 503;

/** What an error of the client means to this library. */
export function natsError(target: string, cause: unknown): TransportNatsError {
  if (cause instanceof TransportNatsError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new TransportNatsError(codeOf(cause), target, message, { cause });
}

function codeOf(cause: unknown): TransportNatsErrorCode {
  if (cause instanceof JetStreamApiError) return codeOfAnswer(cause);
  if (cause instanceof JetStreamError) return 'STREAM_MISSING';
  if (cause instanceof errors.NoRespondersError) return 'STREAM_MISSING';
  if (cause instanceof errors.RequestError && cause.isNoResponders()) return 'STREAM_MISSING';
  // What is not there has nobody who answers; the client takes that for a server without JetStream, and says so around it.
  if (cause instanceof Error && cause.cause instanceof Error) return codeOf(cause.cause);
  const isUnreachable =
    cause instanceof errors.TimeoutError ||
    cause instanceof errors.ConnectionError ||
    cause instanceof errors.ClosedConnectionError ||
    cause instanceof errors.DrainingConnectionError ||
    cause instanceof errors.RequestError ||
    cause instanceof errors.ProtocolError ||
    typeof (cause as NodeJS.ErrnoException | undefined)?.code === 'string';
  return isUnreachable ? 'SERVER_UNREACHABLE' : 'SERVER_REFUSED';
}

function codeOfAnswer({ code, status }: JetStreamApiError): TransportNatsErrorCode {
  if (code === WRONG_LAST_SEQUENCE) return 'CONFLICT';
  if (code === STORE_FAILED || INSUFFICIENT.includes(code)) return 'STREAM_FULL';
  if (NOT_FOUND.includes(code)) return 'STREAM_MISSING';
  return status === HTTP_UNAVAILABLE ? 'SERVER_UNREACHABLE' : 'SERVER_REFUSED';
}

/** Calls the client; its errors become ours. */
export async function asking<T>(target: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw natsError(target, error);
  }
}
