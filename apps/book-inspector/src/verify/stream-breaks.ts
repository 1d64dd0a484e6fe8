/** Ids, or open times of bars, from `from` to `to`, both inclusive. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

/** A break of continuity that the rows show. */
export interface Break {
  readonly lastId: number;
  /** The id that the row behind the break has, or of depth the one that it follows. */
  readonly nextId: number;
  readonly lastTimeUs: number;
  readonly nextTimeUs: number;
  readonly file: string;
  /** Of the row behind it. */
  readonly line: number;
  /** What no row brought later; undefined where nothing can bring it. */
  missing: readonly IdRange[] | undefined;
  /** Rows that stand elsewhere brought it: that is a finding of its own. */
  isDisplaced: boolean;
}

/** Breaks of one stream that are kept. */
export const BREAKS_MAX = 100_000;

/** The breaks of one stream, in the order of their ids. */
export class StreamBreaks {
  /** As the gaps file calls it, without the symbol; of depth and trades the kind. */
  readonly key: string;
  readonly all: Break[] = [];
  leftOut = 0;
  /** The span of ids in the files; undefined while there are none. */
  firstId: number | undefined;
  lastId: number | undefined;
  /** Receipt of the last event. */
  latestUs = 0;

  constructor(key: string) {
    this.key = key;
  }

  add(found: Break): void {
    if (this.all.length < BREAKS_MAX) this.all.push(found);
    else this.leftOut++;
  }

  /** The break in which these ids were missing, which they now are not; undefined where they were not missing. */
  fill(from: number, to: number): Break | undefined {
    const index = this.#indexAt(from);
    return [index, index - 1]
      .map((at) => this.all[at])
      .find((found) => found !== undefined && take(found, from, to));
  }

  /** The last break that begins at or before the id. */
  #indexAt(id: number): number {
    let low = 0;
    let high = this.all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.all[middle]!.lastId <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function take(found: Break, from: number, to: number): boolean {
  const range = found.missing?.find((missing) => missing.from <= from && to <= missing.to);
  if (range === undefined || found.missing === undefined) return false;
  found.missing = found.missing.flatMap((missing) =>
    missing === range ? without(range, from, to) : [missing],
  );
  return true;
}

function without(range: IdRange, from: number, to: number): IdRange[] {
  const rest: IdRange[] = [];
  if (range.from < from) rest.push({ from: range.from, to: from - 1 });
  if (to < range.to) rest.push({ from: to + 1, to: range.to });
  return rest;
}
