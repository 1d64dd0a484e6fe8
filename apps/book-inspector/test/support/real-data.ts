import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { PriceLevel } from '@org/market-data';

/** Recordings that are no part of the repository. */
export const REAL_DATA = resolve('../shared/data');

/** `it` where the real recordings are at hand; a skipped test with a name that tells where they are not. */
export const itWithRealData = existsSync(join(REAL_DATA, 'books.json')) ? it : it.skip;

export interface Checkpoint {
  readonly applied: number;
  readonly u: number;
  readonly bids: number;
  readonly asks: number;
  readonly bestBid: PriceLevel;
  readonly bestAsk: PriceLevel;
  readonly sha256: string;
}

/** What a rule-following book holds of a recording. */
export interface ExpectedBook {
  readonly lastUpdateId: number;
  readonly depthMessages: number;
  readonly discardedStale: number;
  readonly applied: number;
  readonly first: readonly [firstUpdateId: number, finalUpdateId: number];
  readonly last_u: number;
  readonly top10bids: readonly PriceLevel[];
  readonly top10asks: readonly PriceLevel[];
  readonly checkpoints: readonly Checkpoint[];
}

/** By `<folder>/<SYMBOL>`; empty where the recordings are absent. */
export const EXPECTED_BOOKS: ReadonlyMap<string, ExpectedBook> = new Map(
  existsSync(join(REAL_DATA, 'books.json'))
    ? Object.entries(
        JSON.parse(readFileSync(join(REAL_DATA, 'books.json'), 'utf8')) as Record<string, ExpectedBook>,
      )
    : [],
);
