import type { Bus } from '../bus/bus.ts';
import { partitionName } from '../bus/names.ts';
import { asking, hasCode } from '../errors.ts';
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
      return new Lease(partition, key, { clock: this.#bus.clock, ttlMs: this.#bus.limits.leaseTtlMs, revision, askedAtMs });
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

  async giveBack(lease: Lease): Promise<void> {
    lease.lost();
    const { key } = lease;
    await asking(key, async () => (await this.#bus.leases()).delete(key, { previousSeq: lease.revision })).catch(
      (error: unknown) => {
        // Otherwise it expires.
        if (!hasCode(error, 'CONFLICT')) throw error;
      },
    );
  }

  async announce(): Promise<void> {
    const key = memberKey(this.#writer);
    await asking(key, async () => (await this.#bus.leases()).put(key, ''));
  }

  async leave(): Promise<void> {
    const key = memberKey(this.#writer);
    await asking(key, async () => (await this.#bus.leases()).delete(key));
  }

  async view(): Promise<LeaseBookView> {
    return asking(this.#bus.names.leases, async () => {
      const members: string[] = [];
      const held = new Set<number>();
      for await (const key of await (await this.#bus.leases()).keys()) {
        if (key.startsWith(MEMBER)) members.push(key.slice(MEMBER.length));
        else if (key.startsWith(LEASE)) held.add(Number(key.slice(LEASE.length + 1)));
      }
      return { members, held };
    });
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

function memberKey(writer: string): string {
  return `${MEMBER}${writer}`;
}
