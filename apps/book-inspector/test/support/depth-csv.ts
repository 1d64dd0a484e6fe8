import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DepthMessage } from '@org/storage-csv';

export const DEPTH_HEADER =
  'local_time,event_time,transaction_time,first_update_id,final_update_id,prev_final_update_id,update_type,side,price,quantity\n';

/** The rows of messages as a depth file holds them, header included. */
export function depthCsv(messages: readonly DepthMessage[]): string {
  return DEPTH_HEADER + messages.map(rows).join('');
}

function rows(message: DepthMessage): string {
  const ids =
    message.type === 'snapshot'
      ? ['', '', '', message.snapshot.lastUpdateId, '', 'snapshot']
      : [
          1,
          1,
          message.diff.firstUpdateId,
          message.diff.finalUpdateId,
          message.diff.previousFinalUpdateId,
          'diff',
        ];
  const head = [message.receivedAtUs, ...ids].join(',');
  const { bids, asks } = message.type === 'snapshot' ? message.snapshot : message.diff;
  const levels = [
    ...bids.map(([price, quantity]) => `bid,${price},${quantity}`),
    ...asks.map(([price, quantity]) => `ask,${price},${quantity}`),
  ];
  return (levels.length === 0 ? [',,'] : levels).map((level) => `${head},${level}\n`).join('');
}

/** Writes a file and the folders above it. */
export function put(path: string, content: string | Buffer): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}
