import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  Bus,
  Forwarder,
  PartitionedWriter,
  type BusOptions,
  type PartitionedWriterOptions,
} from '@org/transport-nats';
import { findNats, startNats, type NatsServer } from '../../../tools/test-servers/nats.mjs';
import { csvStore } from './csv-stores.ts';
import type { PlayedJournal } from './played-journal.ts';

export const itWithNats = findNats() === undefined ? it.skip : it;
if (findNats() === undefined)
  console.warn('nats-server is missing: its tests are skipped (apt-get install nats-server)');

const CONDITION_TIMEOUT_MS = 45_000;

export async function until(
  isTrue: () => boolean | Promise<boolean>,
  what: () => string = () => 'a condition',
): Promise<void> {
  const deadline = Date.now() + CONDITION_TIMEOUT_MS;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`waited too long for ${what()}`);
    await wait(20);
  }
}

/** One server for the tests of a file; each test uses a name of its own on it. */
export function sharedServer(): () => NatsServer {
  let server: NatsServer | undefined;
  beforeAll(async () => {
    if (findNats() !== undefined) server = await startNats();
  });
  afterAll(async () => server?.stop());
  return () => server!;
}

/** Everything that a test starts, and ends after it. */
export class Cluster {
  readonly #url: string;
  readonly #name: string;
  readonly #options: Partial<BusOptions>;
  readonly #ends: (() => Promise<void>)[] = [];

  constructor(url: string, name: string, options: Partial<BusOptions> = {}) {
    this.#url = url;
    this.#name = name;
    this.#options = options;
  }

  bus(options: Partial<BusOptions> = {}): Bus {
    const bus = new Bus({
      name: this.#name, partitions: 4, leaseTtlMs: 1000, requestTimeoutMs: 500, streamBytesMax: 64 * 2 ** 20,
      connection: { servers: this.#url, reconnectTimeWait: 50, reconnectJitter: 20 },
      ...this.#options, ...options,
    }); // prettier-ignore
    this.#ends.push(() => bus.close());
    return bus;
  }

  forwarder(
    node: string,
    journal: PlayedJournal,
    options: { incarnation?: string; bus?: Bus } = {},
  ): Forwarder {
    const forwarder = new Forwarder(options.bus ?? this.bus(), {
      node,
      incarnation: options.incarnation ?? 'j1',
      openSource: (after) => journal.open(after),
      committedPosition: journal.committedPosition,
      limits: { lingerMs: 5, commitPollMs: 50, idleMs: 300, rewindIntervalMs: 300, messageBytes: 2048 },
      handlers: {
        committed: (position) => journal.committed(position),
        failed: (error) => journal.faults.push(String(error)),
      },
    });
    this.#ends.unshift(() => forwarder.close());
    forwarder.start();
    return forwarder;
  }

  writer(
    writer: string,
    folder: string,
    options: Partial<PartitionedWriterOptions> & { bus?: Bus } = {},
  ): PartitionedWriter {
    const { bus = this.bus(), ...rest } = options;
    const created = new PartitionedWriter(bus, {
      writer,
      store: (partition) => csvStore(join(folder, writer), partition),
      limits: { commitIntervalMs: 50, purgeIntervalMs: 300, settleMs: 300, failurePauseMs: 200 },
      ...rest,
    });
    this.#ends.unshift(() => created.close());
    created.start();
    return created;
  }

  async close(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end();
  }
}
