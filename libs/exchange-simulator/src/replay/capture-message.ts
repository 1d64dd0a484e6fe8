import { Buffer } from 'node:buffer';

/** What a line of a capture is: the REST snapshot of its file's symbol, or a frame of a stream. */
export type CaptureMessage =
  | { readonly type: 'snapshot' }
  | { readonly type: 'frame'; readonly stream: string; readonly dataStart: number };

const SNAPSHOT_HEAD = Buffer.from('{"lastUpdateId"');
const STREAM_HEAD = Buffer.from('{"stream":"');
const DATA_HEAD = Buffer.from('","data":');
const CLOSE_BRACE = 0x7d;

function startsWith(bytes: Buffer, head: Buffer): boolean {
  return bytes.length >= head.length && bytes.compare(head, 0, head.length, 0, head.length) === 0;
}

/** Looks at the head of a line only; undefined for what is neither. */
export function readCaptureMessage(bytes: Buffer): CaptureMessage | undefined {
  if (startsWith(bytes, SNAPSHOT_HEAD)) return { type: 'snapshot' };
  if (!startsWith(bytes, STREAM_HEAD) || bytes[bytes.length - 1] !== CLOSE_BRACE) return undefined;
  const nameEnd = bytes.indexOf(DATA_HEAD, STREAM_HEAD.length);
  if (nameEnd < 0) return undefined;
  const stream = bytes.toString('utf8', STREAM_HEAD.length, nameEnd);
  return { type: 'frame', stream, dataStart: nameEnd + DATA_HEAD.length };
}
