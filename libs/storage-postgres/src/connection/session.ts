import type { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import { Client, type ClientConfig, type QueryResult } from 'pg';
import { PostgresSinkError } from '../errors.ts';
import { CopyIn } from './copy-in.ts';
import { sinkError } from './error-class.ts';

export interface SessionOptions {
  readonly client: ClientConfig;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

export type Row = Readonly<Record<string, unknown>>;

/** How much longer than the server we wait, at most: it cannot tell us when the network is gone. */
const ANSWER_GRACE_MS_MAX = 5_000;
const CLOSE_MS_MAX = 2_000;

/** What every session is set to. A peer that vanished is noticed within half a minute, so that its locks are freed. */
const SETTINGS: readonly (readonly [name: string, value: string])[] = [
  ['client_encoding', 'UTF8'],
  ['timezone', 'UTC'],
  ['lock_timeout', '10s'],
  ['idle_in_transaction_session_timeout', '5min'],
  ['tcp_keepalives_idle', '10'],
  ['tcp_keepalives_interval', '5'],
  ['tcp_keepalives_count', '3'],
];

/** One session with the server. Whatever fails in it is a {@link PostgresSinkError}; it is not used after that. */
export class Session {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #answerMsMax: number;
  #lost: Error | undefined;
  #pid = 0;

  private constructor(client: Client, socket: Socket, answerMsMax: number) {
    this.#client = client;
    this.#socket = socket;
    this.#answerMsMax = answerMsMax;
    client.on('error', (error) => (this.#lost = error));
  }

  static async open({
    client: config,
    connectTimeoutMs,
    statementTimeoutMs,
  }: SessionOptions): Promise<Session> {
    const socket = new Socket();
    const client = new Client({
      ...config,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      stream: () => socket,
    });
    const session = new Session(
      client,
      socket,
      statementTimeoutMs + Math.min(statementTimeoutMs, ANSWER_GRACE_MS_MAX),
    );
    try {
      await client.connect();
      await session.#prepare(statementTimeoutMs);
      return session;
    } catch (error) {
      const isReached = socket.readyState === 'open';
      session.destroy();
      throw unavailable(error, isReached);
    }
  }

  /** The server's process of this session. */
  get pid(): number {
    return this.#pid;
  }

  get isLost(): boolean {
    return this.#lost !== undefined || this.#socket.destroyed;
  }

  async query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const { rows } = await this.#result(text, values);
    return rows;
  }

  /** Runs statements without values in one go. */
  async run(statements: readonly string[]): Promise<void> {
    await this.#answered('query', this.#client.query(statements.join(';\n')));
  }

  /** How many rows a statement changed. */
  async change(text: string, values: readonly unknown[] = []): Promise<number> {
    const { rowCount } = await this.#result(text, values);
    return rowCount ?? 0;
  }

  /** Sends the pieces to a `COPY … FROM STDIN`. Their memory is free when it resolves. */
  copy(text: string, pieces: Iterable<Buffer>): Promise<void> {
    return this.#answered('copy', this.#client.query(new CopyIn(text, pieces)).done);
  }

  /** Ends it and waits, a moment, until the server has ended it too: its locks are free then. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    const timer = setTimeout(() => this.destroy(), CLOSE_MS_MAX);
    if (!this.isLost) {
      this.#client.end().catch(noop);
      await closed;
    }
    clearTimeout(timer);
    this.destroy();
  }

  /** Ends it at once. What is under way fails. */
  destroy(): void {
    this.#socket.destroy();
  }

  #result(text: string, values: readonly unknown[]): Promise<QueryResult<Row>> {
    return this.#answered('query', this.#client.query<Row>(text, [...values]));
  }

  async #answered<T>(what: string, answer: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.destroy(), this.#answerMsMax);
    try {
      return await answer;
    } catch (error) {
      throw sinkError(what, this.#lost ?? error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #prepare(statementTimeoutMs: number): Promise<void> {
    const settings = [...SETTINGS, ['statement_timeout', String(statementTimeoutMs)] as const];
    // A commit must survive a power cut, whatever the server's default; settings that are stricter stay.
    const rows = await this.query(
      `select pg_backend_pid() pid, set_config('synchronous_commit',
         case when current_setting('synchronous_commit') in ('off', 'local') then 'on' else current_setting('synchronous_commit') end,
         false), ${settings.map(([name, value]) => `set_config('${name}', '${value}', false)`).join(', ')}`,
    );
    this.#pid = Number(rows[0]?.['pid']);
  }
}

/** Codes of the system, of sockets and of name look-ups; those of TLS are not like them. */
const SYSTEM_CODE = /^E(?:AI_)?[A-Z0-9]+$/;

/**
 * Where no session came about, the server is not to be had. Unless it was reached: then the driver itself gave up, for
 * want of a password, or TLS did, because of a certificate; neither passes.
 */
function unavailable(error: unknown, isReached: boolean): PostgresSinkError {
  const failure = sinkError('connect', error);
  if (failure.sqlState !== undefined || failure.code === 'OPTIONS_INVALID') return failure;
  const { code } = (failure.cause ?? {}) as { readonly code?: unknown };
  const isPassing = typeof code === 'string' ? SYSTEM_CODE.test(code) : !isReached;
  return new PostgresSinkError(isPassing ? 'SERVER_UNAVAILABLE' : 'ACCESS_DENIED', failure.message, {
    cause: failure.cause,
    isPassing,
  });
}

function noop(): void {}
