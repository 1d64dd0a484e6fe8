import { Buffer } from 'node:buffer';
import { TransportNatsError } from '../errors.ts';

/*
 *   message = version u8 · index u16 · count u16 · frame number u32 · run, 8 bytes · a part of the frame
 *
 * A run is one reading of the journal by a forwarder; in it frames of a partition are numbered from 0.
 */
const VERSION = 1;
const HEAD_BYTES = 17;
const RUN_BYTES = 8;
const COUNT_MAX = 0xffff;

export interface FrameName {
  /** 16 hexadecimal digits. */
  readonly run: string;
  readonly number: number;
}

/** A frame as messages of at most `messageBytesMax`: one, where it fits. */
export function toMessages(frame: Buffer, { run, number }: FrameName, messageBytesMax: number): Buffer[] {
  const room = messageBytesMax - HEAD_BYTES;
  const count = Math.max(1, Math.ceil(frame.length / room));
  if (!(room > 0) || count > COUNT_MAX) throw new RangeError(`a frame of ${frame.length} bytes is too large`);
  return Array.from({ length: count }, (_, index) => {
    const part = frame.subarray(index * room, (index + 1) * room);
    const message = Buffer.allocUnsafe(HEAD_BYTES + part.length);
    message.writeUInt8(VERSION, 0);
    message.writeUInt16LE(index, 1);
    message.writeUInt16LE(count, 3);
    message.writeUInt32LE(number >>> 0, 5);
    message.write(run, 9, RUN_BYTES, 'hex');
    part.copy(message, HEAD_BYTES);
    return message;
  });
}

interface OpenFrame {
  readonly name: string;
  readonly count: number;
  readonly parts: Buffer[];
  /** Where to read again from when the frame is not complete. */
  readonly sequence: number;
}

/** Puts the messages of one node together again. Whatever is not the next part of the open frame begins anew. */
export class FrameAssembler {
  #open: OpenFrame | undefined;

  /** Sequence of the first message of a frame that is not complete. */
  get openSequence(): number | undefined {
    return this.#open?.sequence;
  }

  /** The frame when this was its last part. A part without those before it is passed by. Throws FRAME_MALFORMED. */
  take(message: Buffer, sequence: number): Buffer | undefined {
    if (message.length < HEAD_BYTES || message[0] !== VERSION) {
      throw new TransportNatsError(
        'FRAME_MALFORMED',
        'message',
        `of ${message.length} bytes, version ${message[0]}`,
      );
    }
    const [index, count] = [message.readUInt16LE(1), message.readUInt16LE(3)];
    const part = message.subarray(HEAD_BYTES);
    if (count === 1) {
      this.#open = undefined;
      return part;
    }
    const name = message.toString('hex', 3, HEAD_BYTES);
    // A repetition of a part that is here already.
    if (this.#open?.name === name && index < this.#open.parts.length) return undefined;
    if (index === 0) this.#open = { name, count, parts: [], sequence };
    if (this.#open?.name !== name || this.#open.parts.length !== index) {
      this.#open = undefined;
      return undefined;
    }
    const { parts } = this.#open;
    parts.push(part);
    if (parts.length < count) return undefined;
    this.#open = undefined;
    return Buffer.concat(parts);
  }
}
