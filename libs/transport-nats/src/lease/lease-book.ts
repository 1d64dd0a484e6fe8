import type { Bus } from '../bus/bus.ts';
import { partitionName } from '../bus/names.ts';
import { asking, hasCode, isPassing } from '../errors.ts';
import { Lease } from './lease.ts';

export interface LeaseBookView {
  readonly members: readonly string[];
  readonly held: ReadonlySet<number>;
}

/** Who writes which partition, and who is there: keys that go away when nobody renews them. */
export class LeaseBook {
  readonly #bus: Bus;
  readonly #writer: string;
  readonly #holder: string;
  #announced = 0;

  /** `life` tells this life of the writer from its others. */
  constructor(bus: Bus, writer: string, life: string) {
    this.#bus = bus;
    this.#writer = writer;
    this.#holder = `${writer}/${life}`;
  }

  /** Undefined when somebody has it. */
  async take(partition: number): Promise<Lease | undefined> {
    const key = leaseKey(partition);
    const askedAtMs = this.#bus.clock.nowMs();
    try {
      const revision = await asking(key, async () => (await this.#bus.leases()).create(key, this.#holder));
      return new Lease(partition, key, {
        clock: this.#bus.clock,
        ttlMs: this.#bus.limits.leaseTtlMs,
        revision,
        askedAtMs,
      });
    } catch (error) {
      if (hasCode(error, 'CONFLICT')) return undefined;
      throw error;
    }
  }

  /** After a conflict the lease is lost; other failures leave it to its time. */
  async renew(lease: Lease): Promise<void> {
    const askedAtMs = this.#bus.clock.nowMs();
    try {
      const { key } = lease;
      lease.renewed(
        await asking(key, async () => (await this.#bus.leases()).update(key, this.#holder, lease.revision)),
        askedAtMs,
      );
    } catch (error) {
      if (!hasCode(error, 'CONFLICT')) throw error;
      await this.#afterConflict(lease, askedAtMs);
    }
  }

  /** Removes just this revision: a marker would keep the lease from others for its time, and it may be theirs by now. */
  async giveBack(lease: Lease): Promise<void> {
    lease.lost();
    await this.#remove(lease.revision);
  }

  async announce(): Promise<void> {
    const key = `${MEMBER}${this.#writer}`;
    this.#announced = await asking(key, async () => (await this.#bus.leases()).put(key, ''));
  }

  async leave(): Promise<void> {
    if (this.#announced > 0) await this.#remove(this.#announced);
  }

  async view(): Promise<LeaseBookView> {
    const { leasesStream, leasesPrefix } = this.#bus.names;
    // One question and one answer, unlike a listing of the bucket, which waits for messages that may never come.
    const { state } = await asking(leasesStream, async () =>
      (await this.#bus.manager()).streams.info(leasesStream, { subjects_filter: `${leasesPrefix}>` }),
    );
    const members: string[] = [];
    const held = new Set<number>();
    for (const subject of Object.keys(state.subjects ?? {})) {
      const key = subject.slice(leasesPrefix.length);
      if (key.startsWith(MEMBER)) members.push(key.slice(MEMBER.length));
      else if (key.startsWith(LEASE)) held.add(Number(key.slice(LEASE.length + 1)));
    }
    return { members, held };
  }

  async #remove(revision: number): Promise<void> {
    const { leasesStream } = this.#bus.names;
    try {
      await asking(leasesStream, async () =>
        (await this.#bus.manager()).streams.deleteMessage(leasesStream, revision, false),
      );
    } catch (error) {
      // It has expired, or was replaced.
      if (isPassing(error)) throw error;
    }
  }

  /** The renewal before this one may have succeeded without an answer. */
  async #afterConflict(lease: Lease, askedAtMs: number): Promise<void> {
    const { key } = lease;
    const entry = await asking(key, async () => (await this.#bus.leases()).get(key));
    const isOurs = entry !== null && entry.operation === 'PUT' && entry.string() === this.#holder;
    if (!isOurs) return lease.lost();
    lease.renewed(entry.revision, askedAtMs);
  }
}

const LEASE = 'lease.';
const MEMBER = 'member.';

function leaseKey(partition: number): string {
  return `${LEASE}${partitionName(partition)}`;
}
