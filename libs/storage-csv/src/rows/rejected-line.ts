import { isUtf8 } from 'node:buffer';
import type { BatchRecord } from '@org/storage';

/**
 * A record that became no rows, as a line of JSON: nothing is dropped because it was not understood. Bytes that are
 * not UTF-8 would be altered by a text, so they are kept as base64.
 */
export function rejectedLine(record: BatchRecord, problem: string): string {
  const payload = record.bytes.subarray(record.payloadStart, record.payloadEnd);
  const frame = isUtf8(payload)
    ? { frame: payload.toString('utf8') }
    : { frame_base64: payload.toString('base64') };
  return `${JSON.stringify({ local_time: record.receivedAtUs, stream: record.stream, problem, ...frame })}\n`;
}
