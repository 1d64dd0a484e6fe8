import type { Buffer } from 'node:buffer';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';

/** Largest message that is taken; the largest of the exchange, arrays over all symbols, are below 1 MiB. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** RFC 6455: no close frame was received; message too big. */
const CODE_ABNORMAL = 1006;
const CODE_TOO_BIG = 1009;

export interface SocketGone {
  readonly code: number;
  readonly reason: string;
  /** Set when the server refused the handshake and said how long to stay away. */
  readonly retryAfterMs?: number;
}

export interface SocketCallbacks {
  opened(): void;
  message(bytes: Buffer, isBinary: boolean): void;
  /** The server pinged; ws answers by itself. */
  pinged(): void;
  ponged(): void;
  /** Exactly once, whatever happened. */
  gone(event: SocketGone): void;
}

export interface Socket {
  send(text: string): void;
  ping(): void;
  close(): void;
  terminate(): void;
}

/*
 * No compression: it costs a third of the throughput of a process that reads many streams. No check of UTF-8 inside ws:
 * it would end the connection, so that one bad message of one stream would cost all its neighbours.
 */
const OPTIONS: ClientOptions & { readonly closeTimeout: number } = {
  perMessageDeflate: false,
  maxPayload: MESSAGE_BYTES_MAX,
  skipUTF8Validation: true,
  followRedirects: false,
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  closeTimeout: CLOSE_TIMEOUT_MS,
  autoPong: true,
};

/** Opens a WebSocket; every end of it is one call of `gone`. */
export function openSocket(url: string, callbacks: SocketCallbacks): Socket {
  const socket = new WebSocket(url, OPTIONS);
  let failure: SocketGone | undefined;
  let isGone = false;
  const gone = (event: SocketGone) => {
    if (isGone) return;
    isGone = true;
    callbacks.gone(failure ?? event);
  };
  socket.on('open', () => callbacks.opened());
  socket.on('message', (data, isBinary) => callbacks.message(data as Buffer, isBinary));
  socket.on('ping', () => callbacks.pinged());
  socket.on('pong', () => callbacks.ponged());
  socket.on('unexpected-response', (request, response) => {
    const reason = `handshake answered with HTTP ${response.statusCode}`;
    failure = { code: CODE_ABNORMAL, reason, ...retryAfter(response.headers['retry-after']) };
    request.destroy();
    response.destroy();
    socket.terminate();
    gone(failure);
  });
  socket.on('error', (error: Error & { code?: string }) => {
    failure ??= failureOf(error);
    // An error of the protocol ends the connection in ws, which then waits for the other side; this does not.
    if (socket.readyState !== WebSocket.CONNECTING) socket.terminate();
  });
  socket.on('close', (code, reason) => gone({ code, reason: reason.toString() }));
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    ping: () => {
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    },
    close: () => {
      socket.close(1000);
    },
    terminate: () => {
      socket.terminate();
    },
  };
}

function failureOf(error: Error & { code?: string }): SocketGone {
  const isTooBig = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
  if (isTooBig) return { code: CODE_TOO_BIG, reason: `message of more than ${MESSAGE_BYTES_MAX} bytes` };
  return { code: CODE_ABNORMAL, reason: error.code ?? error.message };
}

function retryAfter(seconds: string | undefined): { retryAfterMs?: number } {
  const value = Number(seconds);
  return seconds !== undefined && value >= 0 ? { retryAfterMs: value * 1000 } : {};
}
