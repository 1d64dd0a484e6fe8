import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { asking, TransportNatsError } from '../errors.ts';

export interface LinkOptions {
  /** How to reach the servers, and who one is there: as `@nats-io/transport-node` has it. */
  readonly connection: ConnectionOptions;
  /** For an answer. Default 5,000. */
  readonly requestTimeoutMs?: number;
}

export interface Linked {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
}

const TARGET = 'connection';
export const REQUEST_TIMEOUT_MS = 5000;
const MESSAGE_BYTES_MAX = 2 ** 20;

/** The largest message that a server takes. */
export function messageBytesMaxOf({ info }: NatsConnection): number {
  return info?.max_payload ?? MESSAGE_BYTES_MAX;
}

/** A connection that is made when it is first asked for, made again for ever when it is lost, and anew after it ended. */
export class Link {
  readonly #options: LinkOptions;
  #linked: Promise<Linked> | undefined;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Rejects while there is no server; the next call tries again. */
  async get(): Promise<Linked> {
    if (this.#isClosed) throw new TransportNatsError('CLOSED', TARGET, 'it was closed');
    this.#linked ??= this.#connect().catch((error: unknown) => {
      this.#linked = undefined;
      throw error;
    });
    return this.#linked;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const linked = await this.#linked?.catch(() => undefined);
    await linked?.connection.close();
  }

  async #connect(): Promise<Linked> {
    const timeout = this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    const defaults = { timeout, reconnectTimeWait: 250, reconnectJitter: 100, pingInterval: 10_000 };
    const options = { ...defaults, ...this.#options.connection, maxReconnectAttempts: -1 };
    const connection = await asking(TARGET, () => connect(options));
    try {
      const manager = await asking(TARGET, () => jetstreamManager(connection, { timeout }));
      // It closes by itself when the server refuses it for good.
      void connection.closed().then(() => {
        this.#linked = undefined;
      });
      return { connection, manager, client: jetstream(connection, { timeout }) };
    } catch (error) {
      await connection.close();
      throw error;
    }
  }
}
