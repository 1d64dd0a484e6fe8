export type PostgresSinkErrorCode =
  /** The options cannot be used. */
  | 'OPTIONS_INVALID'
  /** No server answers, or it does not take sessions now: it starts, stops, or has too many. Passes. */
  | 'SERVER_UNAVAILABLE'
  /** The session ended in the middle of something. Passes. */
  | 'CONNECTION_LOST'
  /** The server has no room on its disk. Passes. */
  | 'DISK_FULL'
  /** Something took too long, or waited for a lock too long, or the server is short of memory. Passes. */
  | 'SERVER_BUSY'
  /** The role, its password or its rights are not enough, or the database does not exist. */
  | 'ACCESS_DENIED'
  /** The server is too old, or the database is not in UTF-8. */
  | 'SERVER_UNSUPPORTED'
  /** The tables were made by a newer version of this library. */
  | 'SCHEMA_NEWER'
  /** The tables are not as this library made them. */
  | 'SCHEMA_MISMATCH'
  /** Another sink of this name is open. Passes while it is only asked for; is final for a sink that was pushed out. */
  | 'STORE_TAKEN'
  /** The session ended after rows had been sent early: they have to be appended again, from the last commit. */
  | 'UNCOMMITTED_LOST'
  /** Anything else that the server refused. */
  | 'SINK_FAILED';

export interface PostgresSinkErrorDetails {
  readonly cause?: unknown;
  readonly isPassing?: boolean;
  readonly sqlState?: string | undefined;
}

/** What went wrong between the sink and its server. Decide on `code` and `isPassing`, never on the message. */
export class PostgresSinkError extends Error {
  readonly code: PostgresSinkErrorCode;
  /**
   * Whether it may go away by itself: then the same call is made again later, on the same sink. Otherwise the sink has
   * ended, and a new one must be opened.
   */
  readonly isPassing: boolean;
  /** The server's own code, five characters; undefined where the server did not say anything. */
  readonly sqlState: string | undefined;

  constructor(code: PostgresSinkErrorCode, problem: string, details: PostgresSinkErrorDetails = {}) {
    super(problem, { cause: details.cause });
    this.name = 'PostgresSinkError';
    this.code = code;
    this.isPassing = details.isPassing ?? false;
    this.sqlState = details.sqlState;
  }
}
