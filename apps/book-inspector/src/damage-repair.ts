import type { HeldDiff, HeldSnapshot } from './held-depth.ts';

/** Diffs kept for a repair; a snapshot that is further behind cannot repair the book. */
const DIFFS_MAX = 10_000;

/**
 * A message whose rows are damaged may lack levels. Its ids still join, so the book goes on, but nothing proves it any
 * more: a level may be missing or old. A later snapshot proves it again, once it is known which diffs to put on top.
 */
export class DamageRepair {
  /** The id up to which the book may be wrong; undefined while it is proven. */
  #unprovenUpdateId: number | undefined;
  #sinceUpdateId: number | undefined;
  /** The sound diffs that were applied after `#unprovenUpdateId`. */
  #diffs: HeldDiff[] = [];
  #snapshot: HeldSnapshot | undefined;

  /** The id at which the book stopped being proven; undefined while it is. */
  get sinceUpdateId(): number | undefined {
    return this.#sinceUpdateId;
  }

  /** A damaged message was applied. */
  damaged(updateId: number): void {
    this.#sinceUpdateId ??= updateId;
    this.#unprovenUpdateId = updateId;
    this.#diffs = [];
  }

  /** A sound diff was applied. */
  applied(diff: HeldDiff): void {
    if (this.#unprovenUpdateId === undefined) return;
    diff.keep();
    this.#diffs.push(diff);
    if (this.#diffs.length <= DIFFS_MAX) return;
    const forgotten = this.#diffs.splice(0, DIFFS_MAX / 2);
    this.#unprovenUpdateId = forgotten.at(-1)!.finalUpdateId;
  }

  /** A sound snapshot that the sync did not need. */
  offer(snapshot: HeldSnapshot): void {
    if (this.#unprovenUpdateId !== undefined) this.#snapshot = snapshot;
  }

  /**
   * The snapshot that proves a book at `lastUpdateId`, and the diffs to apply over it; undefined while there is none.
   * A diff that ends at the snapshot's id may carry levels beyond those of the snapshot.
   */
  take(
    lastUpdateId: number,
  ): { readonly snapshot: HeldSnapshot; readonly diffs: readonly HeldDiff[] } | undefined {
    const snapshot = this.#snapshot;
    if (snapshot === undefined || snapshot.lastUpdateId > lastUpdateId) return undefined;
    this.#snapshot = undefined;
    if (snapshot.lastUpdateId < (this.#unprovenUpdateId ?? 0)) return undefined;
    const diffs = this.#diffs.filter((diff) => diff.finalUpdateId >= snapshot.lastUpdateId);
    this.proven();
    return { snapshot, diffs };
  }

  /** The book was replaced by a sound snapshot. */
  proven(): void {
    this.#unprovenUpdateId = undefined;
    this.#sinceUpdateId = undefined;
    this.#snapshot = undefined;
    this.#diffs = [];
  }
}
