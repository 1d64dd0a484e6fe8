import type { DeclaredGap } from './declared-gaps.ts';
import type { Break, StreamBreaks } from './stream-breaks.ts';

/** How the gaps that are declared and those that are there belong together. */
export interface GapMatch {
  readonly undeclared: readonly Break[];
  /** Declared as healed, with ids that no row brought. */
  readonly notHealed: readonly { readonly found: Break; readonly row: DeclaredGap }[];
  readonly inexact: readonly { readonly found: Break; readonly row: DeclaredGap }[];
  /** Rows about ids between which nothing is missing. */
  readonly spurious: readonly DeclaredGap[];
}

/**
 * Compares the breaks of a stream with the rows about it. Rows may be joined to cover a break: two frames in a row that
 * could not be read are two rows. A row with one id only (nothing was known before, or nothing followed) is about the break
 * with that id.
 */
export function matchGaps(breaks: StreamBreaks, rows: readonly DeclaredGap[]): GapMatch {
  const index = new GapIndex(rows);
  const match = {
    undeclared: [] as Break[],
    notHealed: [] as GapMatch['notHealed'][number][],
    inexact: [] as GapMatch['inexact'][number][],
  };
  const used = new Set<DeclaredGap>();
  for (const found of breaks.all) {
    const about = index.about(found);
    for (const row of about) {
      used.add(row);
      if (row.gap.healedBy !== '' && found.missing !== undefined && found.missing.length > 0)
        match.notHealed.push({ found, row });
      if (lastOf(row) < found.lastId || nextOf(row) > found.nextId) match.inexact.push({ found, row });
    }
    const isElsewhere = found.isDisplaced && found.missing?.length === 0;
    if (about.length === 0 && !isElsewhere) match.undeclared.push(found);
  }
  return { ...match, spurious: rows.filter((row) => !used.has(row) && isWithin(row, breaks)) };
}

/** Rows by their ids. */
class GapIndex {
  readonly #exact = new Map<string, DeclaredGap[]>();
  readonly #byLast = new Map<number, DeclaredGap[]>();
  readonly #byNext = new Map<number, DeclaredGap[]>();
  /** Rows with both ids, in the order of the first one. */
  readonly #ranges: readonly DeclaredGap[];
  /** The greatest second id up to each of them. */
  readonly #reach: readonly number[];

  constructor(rows: readonly DeclaredGap[]) {
    for (const row of rows) {
      const { lastId, nextId } = row.gap;
      if (lastId !== undefined && nextId !== undefined) push(this.#exact, `${lastId},${nextId}`, row);
      else if (nextId !== undefined) push(this.#byNext, nextId, row);
      else if (lastId !== undefined) push(this.#byLast, lastId, row);
    }
    this.#ranges = [...this.#exact.values()].flat().sort((a, b) => lastOf(a) - lastOf(b));
    let reach = -Infinity;
    this.#reach = this.#ranges.map((row) => (reach = Math.max(reach, nextOf(row))));
  }

  /** The rows that declare all of a break; none where they do not declare all of it. */
  about({ lastId, nextId }: Break): readonly DeclaredGap[] {
    return (
      this.#exact.get(`${lastId},${nextId}`) ??
      this.#byNext.get(nextId) ??
      this.#byLast.get(lastId) ??
      this.#cover(lastId, nextId)
    );
  }

  #cover(lastId: number, nextId: number): readonly DeclaredGap[] {
    const rows: DeclaredGap[] = [];
    let covered = lastId;
    for (let at = this.#firstReaching(lastId); at < this.#ranges.length && covered < nextId; at++) {
      const row = this.#ranges[at]!;
      if (lastOf(row) > covered) return [];
      if (nextOf(row) <= covered) continue;
      rows.push(row);
      covered = nextOf(row);
    }
    return covered >= nextId ? rows : [];
  }

  #firstReaching(id: number): number {
    let low = 0;
    let high = this.#reach.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#reach[middle]! > id) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function push<Key>(rows: Map<Key, DeclaredGap[]>, key: Key, row: DeclaredGap): void {
  const list = rows.get(key);
  if (list === undefined) rows.set(key, [row]);
  else list.push(row);
}

function lastOf({ gap }: DeclaredGap): number {
  return gap.lastId ?? Infinity;
}

function nextOf({ gap }: DeclaredGap): number {
  return gap.nextId ?? -Infinity;
}

/** Whether the files hold what lies before and behind the gap, so that a break would show. */
function isWithin({ gap }: DeclaredGap, { firstId, lastId }: StreamBreaks): boolean {
  if (firstId === undefined || lastId === undefined) return false;
  const { lastId: before, nextId: behind } = gap;
  if (before === undefined && behind === undefined) return false;
  return (before ?? behind! - 1) >= firstId && (behind ?? before! + 1) <= lastId;
}
