import type { AddressInfo, Socket } from 'node:net';
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { monitoringRoutes, type MonitoringSources } from './routes.ts';

export interface MonitoringServer {
  /** Where it listens, for example `http://127.0.0.1:8710`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Who asks slowly, at length or many times at once is cut off: the recorder has other things to do. */
export const HTTP_LIMITS: HttpLimits = {
  /** Request line and headers together; more is answered with 431. */
  headerBytesMax: 8192,
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 10_000,
  /** How often open connections are held against the times above. */
  checkIntervalMs: 1000,
  /** More are closed as they come. */
  connectionsMax: 64,
};

/** Bytes, milliseconds and numbers. */
export type HttpLimits = Readonly<
  Record<
    | 'headerBytesMax'
    | 'headersTimeoutMs'
    | 'requestTimeoutMs'
    | 'keepAliveTimeoutMs'
    | 'checkIntervalMs'
    | 'connectionsMax',
    number
  >
>;

/** Listens, or rejects with the system's error (`EADDRINUSE`) when it cannot. */
export function startMonitoring(
  address: { host: string; port: number },
  sources: MonitoringSources,
  limits: HttpLimits = HTTP_LIMITS,
): Promise<MonitoringServer> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch: monitoringRoutes(sources, address.host).fetch,
        hostname: address.host,
        port: address.port,
        serverOptions: {
          maxHeaderSize: limits.headerBytesMax,
          headersTimeout: limits.headersTimeoutMs,
          requestTimeout: limits.requestTimeoutMs,
          keepAliveTimeout: limits.keepAliveTimeoutMs,
          connectionsCheckingInterval: limits.checkIntervalMs,
        },
      },
      (bound: AddressInfo) =>
        resolve({ url: `http://${hostInUrl(address.host)}:${bound.port}`, close: () => close(server) }),
    ) as Server;
    server.maxConnections = limits.connectionsMax;
    server.on('clientError', refuse);
    server.once('error', reject);
  });
}

/** What Node itself refuses, before it is a request. */
const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = REFUSALS[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({ error: status.slice(4).toLowerCase() });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `X-Content-Type-Options: nosniff\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
