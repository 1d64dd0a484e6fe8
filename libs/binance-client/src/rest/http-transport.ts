import { Buffer } from 'node:buffer';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios from 'axios';
import type { AxiosInstance } from 'axios';
import type { Clock } from '../clock.ts';
import { BinanceClientError } from '../errors.ts';
import { linkSignals } from './link-signals.ts';
import type { HttpAnswer } from './judge-answer.ts';

/** The list of all spot symbols is about 20 MB; everything else is below 3 MB. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

export interface HttpRequest {
  /** Address without its query. */
  readonly url: string;
  readonly query: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** GET over connections that stay open. Every answer is a result; having none is an error. */
export class HttpTransport {
  readonly #clock: Clock;
  readonly #axios: AxiosInstance;
  readonly #agents = [new HttpAgent({ keepAlive: true }), new HttpsAgent({ keepAlive: true })] as const;

  constructor(clock: Clock) {
    this.#clock = clock;
    const [httpAgent, httpsAgent] = this.#agents;
    this.#axios = axios.create({
      httpAgent,
      httpsAgent,
      responseType: 'arraybuffer',
      validateStatus: () => true,
      maxRedirects: 0,
      maxContentLength: BODY_BYTES_MAX,
      // Where requests go is the caller's decision, not the environment's.
      proxy: false,
    });
  }

  async get({ url, query, timeoutMs, signal }: HttpRequest): Promise<HttpAnswer> {
    // A deadline for the whole answer: the one of axios starts anew with every byte.
    const deadline = new AbortController();
    const timer = this.#clock.setTimeout(() => deadline.abort(), timeoutMs);
    const link = linkSignals([signal, deadline.signal]);
    try {
      const address = query === '' ? url : `${url}?${query}`;
      const { status, headers, data } = await this.#axios.get<unknown>(address, { signal: link.signal });
      return { url, status, headers: textHeaders(headers), body: toBuffer(data) };
    } catch (cause) {
      if (signal?.aborted)
        throw new BinanceClientError('REQUEST_ABORTED', `request ${url}: aborted`, { url, cause });
      if (deadline.signal.aborted) throw timedOut(url, timeoutMs);
      throw unanswered(url, cause);
    } finally {
      link.unlink();
      this.#clock.clearTimeout(timer);
    }
  }

  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }
}

function timedOut(url: string, timeoutMs: number): BinanceClientError {
  return new BinanceClientError('REQUEST_TIMED_OUT', `request ${url}: no answer within ${timeoutMs} ms`, {
    url,
    timeoutMs,
  });
}

function unanswered(url: string, cause: unknown): BinanceClientError {
  const { code = 'no answer', message = '' } = cause as { code?: string; message?: string };
  const isAnswer = code === 'ERR_BAD_RESPONSE' || code === 'ERR_BAD_REQUEST';
  if (!isAnswer) return new BinanceClientError('CONNECT_FAILED', `request ${url}: ${code}`, { url, cause });
  return new BinanceClientError('ANSWER_MALFORMED', `answer of ${url}: ${message}`, { url, cause });
}

function textHeaders(headers: object): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

function toBuffer(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return data instanceof ArrayBuffer ? Buffer.from(data) : Buffer.alloc(0);
}
