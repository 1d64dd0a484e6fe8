import { Buffer } from 'node:buffer';
import type { MessageFault } from './fault.ts';

/** Bytes that no UTF-8 text contains. */
const NOT_UTF8 = Buffer.from([0xff, 0xfe]);

/** What reaches the client in place of a frame, or undefined when the fault leaves the bytes alone. */
export function damagedFrame(fault: MessageFault, frame: Buffer): Buffer | undefined {
  switch (fault.fault) {
    case 'malformed':
      return frame.subarray(0, Math.max(1, Math.floor(frame.length / 2)));
    case 'invalidUtf8':
      return Buffer.concat([frame.subarray(0, -1), NOT_UTF8, frame.subarray(-1)]);
    case 'oversized': {
      const head = Buffer.from('{"e":"oversized","padding":"');
      const tail = Buffer.from('"}');
      const padding = Buffer.alloc(Math.max(0, fault.bytes - head.length - tail.length), 'x');
      return Buffer.concat([head, padding, tail]);
    }
    default:
      return undefined;
  }
}
