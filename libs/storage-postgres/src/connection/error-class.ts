import { PostgresSinkError, type PostgresSinkErrorCode } from '../errors.ts';

interface ErrorClass {
  readonly code: PostgresSinkErrorCode;
  readonly isPassing: boolean;
}

const PASSES = true;

/** By the whole code, then by its class, the first two characters (https://www.postgresql.org/docs/15/errcodes-appendix.html). */
const BY_STATE: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ['53100', { code: 'DISK_FULL', isPassing: PASSES }],
  ['53300', { code: 'SERVER_UNAVAILABLE', isPassing: PASSES }], // too many connections
  ['57P01', { code: 'CONNECTION_LOST', isPassing: PASSES }], // terminated by somebody, or the server stops
  ['57P02', { code: 'CONNECTION_LOST', isPassing: PASSES }], // another session of the server crashed
  ['57P03', { code: 'SERVER_UNAVAILABLE', isPassing: PASSES }], // the server starts or stops
  ['57P05', { code: 'CONNECTION_LOST', isPassing: PASSES }], // idle for too long
  ['57014', { code: 'SERVER_BUSY', isPassing: PASSES }], // statement timeout, or canceled by somebody
  ['55P03', { code: 'SERVER_BUSY', isPassing: PASSES }], // lock timeout
  ['25P03', { code: 'CONNECTION_LOST', isPassing: PASSES }], // idle in a transaction for too long
  ['25006', { code: 'SERVER_UNAVAILABLE', isPassing: PASSES }], // a standby that has not been promoted
  ['42501', { code: 'ACCESS_DENIED', isPassing: !PASSES }],
  ['3D000', { code: 'ACCESS_DENIED', isPassing: !PASSES }], // no such database
  ['3F000', { code: 'SCHEMA_MISMATCH', isPassing: !PASSES }],
  ['08', { code: 'CONNECTION_LOST', isPassing: PASSES }],
  ['28', { code: 'ACCESS_DENIED', isPassing: !PASSES }],
  ['40', { code: 'SERVER_BUSY', isPassing: PASSES }], // deadlocks, serialization
  ['42', { code: 'SCHEMA_MISMATCH', isPassing: !PASSES }],
  ['53', { code: 'SERVER_BUSY', isPassing: PASSES }],
  ['58', { code: 'SERVER_BUSY', isPassing: PASSES }], // input and output of the server's system
]);

const OTHER: ErrorClass = { code: 'SINK_FAILED', isPassing: !PASSES };
const NO_SESSION: ErrorClass = { code: 'CONNECTION_LOST', isPassing: PASSES };

const SQL_STATE = /^[0-9A-Z]{5}$/;
const UNIQUE_VIOLATION = '23505';

/** The server's code of an error that came from it. */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof PostgresSinkError) return error.sqlState;
  const { code, severity } = (error ?? {}) as { readonly code?: unknown; readonly severity?: unknown };
  // Errors of sockets have a code as well, for example EPIPE, but no severity.
  return typeof code === 'string' && typeof severity === 'string' && SQL_STATE.test(code) ? code : undefined;
}

/** Whether the server refuses values: data exceptions and violated constraints. */
export function isDataError(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== undefined && (state.startsWith('22') || state.startsWith('23'));
}

export function isUniqueViolation(error: unknown): boolean {
  return sqlStateOf(error) === UNIQUE_VIOLATION;
}

/** The typed error for what the driver threw while doing `what`. Whatever did not come from the server is a lost session. */
export function sinkError(what: string, error: unknown): PostgresSinkError {
  if (error instanceof PostgresSinkError) return error;
  const sqlState = sqlStateOf(error);
  const { code, isPassing } = classOf(sqlState);
  return new PostgresSinkError(code, `${what}: ${reasonOf(error)}`, { cause: error, isPassing, sqlState });
}

function classOf(sqlState: string | undefined): ErrorClass {
  if (sqlState === undefined) return NO_SESSION;
  return BY_STATE.get(sqlState) ?? BY_STATE.get(sqlState.slice(0, 2)) ?? OTHER;
}

/** A host with several addresses that all refuse has no message of its own, only a code. */
function reasonOf(error: unknown): string {
  const { message, code } = (error ?? {}) as { readonly message?: unknown; readonly code?: unknown };
  return String(message || code || error);
}
