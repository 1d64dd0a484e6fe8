import type { JournalStats } from '@org/journal';
import type { SinkOpened } from '@org/storage';

/** Where a follower of the journal begins. */
export interface StartPosition {
  readonly from: number;
  /** What lay between where the store stands and `from` is gone. */
  readonly isDamaged: boolean;
}

/**
 * A store that does not know where it stands goes on with what comes from now on: what the journal still has may be in it
 * already. One that stands before the journal's beginning has lost what lay between; a new one just begins there.
 */
export function startPosition(
  { position, isPositionLost }: Pick<SinkOpened, 'position' | 'isPositionLost'>,
  { durablePosition, oldestPosition }: Pick<JournalStats, 'durablePosition' | 'oldestPosition'>,
): StartPosition {
  if (isPositionLost) return { from: durablePosition, isDamaged: false };
  return { from: Math.max(position, oldestPosition), isDamaged: position > 0 && position < oldestPosition };
}
