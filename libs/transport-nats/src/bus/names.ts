const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Names become parts of subjects and keys. Throws a `RangeError` for one that cannot. */
export function checkName(what: string, name: string): string {
  if (NAME.test(name)) return name;
  throw new RangeError(`${what}: expected 1 to 64 letters, digits, _ or -, was ${JSON.stringify(name)}`);
}

/** `p07`: two digits at least, so that names sort as numbers do for up to a hundred partitions. */
export function partitionName(partition: number): string {
  return `p${String(partition).padStart(2, '0')}`;
}

/** Everything that one recorder has on a server is named after it. */
export class BusNames {
  readonly stream: string;
  readonly subjects: string;
  readonly cursors: string;
  readonly leases: string;
  /** What the bucket of leases is made of. */
  readonly leasesStream: string;
  readonly leasesPrefix: string;
  readonly wishes: string;

  constructor(name: string) {
    checkName('name', name);
    this.stream = name;
    // Both wildcards: a filter with another number of tokens would not be a part of it.
    this.subjects = `${name}.*.*`;
    this.cursors = `${name}-cursors`;
    this.leases = `${name}-leases`;
    this.leasesStream = `KV_${this.leases}`;
    this.leasesPrefix = `$KV.${this.leases}.`;
    this.wishes = `${name}-wishes`;
  }

  subject(partition: number, node: string): string {
    return `${this.stream}.${partitionName(partition)}.${node}`;
  }

  subjectsOf(partition: number): string {
    return `${this.stream}.${partitionName(partition)}.*`;
  }
}
