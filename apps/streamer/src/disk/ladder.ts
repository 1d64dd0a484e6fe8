import type { FreeSpaceConfig, SpaceLimit } from '@org/config';

/** What the disk asks for, from nothing to the end of the recording. */
export const DISK_STAGES = ['ok', 'warn', 'compress-early', 'shed', 'stop'] as const;
export type DiskStage = (typeof DISK_STAGES)[number];

/** One step towards the end of the disk, and what holds on it; what held on the steps before it holds as well. */
export interface Rung {
  /** Tells it from the other rungs of its ladder. */
  readonly name: string;
  readonly stage: DiskStage;
  /** It is stepped on when there is less free space than this … */
  readonly belowBytes: number;
  /** … for so long. */
  readonly afterMs: number;
  /** Whether closed files should be packed at once. */
  readonly packs: boolean;
  /** Whether the journal keeps nothing any more for stores that are behind. */
  readonly dropsHolds: boolean;
  /** How many streams are given up. */
  readonly shedStreams: number;
}

/** On the way back a rung is left when there is this many times the space below which it was stepped on. */
export const LEAVE_FACTOR = 1.2;

/** How often the free space is looked at, and how long it must be short before something is given up for it. */
export interface DiskPace {
  readonly lookIntervalMs: number;
  readonly shedAfterMs: number;
  readonly stopAfterMs: number;
}

/**
 * A disk that is full for a minute is survived by the queues without a loss (docs/adr/0006). So what costs data waits for
 * longer than that, and what ends the recording for longer still.
 */
export const DISK_PACE: DiskPace = { lookIntervalMs: 10_000, shedAfterMs: 90_000, stopAfterMs: 180_000 };

/** What the disk has, and what can be given up for it. */
export interface LadderFacts {
  readonly totalBytes: number;
  /** How many streams there are that may be given up. */
  readonly sheddable: number;
  /** Whether there are stores that follow the journal from elsewhere, and may be behind. Default no. */
  readonly hasSinks?: boolean;
}

/**
 * The rungs for a disk of this size, from the most to the least free space. Stages whose limit is 0 have none. Each stage
 * begins at the latest where the one behind it does, whatever the numbers say. Streams are given up one by one, evenly
 * between the limits of `shed` and `stop`. Before the first, what the journal keeps for stores that are behind is given up:
 * a gap in a store that is down is less than one in the recording.
 */
export function ladderOf(
  limits: FreeSpaceConfig,
  { totalBytes, sheddable, hasSinks = false }: LadderFacts,
  { shedAfterMs, stopAfterMs }: DiskPace = DISK_PACE,
): readonly Rung[] {
  const stopBytes = bytesOf(limits.stop, totalBytes);
  const shedBytes = bytesOf(limits.shed, totalBytes);
  const belows = sheddingBelow(shedBytes, stopBytes, sheddable);
  const packBytes = bytesOf(limits.compress, totalBytes);
  const packs = packBytes > 0;
  const plain = { afterMs: 0, packs: false, dropsHolds: false, shedStreams: 0 };
  const dropsHolds = hasSinks;
  const holds: Rung = {
    ...plain, name: 'holds', stage: packs ? 'compress-early' : 'warn', belowBytes: shedBytes > 0 ? shedBytes : stopBytes,
    afterMs: shedAfterMs / 2, packs, dropsHolds,
  }; // prettier-ignore
  const rungs: Rung[] = [
    { ...plain, name: 'ok', stage: 'ok', belowBytes: Infinity },
    { ...plain, name: 'warn', stage: 'warn', belowBytes: bytesOf(limits.warn, totalBytes) },
    { ...plain, name: 'compress-early', stage: 'compress-early', belowBytes: packBytes, packs },
    ...(hasSinks ? [holds] : []),
    ...belows.map((belowBytes, index): Rung => {
      const shedStreams = index + 1;
      const name = `shed ${shedStreams}`;
      return { name, stage: 'shed', belowBytes, afterMs: shedAfterMs, packs, dropsHolds, shedStreams };
    }),
    { name: 'stop', stage: 'stop', belowBytes: stopBytes, afterMs: stopAfterMs, packs, dropsHolds, shedStreams: belows.length },
  ]; // prettier-ignore
  return inOrder(rungs.filter(({ belowBytes }) => belowBytes > 0));
}

function bytesOf({ percent, bytes }: SpaceLimit, totalBytes: number): number {
  return Math.min(bytes, (totalBytes * percent) / 100);
}

function sheddingBelow(shedBytes: number, stopBytes: number, streams: number): readonly number[] {
  if (shedBytes <= 0) return [];
  const span = Math.max(0, shedBytes - stopBytes);
  return Array.from({ length: streams }, (_, index) => shedBytes - (span * index) / streams);
}

function inOrder(rungs: readonly Rung[]): readonly Rung[] {
  let leastBytes = 0;
  const fromTheEnd = [...rungs].reverse().map((rung) => {
    leastBytes = Math.max(leastBytes, rung.belowBytes);
    return { ...rung, belowBytes: leastBytes };
  });
  return fromTheEnd.reverse();
}

/** Where a disk stands on its ladder, and since when it has had less space than each rung asks for. */
export interface Standing {
  readonly rung: Rung;
  readonly belowSinceMs: ReadonlyMap<string, number>;
}

/**
 * Where the disk stands now. `before`: where it stood at the last look, on a ladder that may have been another one;
 * undefined at the first. Less space never leads to a lower rung, and noise within {@link LEAVE_FACTOR} never to and fro.
 */
export function standOn(
  ladder: readonly Rung[],
  before: Standing | undefined,
  { freeBytes, nowMs }: { readonly freeBytes: number; readonly nowMs: number },
): Standing {
  const below = ladder.filter(({ belowBytes }) => freeBytes < belowBytes);
  const belowSinceMs = new Map(
    below.map(({ name }) => [name, before?.belowSinceMs.get(name) ?? nowMs] as const),
  );
  const reached = below.findLast(({ name, afterMs }) => nowMs - belowSinceMs.get(name)! >= afterMs);
  const kept = ladder
    .slice(0, placeOf(before?.rung, ladder) + 1)
    .findLast(({ belowBytes }) => freeBytes < belowBytes * LEAVE_FACTOR);
  const rung = ladder[Math.max(ladder.indexOf(reached!), ladder.indexOf(kept!))]!;
  return { rung, belowSinceMs };
}

/** A rung that is not on this ladder any more is the nearest one before it. */
function placeOf(rung: Rung | undefined, ladder: readonly Rung[]): number {
  if (rung === undefined) return 0;
  const same = ladder.findIndex(({ name }) => name === rung.name);
  const rank = DISK_STAGES.indexOf(rung.stage);
  return same !== -1 ? same : ladder.findLastIndex(({ stage }) => DISK_STAGES.indexOf(stage) <= rank);
}
