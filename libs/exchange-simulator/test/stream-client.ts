import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Exchange } from '@org/exchange-simulator';
import type { Message } from './wire-types.ts';

const WAIT_MS = 10_000;

/** A client that knows nothing of books: it keeps what arrives, byte for byte. */
export class StreamClient {
  readonly frames: Buffer[] = [];
  readonly pings: string[] = [];
  /** Codes of what the client itself found wrong with the connection. */
  readonly errors: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #webSocket: WebSocket;
  #requestId = 0;
  #isClosed = false;
  #changed: () => void = () => undefined;

  private constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    webSocket.on('message', (data, isBinary) => {
      if (!isBinary) this.frames.push(data as Buffer);
      this.#changed();
    });
    webSocket.on('ping', (data) => {
      this.pings.push(data.toString());
      this.#changed();
    });
    webSocket.on('error', (error: NodeJS.ErrnoException) => this.errors.push(error.code ?? error.message));
    this.closed = new Promise((resolve) => {
      webSocket.on('close', (code, reason) => {
        this.#isClosed = true;
        resolve({ code, reason: reason.toString() });
        this.#changed();
      });
    });
  }

  static async connect(
    exchange: Exchange,
    path: string,
    options: {
      maxPayload?: number;
      skipUTF8Validation?: boolean;
      autoPong?: boolean;
      headers?: Record<string, string>;
    } = {},
  ): Promise<StreamClient> {
    const webSocket = new WebSocket(exchange.wsUrl + path, options);
    const client = new StreamClient(webSocket);
    await once(webSocket, 'open');
    return client;
  }

  /** Messages parsed, control answers included. */
  get messages(): Message[] {
    return this.frames.map((frame) => parsed(frame));
  }

  /** Payloads of one stream, from envelopes. */
  payloads<P>(stream: string): P[] {
    const head = `{"stream":"${stream}",`;
    return this.frames
      .filter((frame) => frame.toString('utf8', 0, Buffer.byteLength(head)) === head)
      .map((frame) => (JSON.parse(frame.toString()) as { data: P }).data);
  }

  get extensions(): string {
    return this.#webSocket.extensions;
  }

  send(text: string): void {
    this.#webSocket.send(text);
  }

  sendBinary(bytes: Buffer): void {
    this.#webSocket.send(bytes, { binary: true });
  }

  /** Sends a request and gives the answer that carries its id. */
  async request(method: string, params?: unknown): Promise<Message> {
    const id = ++this.#requestId;
    this.send(JSON.stringify({ method, params, id }));
    await this.until(() => this.answer(id) !== undefined);
    return this.answer(id)!;
  }

  answer(id: number): Message | undefined {
    const end = `"id":${id}}`;
    const found = this.frames.findLast((frame) => frame.toString('latin1').endsWith(end));
    return found === undefined ? undefined : (JSON.parse(found.toString()) as Message);
  }

  /** Waits for frames until the check holds. Fails when that takes too long, or when the connection ends first. */
  async until(check: () => boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`waited ${WAIT_MS} ms in vain; ${this.frames.length} frames came`)),
        WAIT_MS,
      );
    });
    try {
      while (!check()) {
        if (this.#isClosed) throw new Error(`the connection ended; ${this.frames.length} frames came`);
        await Promise.race([late, new Promise<void>((resolve) => (this.#changed = resolve))]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#webSocket.terminate();
    await this.closed;
  }
}

export interface RestAnswer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: T;
}

/** The message that a frame holds. */
export function parsed(frame: Buffer | string): Message {
  return JSON.parse(frame.toString()) as Message;
}

/** A GET that reads the whole body; `json` is undefined where the body is none. */
export async function get<T>(exchange: Exchange, path: string): Promise<RestAnswer<T>> {
  const response = await fetch(exchange.restUrl + path);
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text, json: json as T };
}
