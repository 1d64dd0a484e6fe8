import { Buffer } from 'node:buffer';
import type { WriteOutcome } from './answer.ts';

const LF = 0x0a;

/** A line that the server does not take, by its number among all. */
export interface RefusedLine {
  readonly line: number;
  readonly problem: string;
}

export interface WriteLinesOptions {
  readonly write: (lines: Uint8Array) => Promise<WriteOutcome>;
  /** Bytes of one request; a line that is longer goes alone. */
  readonly requestBytesMax: number;
  /** Requests that are under way together. */
  readonly requestsMax: number;
}

/**
 * Writes lines, each with its LF, and resolves to those that were refused. Which ones of a request these are the server
 * does not say, and with several shards some of the others may not be stored either: so its lines are written again in
 * parts, each measurement alone, then by halves. Rejects with the first error that leaves lines in doubt, when nothing is
 * under way any more.
 */
export async function writeLines(lines: Buffer, options: WriteLinesOptions): Promise<readonly RefusedLine[]> {
  const ends = pieceEnds(lines, options.requestBytesMax);
  const refused: RefusedLine[] = [];
  let next = 0;
  let hasFailed = false;
  const work = async (): Promise<void> => {
    while (next < ends.length && !hasFailed) {
      const piece = next++;
      const start = ends[piece - 1] ?? 0;
      try {
        refused.push(...(await writePiece(lines, start, ends[piece]!, options)));
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const workers = Math.min(options.requestsMax, ends.length);
  const results = await Promise.allSettled(Array.from({ length: workers }, work));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return refused;
}

/** Where the requests end. */
function pieceEnds(lines: Buffer, bytesMax: number): readonly number[] {
  const ends: number[] = [];
  for (let start = 0; start < lines.length;) {
    const last =
      start + bytesMax < lines.length ? lines.lastIndexOf(LF, start + bytesMax - 1) : lines.length - 1;
    start = (last >= start ? last : lines.indexOf(LF, start)) + 1;
    ends.push(start);
  }
  return ends;
}

async function writePiece(
  lines: Buffer,
  start: number,
  end: number,
  options: WriteLinesOptions,
): Promise<readonly RefusedLine[]> {
  const outcome = await options.write(lines.subarray(start, end));
  if (outcome.isStored) return [];
  const firstLine = countLines(lines.subarray(0, start));
  const texts = lines.toString('utf8', start, end - 1).split('\n');
  const numbered = texts.map((text, index) => ({ text, line: firstLine + index }));
  return refusedAmong(numbered, outcome, options.write);
}

interface NumberedLine {
  readonly text: string;
  readonly line: number;
}

/** The refused lines among some of which at least one is. */
async function refusedAmong(
  lines: readonly NumberedLine[],
  { problem, dropped }: Extract<WriteOutcome, { isStored: false }>,
  write: WriteLinesOptions['write'],
): Promise<readonly RefusedLine[]> {
  if (lines.length === 1 || dropped === lines.length) return lines.map(({ line }) => ({ line, problem }));
  const refused: RefusedLine[] = [];
  for (const part of partsOf(lines)) {
    const outcome = await write(Buffer.from(part.map(({ text }) => `${text}\n`).join('')));
    if (!outcome.isStored) refused.push(...(await refusedAmong(part, outcome, write)));
  }
  return refused;
}

/** Measurements first: types and limits are theirs, so what is refused is often all of one. */
function partsOf(lines: readonly NumberedLine[]): readonly (readonly NumberedLine[])[] {
  const byMeasurement = new Map<string, NumberedLine[]>();
  for (const line of lines) {
    const measurement = line.text.slice(0, line.text.indexOf(','));
    const others = byMeasurement.get(measurement);
    if (others === undefined) byMeasurement.set(measurement, [line]);
    else others.push(line);
  }
  if (byMeasurement.size > 1) return [...byMeasurement.values()];
  const half = lines.length >> 1;
  return [lines.slice(0, half), lines.slice(half)];
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}
