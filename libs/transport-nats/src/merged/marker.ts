import { Buffer } from 'node:buffer';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { TransportNatsError } from '../errors.ts';

/** Says which batches before it count, and how far the sink is with them. */
export interface Marker {
  /** Of the stream: batches from here on and before the marker count, those between it and the marker before do not. */
  readonly fromSequence: number;
  readonly position: number;
  readonly state: string | undefined;
}

const VERSION = 1;
const LENGTH_BYTES = 4;
/** A state larger than this is none that a sink wrote. */
const STATE_BYTES_MAX = 256 * 2 ** 20;

/** Length u32 and JSON, then the state as deflated UTF-8 when there is one. */
export function encodeMarker({ fromSequence, position, state }: Marker): Buffer {
  const hasState = state !== undefined;
  const head = Buffer.from(JSON.stringify({ version: VERSION, fromSequence, position, hasState }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  return Buffer.concat([
    length,
    head,
    ...(hasState ? [deflateRawSync(Buffer.from(state), { level: 1 })] : []),
  ]);
}

/** Throws CURSOR_MALFORMED. */
export function decodeMarker(target: string, value: Uint8Array): Marker {
  try {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
    const end = LENGTH_BYTES + bytes.readUInt32LE(0);
    const head = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end)) as Record<string, unknown>;
    const { version, fromSequence, position, hasState } = head;
    if (version !== VERSION) throw new TypeError(`expected version ${VERSION}, was ${String(version)}`);
    if (!isWhole(fromSequence) || !isWhole(position)) throw new TypeError('a field is not what it should be');
    const state =
      hasState === true
        ? inflateRawSync(bytes.subarray(end), { maxOutputLength: STATE_BYTES_MAX }).toString('utf8')
        : undefined;
    return { fromSequence, position, state };
  } catch (cause) {
    const problem = `marker of ${value.length} bytes: ${String(cause)}`;
    throw new TransportNatsError('CURSOR_MALFORMED', target, problem, { cause });
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
