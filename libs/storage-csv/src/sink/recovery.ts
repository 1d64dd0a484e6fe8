import { Buffer } from 'node:buffer';
import type { OpenFile } from '../file-system.ts';
import { readAt } from './read-at.ts';

const LF = 0x0a;
const NUL = 0;
/** How much of a file's end is read at a time; one read is enough unless the damage is larger. */
const TAIL_BYTES = 64 * 1024;

/** What must be done with a file before rows can be appended to it. */
export type RecoveryPlan =
  /** Every line is complete; `length` is the file's size. */
  | { readonly action: 'continue'; readonly length: number; readonly damage: string | undefined }
  /** The file ends in an unfinished line or in NUL bytes; what is complete ends at `length`. */
  | {
      readonly action: 'cut';
      readonly length: number;
      readonly problem: string;
      readonly damage: string | undefined;
    }
  /** The file is not one of ours: it is not touched. */
  | { readonly action: 'leave'; readonly problem: string };

/**
 * Decides about a file by its first and its last bytes. Recovery does not guess: only an unfinished last line and a
 * tail of NUL bytes, which a power cut leaves where a length reached the disk before its data, are cut away. Damage
 * elsewhere in the last 64 KiB is kept and reported.
 *
 * `header` is the header line without LF; '' for a file that has none.
 */
export async function planRecovery(file: OpenFile, header: string): Promise<RecoveryPlan> {
  const size = await file.size();
  if (size === 0) return { action: 'continue', length: 0, damage: undefined };
  const tail = await readTail(file, size);
  const headerLine = Buffer.from(header === '' ? '' : `${header}\n`);
  const head = await readAt(file, 0, Math.min(headerLine.length, tail.textEnd));
  if (!head.equals(headerLine.subarray(0, head.length))) {
    return { action: 'leave', problem: `expected the header "${header}", was ${excerpt(head)}` };
  }
  const { linesEnd: length, damage } = tail;
  if (length === size) return { action: 'continue', length, damage };
  const problem = tail.textEnd < size ? 'ends in NUL bytes' : 'ends in an unfinished line';
  return { action: 'cut', length, problem, damage };
}

interface Tail {
  /** Offset behind the last byte that is not NUL. */
  readonly textEnd: number;
  /** Offset behind the last LF; 0 where there is none. */
  readonly linesEnd: number;
  readonly damage: string | undefined;
}

/** Reads backwards until the last complete line's end is found. */
async function readTail(file: OpenFile, size: number): Promise<Tail> {
  let textEnd = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - TAIL_BYTES);
    const bytes = await readAt(file, start, end - start);
    if (textEnd === 0) textEnd = start + withoutNuls(bytes);
    const lf = bytes.lastIndexOf(LF, Math.max(0, textEnd - 1 - start));
    if (textEnd > start && lf !== -1) {
      const nul = bytes.subarray(0, lf).indexOf(NUL);
      const damage = nul === -1 ? undefined : `NUL bytes at offset ${start + nul}, kept`;
      return { textEnd, linesEnd: start + lf + 1, damage };
    }
    if (textEnd === start) textEnd = 0;
    end = start;
  }
  return { textEnd, linesEnd: 0, damage: undefined };
}

function withoutNuls(bytes: Buffer): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === NUL) length--;
  return length;
}

function excerpt(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('utf8').slice(0, 200));
}
