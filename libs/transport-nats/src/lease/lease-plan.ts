/** What a writer knows of all writers. */
export interface LeaseView {
  readonly self: string;
  /** Writers that take partitions, with or without this one. */
  readonly members: readonly string[];
  readonly partitions: number;
  /** Partitions that somebody has. */
  readonly held: ReadonlySet<number>;
  /** Those that this writer has. */
  readonly own: readonly number[];
}

/** How many partitions a writer should have: as many as others, and the first ones in the order of names one more. */
export function fairShare(self: string, members: readonly string[], partitions: number): number {
  const names = [...new Set([...members, self])].sort();
  const more = names.indexOf(self) < partitions % names.length ? 1 : 0;
  return Math.floor(partitions / names.length) + more;
}

export interface LeasePlan {
  /** Free partitions to try, in this order. */
  readonly take: readonly number[];
  /** Own partitions that others should have. */
  readonly surplus: readonly number[];
}

/** What this writer should do to have its share. Writers begin to look at different places, so that they seldom collide. */
export function planLeases({ self, members, partitions, held, own }: LeaseView): LeasePlan {
  const share = fairShare(self, members, partitions);
  if (own.length > share)
    return { take: [], surplus: [...own].sort((a, b) => b - a).slice(0, own.length - share) };
  const names = [...new Set([...members, self])].sort();
  const start = Math.floor((names.indexOf(self) * partitions) / names.length);
  const take: number[] = [];
  for (let step = 0; step < partitions && own.length + take.length < share; step++) {
    const partition = (start + step) % partitions;
    if (!held.has(partition) && !own.includes(partition)) take.push(partition);
  }
  return { take, surplus: [] };
}

/** Gives partitions back only when the others have been there for a while: a restart should move nothing. */
export class SurplusWait {
  readonly #waitMs: number;
  #sinceMs: number | undefined;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** Whether the surplus has lasted. */
  hasLasted(surplus: number, nowMs: number): boolean {
    if (surplus === 0) this.#sinceMs = undefined;
    else this.#sinceMs ??= nowMs;
    return this.#sinceMs !== undefined && nowMs - this.#sinceMs >= this.#waitMs;
  }
}
