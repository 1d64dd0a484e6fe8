import { Buffer } from 'node:buffer';
import type { Sink, SinkEvents, SinkOpened, SinkStats } from '@org/storage';
import { CURSOR_MEASUREMENT } from './cursor/cursor-head.ts';
import { CursorStore } from './cursor/cursor-store.ts';
import { InfluxError } from './errors.ts';
import { baseUrl } from './http/http-post.ts';
import { InfluxClient } from './http/influx-client.ts';
import { type RefusedLine, writeLines } from './http/write-lines.ts';
import { BatchPoints, type FormattedBatch } from './points/batch-points.ts';
import { type InfluxTarget, targetPaths, type TargetPaths } from './target.ts';

export interface InfluxSinkOptions {
  /** Of the server, for example `http://127.0.0.1:8086`; credentials are the target's. */
  readonly url: string;
  readonly target: InfluxTarget;
  /** Tells recorders apart that share a database: 1 to 64 letters, digits, `_`, `-`. Default `recorder`. */
  readonly recorder?: string;
  /** Levels of each side that are stored of a book, 0 to 1000. Default 20. */
  readonly bookLevels?: number;
  /** Whether decimals are stored as the exchange's own texts too, as `<field>_text`. Default false. */
  readonly keepsText?: boolean;
  /** Whether lines are compressed on their way. Default false. */
  readonly gzip?: boolean;
  /** From the first byte of a request to the last of its answer. Default 10,000. */
  readonly requestTimeoutMs?: number;
  /** Lines of one request. Default 1 MiB; 1.x takes 25 MB at most by default. */
  readonly requestBytesMax?: number;
  /** Requests that are under way together, each on a connection of its own. Default 2. */
  readonly requestsMax?: number;
  readonly events?: SinkEvents;
  /** Default `Date.now`; compared with nothing but itself and the date of a `Retry-After`. */
  readonly nowMs?: () => number;
}

export interface InfluxSinkStats extends SinkStats {
  /** Records of full depth, which this sink does not store. */
  readonly passedBy: number;
  /** Points that the server refused, each of them rejected. */
  readonly refused: number;
}

const RECORDER = /^[A-Za-z0-9_-]{1,64}$/;
const BOOK_LEVELS_MAX = 1000;
const REQUEST_BYTES_MIN = 64 * 1024;

/**
 * Stores records as points of InfluxDB, see the README for measurements. Every point has a time of its own that follows from
 * its record alone, so what comes again takes its own place: what was appended after the last commit is not removed by
 * `open`, as the contract of sinks has it for stores with transactions, and is there once when it was appended again.
 *
 * An error of the server leaves the sink as it was: where it passes (`isPassing`) the same call may be repeated, else a new
 * sink must be opened, once its cause is gone.
 */
export class InfluxSink implements Sink {
  readonly name = 'influx';
  readonly #options: InfluxSinkOptions;
  readonly #paths: TargetPaths;
  readonly #points: BatchPoints;
  readonly #recorder: string;
  readonly #stats = { records: 0, rows: 0, bytes: 0, rejected: 0, passedBy: 0, refused: 0 };
  /** Undefined before `open` and after `close`. */
  #open: { readonly client: InfluxClient; readonly cursor: CursorStore } | undefined;
  #appended = 0;

  /** Throws a `RangeError` for an option that cannot be. */
  constructor(options: InfluxSinkOptions) {
    const { recorder = 'recorder', bookLevels = 20, keepsText = false } = options;
    if (!RECORDER.test(recorder))
      throw new RangeError(
        `expected a name of 1 to 64 letters, digits, "_", "-", was ${JSON.stringify(recorder)}`,
      );
    checkInteger('book levels', bookLevels, 0, BOOK_LEVELS_MAX);
    checkInteger(
      'request bytes',
      options.requestBytesMax ?? REQUEST_BYTES_MIN,
      REQUEST_BYTES_MIN,
      25_000_000,
    );
    checkInteger('requests', options.requestsMax ?? 1, 1, 16);
    checkInteger('ms for an answer', options.requestTimeoutMs ?? 1, 1, 3_600_000);
    baseUrl(options.url);
    this.#options = options;
    this.#recorder = recorder;
    this.#paths = targetPaths(options.target);
    this.#points = new BatchPoints({ bookLevels, isTextKept: keepsText });
  }

