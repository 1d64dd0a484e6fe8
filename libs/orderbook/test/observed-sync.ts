import { BookSync, type DepthIds } from '@org/orderbook';

export interface Snapshot {
  readonly lastUpdateId: number;
}

/** A futures diff: `pu`, `u`, and a `U` that is not `pu + 1`. */
export const diff = (previousFinalUpdateId: number, finalUpdateId: number): DepthIds => ({
  firstUpdateId: Math.min(previousFinalUpdateId + 2, finalUpdateId),
  finalUpdateId,
  previousFinalUpdateId,
});

export const spotDiff = (firstUpdateId: number, finalUpdateId: number): DepthIds => ({
  firstUpdateId,
  finalUpdateId,
  previousFinalUpdateId: undefined,
});

export interface Observed {
  readonly sync: BookSync<DepthIds, Snapshot>;
  /** What the handlers were told, in order, in short. */
  readonly events: string[];
}

type Hooks = Partial<
  Record<'snapshotNeeded' | 'applyDiff' | 'applySnapshot' | 'gap', (sync: Observed['sync']) => void>
>;

export function observe(bufferedDiffsMax?: number, hooks: Hooks = {}): Observed {
  const events: string[] = [];
  const tell = (event: string, hook: keyof Hooks) => {
    events.push(event);
    hooks[hook]?.(sync);
  };
  const sync = new BookSync<DepthIds, Snapshot>(
    {
      applySnapshot: ({ lastUpdateId }) => tell(`snapshot ${lastUpdateId}`, 'applySnapshot'),
      applyDiff: ({ finalUpdateId }) => tell(`diff ${finalUpdateId}`, 'applyDiff'),
      covered: ({ finalUpdateId }) => events.push(`covered ${finalUpdateId}`),
      joined: ({ snapshotId, finalUpdateId, epoch }) =>
        events.push(`joined ${snapshotId}-${finalUpdateId} (${epoch})`),
      gap: ({ reason, lastUpdateId, previousFinalUpdateId, epoch }) =>
        tell(`gap ${reason} ${lastUpdateId}-${previousFinalUpdateId} (${epoch})`, 'gap'),
      snapshotNeeded: ({ reason, epoch }) => tell(`needs ${reason} (${epoch})`, 'snapshotNeeded'),
    },
    bufferedDiffsMax === undefined ? {} : { bufferedDiffsMax },
  );
  return { sync, events };
}

/** A sync that is live at 20. */
export function live(bufferedDiffsMax?: number, hooks?: Hooks): Observed {
  const observed = observe(bufferedDiffsMax, hooks);
  observed.sync.snapshot({ lastUpdateId: 10 });
  observed.sync.diff(diff(10, 20));
  observed.events.length = 0;
  return observed;
}
