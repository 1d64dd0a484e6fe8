import type { SinkOpened } from '@org/storage';
import { sinkError } from '../connection/error-class.ts';
import { Session } from '../connection/session.ts';
import { PostgresSinkError } from '../errors.ts';
import type { PendingMark, PendingRows } from '../rows/pending-rows.ts';
import type { Partitioning } from '../schema/ddl.ts';
import { migrate } from '../schema/migrate.ts';
import { Partitions } from '../schema/partitions.ts';
import {
  hasRows,
  moveCursor,
  readCursor,
  storeTaken,
  takeCursor,
  type Cursor,
  type CursorPlace,
} from './cursor.ts';
import { clientConfig } from './client-config.ts';
import { checkServer } from './server-check.ts';
import { takeSinkLock } from './sink-lock.ts';
import type { PostgresSinkOptions } from './sink-options.ts';
import { makeRoom, NOTHING_STORED, storeRows, together, type StoredRows } from './transaction.ts';

export interface SinkStoreHandlers {
  /** Drawn by this sink alone. */
  readonly owner: string;
  readonly pending: PendingRows;
  /** Told when a commit is known to be done. */
  readonly stored: (stored: StoredRows) => void;
}

/** A commit that was sent: done when the cursor stands where `cursor` says. */
interface SentCommit {
  readonly cursor: Cursor;
  readonly mark: PendingMark;
  readonly stored: StoredRows;
}

const STATEMENT_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
const LOCK_WAIT_MS = 3_000;

/** The sink's side of the database: its session, its transaction, and what it knows of its cursor. */
export class SinkStore {
  readonly #options: PostgresSinkOptions;
  readonly #handlers: SinkStoreHandlers;
  readonly #place: CursorPlace;
  readonly #partitions: Partitions;
  readonly #clock: () => number;
  #session: Session | undefined;
  #lastPid: number | undefined;
  #partitioning: Partitioning = 'native';
  /** As the last commit left it; undefined while the database has none. */
  #cursor: Cursor | undefined;
  /** A commit whose answer was lost. */
  #sent: SentCommit | undefined;
  /** What the open transaction has stored before its commit; undefined where there is no transaction. */
  #early: StoredRows | undefined;

