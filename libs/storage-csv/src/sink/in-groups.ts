/** Calls under way at once; the thread pool of Node has four threads. */
const GROUP_SIZE = 16;

/** Takes the step for all items, a group at a time, and rejects with the first failure. */
export async function inGroups<T>(
  items: readonly T[],
  step: (item: T) => Promise<void>,
  sizeMax?: number,
): Promise<void> {
  for (const group of groupsOf(items, sizeMax)) await allOf(group.map(step));
}

/** Splits into groups of at most 16, or of fewer. */
export function* groupsOf<T>(items: readonly T[], sizeMax = GROUP_SIZE): Generator<readonly T[]> {
  const size = Math.min(sizeMax, GROUP_SIZE);
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

/** Waits for all of them, also when one fails: nothing may be under way when a failure is answered. */
export async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
