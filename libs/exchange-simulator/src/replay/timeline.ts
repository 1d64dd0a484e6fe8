import type { Buffer } from 'node:buffer';
import { CaptureError, readCapture } from '@org/storage';
import type { SymbolCapture } from './capture-index.ts';

/** One recorded message in the order of the whole folder. */
export interface TimelineEntry {
  /** Recorded receipt, ns since the epoch; never earlier than that of the same symbol's entry before. */
  readonly atNs: bigint;
  readonly symbol: string;
  readonly bytes: Buffer;
}

/** Told of every line or file that cannot be read on. The rest of the timeline goes on. */
export type OnProblem = (problem: string) => void;

/** A symbol's messages, day after day, in the order of the files. */
async function* symbolEntries(
  { symbol, paths }: SymbolCapture,
  onProblem: OnProblem,
): AsyncGenerator<TimelineEntry> {
  let atNs = 0n;
  for (const path of paths) {
    const rejected = ({ line, problem }: { line: number; problem: string }): void =>
      onProblem(`capture ${path}: line ${line}: ${problem}`);
    try {
      for await (const { receivedAtNs, bytes } of readCapture(path, { rejected })) {
        if (receivedAtNs > atNs) atNs = receivedAtNs;
        yield { atNs, symbol, bytes };
      }
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      onProblem(error.message);
    }
  }
}

/** All symbols of a folder as one timeline; at equal times the symbol that comes first in the folder goes first. */
export async function* readTimeline(
  captures: readonly SymbolCapture[],
  onProblem: OnProblem,
): AsyncGenerator<TimelineEntry> {
  const readers = captures.map((capture) => symbolEntries(capture, onProblem));
  try {
    const heads = await Promise.all(
      readers.map(async (reader) => (await reader.next()).value as TimelineEntry | undefined),
    );
    for (let index = earliest(heads); index >= 0; index = earliest(heads)) {
      yield heads[index]!;
      heads[index] = (await readers[index]!.next()).value as TimelineEntry | undefined;
    }
  } finally {
    for (const reader of readers) await reader.return(undefined);
  }
}

function earliest(heads: readonly (TimelineEntry | undefined)[]): number {
  let first = -1;
  heads.forEach((head, index) => {
    if (head !== undefined && (first < 0 || head.atNs < heads[first]!.atNs)) first = index;
  });
  return first;
}
