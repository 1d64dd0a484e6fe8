import type { Buffer } from 'node:buffer';
import { hasCode } from '../errors.ts';
import { decodeFrame, type ForwardFrame } from './forward-frame.ts';
import { FrameAssembler } from './fragments.ts';

/** Makes frames of the messages of a partition, whose nodes come mixed. */
export class PartitionFrames {
  readonly #malformed: (problem: string) => void;
  readonly #assemblers = new Map<string, FrameAssembler>();

  /** `malformed`: a message that nobody of us wrote, or that was altered. It is passed by. */
  constructor(malformed: (problem: string) => void) {
    this.#malformed = malformed;
  }

  /** The frame when this was its last message. */
  take(subject: string, sequence: number, data: Buffer): ForwardFrame | undefined {
    let assembler = this.#assemblers.get(subject);
    if (assembler === undefined) this.#assemblers.set(subject, (assembler = new FrameAssembler()));
    try {
      const bytes = assembler.take(data, sequence);
      return bytes === undefined ? undefined : decodeFrame(bytes);
    } catch (error) {
      if (!hasCode(error, 'FRAME_MALFORMED')) throw error;
      this.#malformed(`${subject} at ${sequence}: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Behind which message of those up to `sequence` to read on, so that frames that are not complete come again. */
  readBehind(sequence: number): number {
    let behind = sequence;
    for (const { openSequence } of this.#assemblers.values())
      if (openSequence !== undefined) behind = Math.min(behind, openSequence - 1);
    return behind;
  }
}
