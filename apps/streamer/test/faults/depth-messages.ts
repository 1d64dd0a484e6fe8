import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A message of a stored depth stream, without its levels. */
export interface DepthMessage {
  readonly type: 'diff' | 'snapshot';
  readonly receivedAtUs: number;
  readonly finalUpdateId: number;
  readonly previousUpdateId: number | undefined;
  /** Of a snapshot: the worst bid and the worst ask. */
  lowest: number;
  highest: number;
}

/** The messages of the depth files in a symbol's folder, in their order; files may be larger than memory. */
export async function depthMessages(folder: string): Promise<readonly DepthMessage[]> {
  const messages: DepthMessage[] = [];
  const names = readdirSync(folder).filter((name) => /^depth_.*\.csv$/.test(name));
  let head = '';
  for (const name of names.sort()) {
    for await (const line of createInterface({ input: createReadStream(join(folder, name)) })) {
      const cells = line.split(',');
      if (cells[0] === 'local_time') continue;
      const [localTime, , , , final, , type, side, price] = cells;
      if (head !== `${localTime} ${final} ${type}`) messages.push(messageOf(cells));
      head = `${localTime} ${final} ${type}`;
      const message = messages.at(-1)!;
      if (type === 'snapshot' && side === 'bid') message.lowest = Math.min(message.lowest, Number(price));
      if (type === 'snapshot' && side === 'ask') message.highest = Math.max(message.highest, Number(price));
    }
  }
  return messages;
}

function messageOf([localTime, , , , final, previous, type]: readonly string[]): DepthMessage {
  return {
    type: type as DepthMessage['type'],
    receivedAtUs: Number(localTime),
    finalUpdateId: Number(final),
    previousUpdateId: previous === '' ? undefined : Number(previous),
    lowest: Infinity,
    highest: -Infinity,
  };
}

/** Where the chain of the diffs breaks: the index of the first message behind each break. */
export function breaksOf(messages: readonly DepthMessage[]): number[] {
  const breaks: number[] = [];
  let last: number | undefined;
  messages.forEach(({ type, finalUpdateId, previousUpdateId }, index) => {
    if (type !== 'diff') return;
    if (last !== undefined && previousUpdateId !== last) breaks.push(index);
    last = finalUpdateId;
  });
  return breaks;
}

/** From each break to the first snapshot behind it, in ms of the recorder's clock; Infinity where none came. */
export function snapshotDelaysMs(messages: readonly DepthMessage[]): number[] {
  return breaksOf(messages).map((index) => {
    const snapshot = messages.slice(index).find(({ type }) => type === 'snapshot');
    return snapshot === undefined ? Infinity : (snapshot.receivedAtUs - messages[index]!.receivedAtUs) / 1000;
  });
}

/**
 * The prices that a book which follows the messages knows at an update id: those of the snapshots since the last break.
 * What lies beyond the thousand levels of a snapshot is unknown until it is touched. Undefined when the id is not there.
 */
export function knownPrices(
  messages: readonly DepthMessage[],
  updateId: number,
): { readonly lowest: number; readonly highest: number } | undefined {
  const end = messages.findIndex(({ type, finalUpdateId }) => type === 'diff' && finalUpdateId === updateId);
  if (end === -1) return undefined;
  const start = breaksOf(messages.slice(0, end + 1)).at(-1) ?? 0;
  const snapshots = messages.slice(start, end).filter(({ type }) => type === 'snapshot');
  if (snapshots.length === 0) return undefined;
  return {
    lowest: Math.max(...snapshots.map(({ lowest }) => lowest)),
    highest: Math.min(...snapshots.map(({ highest }) => highest)),
  };
}