  /** Makes the database of a v1 target where it is missing. Rejects with an {@link InfluxError}. */
  async open(): Promise<SinkOpened> {
    if (this.#open !== undefined) throw new Error('expected a sink that is not open');
    const client = this.#client();
    const cursor = new CursorStore({
      recorder: this.#recorder,
      write: (lines) => this.#writeAll(client, Buffer.from(lines)),
      query: (statement) => client.query(statement),
    });
    try {
      const { position, state, isPositionLost, problems } = await this.#readCursor(client, cursor);
      this.#open = { client, cursor };
      this.#appended = position;
      const repairs = problems.map((problem) => ({ target: CURSOR_MEASUREMENT, problem, bytesCut: 0 }));
      return { position, state, isPositionLost, repairs };
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** All points of the batch are stored when it resolves; when it rejects some of them may be, and come again. */
  async append(batch: Buffer, position: number): Promise<void> {
    const { client } = this.#usable();
    if (!(Number.isSafeInteger(position) && position > this.#appended))
      throw new RangeError(
        `position ${position}: expected a whole number above ${this.#appended}, which is stored already`,
      );
    const formatted = this.#points.format(batch);
    const refused = await this.#write(client, formatted.lines);
    this.#appended = position;
    this.#count(formatted, refused);
    this.#report(formatted, refused);
  }

  async commit(state?: string): Promise<number> {
    const { cursor } = this.#usable();
    await cursor.commit(this.#appended, state);
    return this.#appended;
  }

  close(): Promise<void> {
    this.#open?.client.close();
    this.#open = undefined;
    return Promise.resolve();
  }

  stats(): InfluxSinkStats {
    return { ...this.#stats };
  }

  #client(): InfluxClient {
    const { url, gzip = false, requestTimeoutMs = 10_000, requestsMax = 2, nowMs = Date.now } = this.#options;
    const paths = this.#paths;
    return new InfluxClient({
      url,
      paths,
      isGzip: gzip,
      timeoutMs: requestTimeoutMs,
      connectionsMax: requestsMax,
      nowMs,
    });
  }

  async #readCursor(client: InfluxClient, cursor: CursorStore) {
    try {
      return await cursor.open();
    } catch (error) {
      const { creatable } = this.#paths;
      if (!(error instanceof InfluxError && error.code === 'STORE_MISSING') || creatable === undefined)
        throw error;
      await client.query(`CREATE DATABASE "${creatable}"`);
      return cursor.open();
    }
  }

  #usable() {
    if (this.#open !== undefined) return this.#open;
    throw new Error('a sink is opened before it is used, and not used after it is closed');
  }

  #write(client: InfluxClient, lines: Buffer): Promise<readonly RefusedLine[]> {
    const { requestBytesMax = 1024 * 1024, requestsMax = 2 } = this.#options;
    return writeLines(lines, { write: (piece) => client.write(piece), requestBytesMax, requestsMax });
  }

  /** What the sink needs itself: a refusal is no matter of single points. */
  async #writeAll(client: InfluxClient, lines: Buffer): Promise<void> {
    const [refused] = await this.#write(client, lines);
    if (refused !== undefined)
      throw new InfluxError('REQUEST_REFUSED', `the cursor is refused: ${refused.problem}`);
  }

  #count(
    { lines, records, streams, notes, passedBy, rejections }: FormattedBatch,
    refused: readonly RefusedLine[],
  ): void {
    const stats = this.#stats;
    const lost = refused.filter(({ line }) => !notes.has(line)).length;
    stats.records += records;
    stats.rows += streams.length - notes.size - lost;
    stats.bytes += lines.length;
    stats.rejected += rejections.length + lost;
    stats.passedBy += passedBy;
    stats.refused += refused.length;
  }

  #report({ streams, rejections }: FormattedBatch, refused: readonly RefusedLine[]): void {
    const rejected = this.#options.events?.rejected;
    if (rejected === undefined) return;
    for (const rejection of rejections) rejected(rejection);
    for (const { line, problem } of refused) rejected({ stream: streams[line]!, problem });
  }
}

function checkInteger(what: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${what}: expected ${min} to ${max}, was ${value}`);
}
