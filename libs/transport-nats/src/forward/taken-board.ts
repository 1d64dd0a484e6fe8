import type { KV } from '@nats-io/kv';
import type { Bus } from '../bus/bus.ts';
import { partitionName } from '../bus/names.ts';
import { asking } from '../errors.ts';
import { parseTaken, takenOf, type TakenPositions } from '../partition/taken.ts';

/**
 * What writers have stored of each node, small and apart from their cursors. It is written after the cursor, so it may be
 * behind, and never ahead.
 */
export function takenKey(partition: number): string {
  return `taken.${partitionName(partition)}`;
}

/** For a partition; 0 where nothing is known. */
export async function readTaken(
  bus: Bus,
  partition: number,
  node: string,
  incarnation: string,
): Promise<number> {
  const key = takenKey(partition);
  const entry = await asking(key, async () => (await bus.cursors()).get(key));
  if (entry === null || entry.operation !== 'PUT') return 0;
  return takenOf(parseTaken(parse(entry.string())) ?? {}, node, incarnation);
}

export async function writeTaken(cursors: KV, partition: number, taken: TakenPositions): Promise<void> {
  await cursors.put(takenKey(partition), JSON.stringify(taken));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
