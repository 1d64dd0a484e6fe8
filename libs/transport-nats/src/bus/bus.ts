import {
  DiscardPolicy,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamClient,
  type JetStreamManager,
  type StreamInfo,
} from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node';
import { systemClock, type Clock } from '../clock.ts';
import { asking, hasCode, isPassing, TransportNatsError } from '../errors.ts';
import { busLimits, type BusLimits, type BusOptions } from './bus-options.ts';
import { BusNames } from './names.ts';
import { judgeServer, type ServerReport } from './server-report.ts';

const LAYOUT_KEY = 'layout';
const NS_PER_MS = 1_000_000;

export interface ServerAssurances {
  /** The operator says that the servers run with `sync_interval: always`. Default false. */
  readonly isSyncedAlways?: boolean;
  /** The operator says that the copies do not lose their power together. Default false. */
  readonly areCopiesApart?: boolean;
}

/** What is there while there is a connection. */
interface Linked {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  readonly cursors: KV;
  readonly leases: KV;
}

/**
 * The connection of one process to the servers, and the streams and buckets of a recorder there. It connects when it is
 * first used, again for ever when the connection is lost, and makes what is missing; every call may fail with a passing
 * {@link TransportNatsError} until then.
 */
export class Bus {
  readonly names: BusNames;
  readonly limits: BusLimits;
  readonly clock: Clock;
  readonly random: () => number;
  readonly #options: BusOptions;
  #linked: Promise<Linked> | undefined;
  #isClosed = false;

  constructor(options: BusOptions) {
    this.names = new BusNames(options.name);
    this.limits = busLimits(options);
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.#options = options;
  }

  get partitions(): number {
    return this.limits.partitions;
  }

  async connection(): Promise<NatsConnection> {
    return (await this.#link()).connection;
  }

  async client(): Promise<JetStreamClient> {
    return (await this.#link()).client;
  }

  async manager(): Promise<JetStreamManager> {
    return (await this.#link()).manager;
  }

  /** Never read from a copy that may be behind: what is undone depends on it. */
  async cursors(): Promise<KV> {
    return (await this.#link()).cursors;
  }

  async leases(): Promise<KV> {
    return (await this.#link()).leases;
  }

  /** The largest message that the server takes. */
  async messageBytesMax(): Promise<number> {
    return (await this.connection()).info?.max_payload ?? 2 ** 20;
  }

  /** Makes the streams and buckets that are missing. LAYOUT_MISMATCH when they were made for other settings. */
  async provision(): Promise<void> {
    await this.#provision(await this.#link());
  }

  /** After a failure that says that something is missing, makes it anew. Never rejects for a reason that passes. */
  async recover(error: unknown): Promise<void> {
    if (!hasCode(error, 'STREAM_MISSING')) return;
    await this.provision().catch((cause: unknown) => {
      if (!isPassing(cause)) throw cause;
    });
  }

  /** What the servers promise with an acknowledgement. */
  async report(assurances: ServerAssurances = {}): Promise<ServerReport> {
    const { connection, manager } = await this.#link();
    const { config } = await this.#ask(() => manager.streams.info(this.names.stream));
    return judgeServer({
      version: connection.info?.version ?? 'unknown',
      storage: config.storage === StorageType.Memory ? 'memory' : 'file',
      replicas: config.num_replicas,
      discard: config.discard === DiscardPolicy.New ? 'new' : 'old',
      maxAgeMs: config.max_age / NS_PER_MS,
      isSyncedAlways: assurances.isSyncedAlways ?? false,
      areCopiesApart: assurances.areCopiesApart ?? false,
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const linked = await this.#linked?.catch(() => undefined);
    await linked?.connection.close();
  }

  #link(): Promise<Linked> {
    if (this.#isClosed) throw new TransportNatsError('CLOSED', this.names.stream, 'the bus was closed');
    this.#linked ??= this.#connect().catch((error: unknown) => {
      this.#linked = undefined;
      throw error;
    });
    return this.#linked;
  }

  async #connect(): Promise<Linked> {
    const { connection: options } = this.#options;
    const { requestTimeoutMs: timeout } = this.limits;
    const connection = await this.#ask(() =>
      connect({ timeout, reconnectTimeWait: 250, reconnectJitter: 100, pingInterval: 10_000, ...options, maxReconnectAttempts: -1 }),
    );
    try {
      const manager = await this.#ask(() => jetstreamManager(connection, { timeout }));
      const client = jetstream(connection, { timeout });
      const [cursors, leases] = await this.#buckets(client);
      const linked = { connection, manager, client, cursors, leases };
      await this.#provision(linked);
      // It closes by itself when the server refuses it for good; the next call tries again.
      void connection.closed().then(() => {
        this.#linked = undefined;
      });
      return linked;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  async #buckets(client: JetStreamClient): Promise<readonly [KV, KV]> {
    const kvm = new Kvm(client);
    const { replicas, leaseTtlMs } = this.limits;
    const common = { history: 1, replicas, allow_direct: false };
    return [
      await this.#ask(() => kvm.create(this.names.cursors, common)),
      await this.#ask(() => kvm.create(this.names.leases, { ...common, ttl: leaseTtlMs })),
    ];
  }

  async #provision({ manager, client, cursors }: Linked): Promise<void> {
    const config = this.#streamConfig();
    const found = await this.#stream(manager);
    if (found === undefined) await this.#ask(() => manager.streams.add(config));
    else this.#compare(found);
    await this.#buckets(client);
    await this.#checkLayout(cursors);
  }

  #streamConfig() {
    const { replicas, streamBytesMax, duplicateWindowMs } = this.limits;
    return {
      name: this.names.stream,
      subjects: [this.names.subjects],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      num_replicas: replicas,
      max_bytes: streamBytesMax,
      duplicate_window: nanos(duplicateWindowMs),
      allow_direct: true,
    };
  }

  async #stream(manager: JetStreamManager): Promise<StreamInfo | undefined> {
    try {
      return await this.#ask(() => manager.streams.info(this.names.stream));
    } catch (error) {
      if (hasCode(error, 'STREAM_MISSING')) return undefined;
      throw error;
    }
  }

  /** Settings that an operator may change are his; where messages go is not. */
  #compare({ config }: StreamInfo): void {
    const { stream, subjects } = this.names;
    if (config.subjects.length === 1 && config.subjects[0] === subjects) return;
    throw new TransportNatsError(
      'LAYOUT_MISMATCH',
      stream,
      `expected a stream of ${subjects}, was ${config.subjects.join(' ')}`,
    );
  }

  async #checkLayout(cursors: KV): Promise<void> {
    const { partitions } = this.limits;
    const found = await this.#ask(() => cursors.get(LAYOUT_KEY));
    const was = found === null ? undefined : found.string();
    const wanted = JSON.stringify({ version: 1, partitions });
    if (was === wanted) return;
    if (was !== undefined)
      throw new TransportNatsError('LAYOUT_MISMATCH', this.names.cursors, `expected ${wanted}, was ${was}`);
    try {
      await this.#ask(() => cursors.create(LAYOUT_KEY, wanted));
    } catch (error) {
      // Somebody else made it at the same time; the next look compares.
      if (!hasCode(error, 'CONFLICT')) throw error;
      await this.#checkLayout(cursors);
    }
  }

  #ask<T>(call: () => Promise<T>): Promise<T> {
    return asking(this.names.stream, call);
  }
}
