import type { SinkOpened } from '@org/storage';
import { TransportNatsError } from '../errors.ts';
import type { CursorBook } from './cursor-book.ts';
import { generationOf, type Cursor } from './cursor.ts';
import type { PartitionStore } from './partition-store.ts';

/** What to do with a store that says `live`, where `confirmed` is its last confirmed commit. */
export type SettleDecision = 'keep' | 'undo' | 'refuse';

/**
 * `refuse` where the cursor knows less than the store: it was lost, or set back. Undoing would then cut rows that were
 * confirmed once.
 */
export function decideSettling(
  live: string | undefined,
  cursor: Pick<Cursor, 'generation' | 'stores'> | undefined,
  store: string,
): SettleDecision {
  const confirmed = cursor?.stores[store];
  if (live === confirmed) return 'keep';
  if (cursor === undefined || (live !== undefined && generationOf(live) > cursor.generation)) return 'refuse';
  return live === undefined ? 'refuse' : 'undo';
}

/**
 * Brings a store to its last confirmed commit: what was committed locally and never confirmed is cut. Returns whether there
 * was such a commit. STORE_UNCONFIRMED where the store has neither the confirmed commit nor a copy of it.
 */
export async function settleStore(
  book: Pick<CursorBook, 'read' | 'fence'>,
  partition: number,
  storeName: string,
  store: PartitionStore,
): Promise<boolean> {
  const live = liveCommit(await openOnce(store), storeName);
  const cursor =
    live === undefined
      ? (await book.read(partition)).cursor
      : await book.fence(partition, generationOf(live));
  const confirmed = cursor?.stores[storeName];
  const decision = decideSettling(live, cursor, storeName);
  if (decision === 'keep') return false;
  if (decision === 'refuse') throw unconfirmed(storeName, live, confirmed);
  if (!(await store.putBack())) throw unconfirmed(storeName, live, confirmed);
  const kept = liveCommit(await openOnce(store), storeName);
  if (kept !== confirmed) throw unconfirmed(storeName, kept, confirmed);
  return true;
}

async function openOnce(store: PartitionStore): Promise<SinkOpened> {
  const sink = store.createSink(0);
  try {
    return await sink.open();
  } finally {
    await sink.close();
  }
}

/** The commit that a store says it holds. */
function liveCommit({ state, isPositionLost }: SinkOpened, store: string): string | undefined {
  if (isPositionLost) throw unconfirmed(store, 'rows without a position', undefined);
  return state;
}

function unconfirmed(
  store: string,
  was: string | undefined,
  confirmed: string | undefined,
): TransportNatsError {
  return new TransportNatsError(
    'STORE_UNCONFIRMED',
    store,
    `expected commit ${confirmed ?? 'none'} or a copy of it, was ${was ?? 'none'}`,
  );
}
