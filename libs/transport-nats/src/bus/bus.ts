import {
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type JetStreamClient,
  type JetStreamManager,
  type StreamInfo,
} from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { systemClock, type Clock } from '../clock.ts';
import { asking, hasCode, isPassing, TransportNatsError } from '../errors.ts';
import { busLimits, type BusLimits, type BusOptions } from './bus-options.ts';
import { Link, messageBytesMaxOf, type Linked } from './link.ts';
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
interface Ready extends Linked {
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
  readonly #link: Link;
  /** Of the connection that there is now. */
  #made: { readonly linked: Linked; readonly ready: Promise<Ready> } | undefined;

  constructor(options: BusOptions) {
    this.names = new BusNames(options.name);
    this.limits = busLimits(options);
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.#link = new Link({ ...options, requestTimeoutMs: this.limits.requestTimeoutMs });
  }

  get partitions(): number {
    return this.limits.partitions;
  }

  async connection(): Promise<NatsConnection> {
    return (await this.#ready()).connection;
  }

  async client(): Promise<JetStreamClient> {
    return (await this.#ready()).client;
  }

  async manager(): Promise<JetStreamManager> {
    return (await this.#ready()).manager;
  }

  /** Never read from a copy that may be behind: what is undone depends on it. */
  async cursors(): Promise<KV> {
    return (await this.#ready()).cursors;
  }

  async leases(): Promise<KV> {
    return (await this.#ready()).leases;
  }

  /** The largest message that the server takes. */
  async messageBytesMax(): Promise<number> {
    return messageBytesMaxOf(await this.connection());
  }

  /** Makes the streams and buckets that are missing. LAYOUT_MISMATCH when they were made for other settings. */
  async provision(): Promise<void> {
    await this.#provision(await this.#ready());
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
    const { connection, manager } = await this.#ready();
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

  close(): Promise<void> {
    return this.#link.close();
  }

  async #ready(): Promise<Ready> {
    const linked = await this.#link.get();
    if (this.#made?.linked !== linked) this.#made = { linked, ready: this.#make(linked) };
    const { ready } = this.#made;
    try {
      return await ready;
    } catch (error) {
      if (this.#made?.ready === ready) this.#made = undefined;
      throw error;
    }
  }

  async #make(linked: Linked): Promise<Ready> {
    const [cursors, leases] = await this.#buckets(linked.client);
    const ready = { ...linked, cursors, leases };
    await this.#provision(ready);
    return ready;
  }

  /** Copies and sizes of what is there are the operator's; the time of a lease is everybody's. */
  async #buckets(client: JetStreamClient): Promise<readonly [KV, KV]> {
    const { leaseTtlMs } = this.limits;
    const cursors = await this.#bucket(client, this.names.cursors, 0);
    const leases = await this.#bucket(client, this.names.leases, leaseTtlMs);
    const { ttl } = await this.#ask(() => leases.status());
    if (ttl === leaseTtlMs) return [cursors, leases];
    const problem = `expected leases of ${leaseTtlMs} ms, was ${ttl} ms`;
    throw new TransportNatsError('LAYOUT_MISMATCH', this.names.leases, problem);
  }

  async #bucket(client: JetStreamClient, name: string, ttlMs: number): Promise<KV> {
    const kvm = new Kvm(client);
    try {
      const bucket = await this.#ask(() => kvm.open(name, { allow_direct: false }));
      await this.#ask(() => bucket.status());
      return bucket;
    } catch (error) {
      if (!hasCode(error, 'STREAM_MISSING')) throw error;
      const { replicas } = this.limits;
      const ttl = ttlMs === 0 ? {} : { ttl: ttlMs };
      return this.#ask(() => kvm.create(name, { history: 1, replicas, allow_direct: false, ...ttl }));
    }
  }

  async #provision({ manager, client, cursors }: Ready): Promise<void> {
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
