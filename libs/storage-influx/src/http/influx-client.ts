import { Buffer } from 'node:buffer';
import { InfluxError } from '../errors.ts';
import type { TargetPaths } from '../target.ts';
import { isSuccess, refusal, writeOutcome, type WriteOutcome } from './answer.ts';
import { type HttpAnswer, type HttpBody, HttpPost } from './http-post.ts';

export interface InfluxClientOptions {
  readonly url: string;
  readonly paths: TargetPaths;
  /** Whether lines are compressed on their way. */
  readonly isGzip: boolean;
  readonly timeoutMs: number;
  readonly connectionsMax: number;
  readonly nowMs: () => number;
}

/** Rows of a result as objects by column name. */
export type QueryRow = Readonly<Record<string, unknown>>;

const LINE_PROTOCOL = 'text/plain; charset=utf-8';
const FORM = 'application/x-www-form-urlencoded';
const DATABASE_MISSING =
  /^(?:database|bucket|dbrp mapping) .*not found|^database not found|unable to find DBRP/i;

/** The two requests that a server is asked: write these lines, answer this query. */
export class InfluxClient {
  readonly #options: InfluxClientOptions;
  readonly #http: HttpPost;
  #leftAlone: { readonly untilMs: number; readonly error: InfluxError } | undefined;

  constructor(options: InfluxClientOptions) {
    const { url, paths, timeoutMs, connectionsMax } = options;
    this.#options = options;
    this.#http = new HttpPost({ url, headers: paths.headers, timeoutMs, connectionsMax });
  }

  /** Rejects with an {@link InfluxError} where nothing is known of the lines: they may come again. */
  async write(lines: Uint8Array): Promise<WriteOutcome> {
    const { paths, nowMs, isGzip } = this.#options;
    const answer = await this.#send(paths.write, { body: lines, contentType: LINE_PROTOCOL, isGzip });
    return this.#heeding(() => writeOutcome(answer, nowMs()));
  }

  /** The rows of one statement, all series behind each other. Rejects with `STORE_MISSING` where there is no database. */
  async query(statement: string): Promise<readonly QueryRow[]> {
    const body = Buffer.from(new URLSearchParams({ q: statement }).toString());
    const answer = await this.#send(this.#options.paths.query, { body, contentType: FORM, isGzip: false });
    if (!isSuccess(answer.status)) this.#heeding(() => fail(refusal(answer, this.#options.nowMs())));
    return readRows(answer.body);
  }

  close(): void {
    this.#http.close();
  }

  /** A server that asked to be left alone is not asked again before that time. */
  async #send(path: string, body: HttpBody): Promise<HttpAnswer> {
    const { nowMs } = this.#options;
    if (this.#leftAlone !== undefined && nowMs() < this.#leftAlone.untilMs) throw this.#leftAlone.error;
    this.#leftAlone = undefined;
    return this.#http.send(path, body);
  }

  #heeding<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof InfluxError && error.retryAfterMs !== undefined)
        this.#leftAlone = { untilMs: this.#options.nowMs() + error.retryAfterMs, error };
      throw error;
    }
  }
}

function fail(error: InfluxError): never {
  throw error;
}

interface QueryAnswer {
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly columns: readonly string[];
      readonly values?: readonly (readonly unknown[])[];
    }[];
  }[];
}

function readRows(body: string): readonly QueryRow[] {
  const result = parseAnswer(body).results?.[0];
  if (result === undefined) throw new InfluxError('ANSWER_UNREADABLE', 'expected one result of a query');
  if (result.error !== undefined) {
    const code = DATABASE_MISSING.test(result.error) ? 'STORE_MISSING' : 'REQUEST_REFUSED';
    throw new InfluxError(code, result.error.slice(0, 200));
  }
  return (result.series ?? []).flatMap(({ columns, values = [] }) =>
    values.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]]))),
  );
}

function parseAnswer(body: string): QueryAnswer {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer === 'object' && answer !== null) return answer;
  } catch (cause) {
    throw new InfluxError('ANSWER_UNREADABLE', 'expected JSON in answer to a query', { cause });
  }
  throw new InfluxError('ANSWER_UNREADABLE', 'expected a JSON object in answer to a query');
}