  constructor(options: PostgresSinkOptions, handlers: SinkStoreHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#clock = options.clock ?? Date.now;
    this.#place = { schema: options.schema ?? 'public', name: options.cursor ?? 'recorder' };
    this.#partitions = new Partitions({
      schema: this.#place.schema,
      ahead: options.partitionsAhead ?? 1,
      clock: this.#clock,
    });
  }

  async open(): Promise<SinkOpened> {
    const session = await this.#connect();
    try {
      await checkServer(session);
      this.#partitioning = await migrate(session, {
        schema: this.#place.schema,
        timescale: this.#options.timescale ?? 'auto',
      });
      await this.#lock(session);
      const opened = await this.#takeOver(session);
      this.#session = session;
      return opened;
    } catch (error) {
      session.destroy();
      throw sinkError('open', error);
    }
  }

  /** Finds out whether a commit whose answer was lost is done. */
  async settle(): Promise<void> {
    if (this.#sent !== undefined) await this.#connected();
  }

  /** Stores what is pending and moves the cursor; returns the position that is durable then. */
  async commit(position: number, state: string | undefined): Promise<number> {
    await this.settle();
    const { position: durable = 0, state: stored } = this.#cursor ?? {};
    if (position === durable && (state === undefined || state === stored)) return durable;
    await this.#withSession(async (session) => {
      const rows = await this.#send(session);
      await this.#finish(session, rows, position, state);
    });
    return position;
  }

  /** Copies what is pending before its commit, so that memory is bounded: after that a lost session loses it. */
  async sendEarly(): Promise<void> {
    await this.#withSession(async (session) => {
      this.#early = await this.#send(session);
      const { pending } = this.#handlers;
      pending.dropUntil(pending.mark());
    });
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    this.#early = undefined;
    this.#sent = undefined;
    this.#handlers.pending.restore(new Map());
    await session?.close();
  }

  async #takeOver(session: Session): Promise<SinkOpened> {
    const { owner, pending } = this.#handlers;
    const found = await readCursor(session, this.#place);
    const isPositionLost = found === undefined && (await hasRows(session, this.#place));
    if (found !== undefined) await takeCursor(session, this.#place, owner);
    await this.#partitions.load(session, this.#partitioning);
    this.#cursor = found === undefined ? undefined : { ...found, owner };
    this.#sent = undefined;
    this.#early = undefined;
    pending.restore(new Map());
    const { schema, name } = this.#place;
    const problem = `no cursor ${JSON.stringify(name)} beside the rows: nobody knows how far they go`;
    return {
      position: found?.position ?? 0,
      state: found?.state,
      isPositionLost,
      repairs: isPositionLost ? [{ target: `${schema}.recorder_cursor`, problem, bytesCut: 0 }] : [],
    };
  }

  /** Copies what is pending within the transaction, which it begins where there is none. */
  async #send(session: Session): Promise<StoredRows> {
    const { pending } = this.#handlers;
    if (this.#early === undefined) {
      await makeRoom(session, this.#partitions, pending);
      await session.query('begin');
    }
    const stored = await storeRows(session, this.#place.schema, this.#partitions, pending);
    return together(this.#early ?? NOTHING_STORED, stored);
  }

  async #finish(
    session: Session,
    stored: StoredRows,
    position: number,
    state: string | undefined,
  ): Promise<void> {
    const { owner, pending } = this.#handlers;
    const before = this.#cursor;
    await moveCursor(session, this.#place, before, { position, state, owner });
    const commits = (before?.commits ?? 0) + 1;
    const cursor = { position, state: state ?? before?.state, commits, owner };
    this.#sent = { cursor, mark: pending.mark(), stored };
    await session.query('commit');
    this.#confirm();
  }

  /** The commit that was sent is done. */
  #confirm(): void {
    const sent = this.#sent;
    if (sent === undefined) return;
    this.#cursor = sent.cursor;
    this.#sent = undefined;
    this.#early = undefined;
    this.#handlers.pending.dropUntil(sent.mark);
    this.#handlers.stored(sent.stored);
  }

  /** Whatever fails within a session ends it: the server then forgets the transaction. */
  async #withSession(work: (session: Session) => Promise<void>): Promise<void> {
    const session = await this.#connected();
    try {
      await work(session);
    } catch (error) {
      session.destroy();
      throw this.#afterLoss(error);
    }
  }

  /** What a lost session means for rows that were sent early. Where a commit was sent, only the cursor can tell. */
  #afterLoss(error: unknown): PostgresSinkError {
    const failure = sinkError('store', error);
    if (this.#early === undefined || this.#sent !== undefined || !failure.isPassing) return failure;
    return new PostgresSinkError(
      'UNCOMMITTED_LOST',
      `rows that were sent early are lost: ${failure.message}`,
      {
        cause: failure,
        sqlState: failure.sqlState,
      },
    );
  }

  /** The session, or the next one, after what the last one left open is settled. */
  async #connected(): Promise<Session> {
    if (this.#session?.isLost === false) return this.#session;
    const session = await this.#connect();
    try {
      await this.#lock(session);
      this.#compare(await readCursor(session, this.#place));
      await this.#partitions.load(session, this.#partitioning);
      this.#session = session;
      return session;
    } catch (error) {
      session.destroy();
      throw sinkError('reconnect', error);
    }
  }

  /** Throws `STORE_TAKEN` when the cursor is neither where the last commit left it nor where the one that was sent puts it. */
  #compare(found: Cursor | undefined): void {
    if (this.#sent !== undefined && isSame(found, this.#sent.cursor)) return this.#confirm();
    if (!isSame(found, this.#cursor)) throw storeTaken(this.#place.name);
    this.#sent = undefined;
    if (this.#early !== undefined)
      throw new PostgresSinkError(
        'UNCOMMITTED_LOST',
        'rows that were sent early are lost with their session',
      );
  }

  async #connect(): Promise<Session> {
    const session = await Session.open({
      client: { ...clientConfig(this.#options), application_name: `recorder ${this.#place.name}` },
      connectTimeoutMs: this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      statementTimeoutMs: this.#options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    });
    return session;
  }

  async #lock(session: Session): Promise<void> {
    const waitMs = this.#options.lockWaitMs ?? LOCK_WAIT_MS;
    await takeSinkLock(session, this.#place, { ownPid: this.#lastPid, waitMs, clock: this.#clock });
    this.#lastPid = session.pid;
  }
}

function isSame(found: Cursor | undefined, expected: Cursor | undefined): boolean {
  if (found === undefined || expected === undefined) return found === expected;
  const { owner, commits, position } = expected;
  return found.owner === owner && found.commits === commits && found.position === position;
}
