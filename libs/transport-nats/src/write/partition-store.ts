import type { Sink } from '@org/storage';

/** Where one writer stores one partition. */
export interface PartitionStore {
  /**
   * A sink over the store, not opened. Files that it begins are numbered from the generation on, so that they have other
   * names than those of other writers; 0 for a sink that only opens and closes.
   */
  createSink(generation: number): Sink;
  /** Keeps a copy of what the store says about itself, which is the last confirmed commit. It survives a power cut. */
  keep(): Promise<void>;
  /** Puts the copy back; the next `open` cuts the store to it. False where there is none. */
  putBack(): Promise<boolean>;
  /**
   * All that the store has committed is confirmed, and nothing of it will be undone before `keep` is called again. Told
   * after each confirmed commit and each time that the store was settled; for who closes and packs files.
   */
  confirmed?(): void;
  /** Whether nothing was ever stored, so that there is nothing to settle. */
  isNew(): Promise<boolean>;
}
