import type { Journal as JournalType, JournalHandlers } from '@org/journal';
import { Journal } from '@org/journal';
import type { SimFileSystem } from './sim-file-system.ts';
import { SeededRandom } from './sim-file-system.ts';

export interface SimClock {
  nowMs(): number;
  passMs(ms: number): void;
}

export function simClock(): SimClock {
  let now = 0;
  return { nowMs: () => now, passMs: (ms) => void (now += ms) };
}

export interface SimJournalOptions {
  readonly knownPosition?: number;
  readonly clock?: SimClock;
  readonly handlers?: JournalHandlers;
  readonly segmentBytes?: number;
  readonly reserveBytes?: number;
  readonly tailBytesMax?: number;
  readonly seed?: number;
}

let lives = 0;

/** A journal with segments so small that a few dozen batches fill several. */
export function openJournal(
  fileSystem: SimFileSystem,
  options: SimJournalOptions = {},
): Promise<JournalType> {
  const { clock = simClock(), seed = ++lives, ...rest } = options;
  const random = new SeededRandom(seed);
  return Journal.open({
    dir: '/sim/journal',
    fileSystem,
    segmentBytes: 2048,
    reserveBytes: 512,
    groupBytesMax: 1024,
    tailBytesMax: 1000,
    clock,
    random: (bytes) => random.bytes(bytes),
    ...rest,
  });
}
