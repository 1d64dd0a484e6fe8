import { Buffer } from 'node:buffer';
import type { GapReason } from '@org/market-data';
import type { DoubtRecord } from '@org/storage';

/** The payload of a record that tells the merge to take nothing for granted. */
export function doubtRecord(reason: GapReason, isEnd: boolean): Buffer {
  const doubt: DoubtRecord = { reason, isEnd };
  return Buffer.from(JSON.stringify(doubt));
}
