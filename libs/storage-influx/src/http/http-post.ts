import { Buffer } from 'node:buffer';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { InfluxError } from '../errors.ts';

/** Bytes of an answer: a state of the largest size, in base64, in JSON. */
const ANSWER_BYTES_MAX = 128 * 1024 * 1024;

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

export interface HttpPostOptions {
  /** `http://` or `https://`, with a path where a proxy has one. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** From the first byte of the request to the last of the answer. */
  readonly timeoutMs: number;
  readonly connectionsMax: number;
}

export interface HttpBody {
  readonly body: Uint8Array;
  readonly contentType: string;
  /** Whether it is compressed on its way. */
  readonly isGzip: boolean;
}

const compress = promisify(gzip);

/** Sends requests over connections that are kept. */
export class HttpPost {
  readonly #options: HttpPostOptions;
  readonly #base: URL;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(options: HttpPostOptions) {
    this.#options = options;
    this.#base = baseUrl(options.url);
    const pool = { keepAlive: true, maxSockets: options.connectionsMax };
    this.#agent = this.#base.protocol === 'https:' ? new HttpsAgent(pool) : new HttpAgent(pool);
  }

  /** Rejects with an {@link InfluxError} unless there is a whole answer, whatever its status. */
  async send(path: string, { body, contentType, isGzip }: HttpBody): Promise<HttpAnswer> {
    const bytes = isGzip ? await compress(body, { level: constants.Z_BEST_SPEED }) : body;
    return this.#send(path, bytes, {
      ...this.#options.headers,
      'content-type': contentType,
      'content-length': String(bytes.length),
      ...(isGzip && { 'content-encoding': 'gzip' }),
    });
  }

  /** Ends the connections; what is under way fails. */
  close(): void {
    this.#agent.destroy();
  }

  #send(path: string, body: Uint8Array, headers: Record<string, string>): Promise<HttpAnswer> {
    const { timeoutMs } = this.#options;
    const signal = AbortSignal.timeout(timeoutMs);
    const isTls = this.#base.protocol === 'https:';
    const url = new URL(this.#base.pathname.replace(/\/$/, '') + path, this.#base);
    return new Promise((resolve, reject) => {
      const failed = (cause: unknown) => reject(this.#failure(cause, signal.aborted));
      const options = { method: 'POST', agent: this.#agent, headers, signal };
      const post = (isTls ? httpsRequest : httpRequest)(url, options, (response) => {
        readAnswer(response).then(resolve, failed);
      });
      post.once('error', failed);
      post.end(body);
    });
  }

  #failure(cause: unknown, isLate: boolean): InfluxError {
    if (cause instanceof InfluxError) return cause;
    const { host } = this.#base;
    if (isLate) {
      const problem = `${host}: expected an answer within ${this.#options.timeoutMs} ms`;
      return new InfluxError('REQUEST_TIMED_OUT', problem, { cause });
    }
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    return new InfluxError('SERVER_UNREACHABLE', `${host}: no answer (${reason})`, { cause });
  }
}

/** The URL of a server. Throws a `RangeError` for anything else, and for one that carries credentials: URLs are logged. */
export function baseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isServer = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!isServer || url.username !== '' || url.password !== '' || url.search !== '')
    throw new RangeError('expected an http:// or https:// URL without credentials and query');
  return url;
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX)
      throw new InfluxError('ANSWER_UNREADABLE', `expected an answer of at most ${ANSWER_BYTES_MAX} bytes`);
  }
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'],
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
