import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';

/** What a recorder in the background writes to stdout and stderr: why it could not start, its first lines, a crash. */
export interface StartOutput {
  readonly descriptor: number;
  /** What was written so far, from its beginning. */
  text(): string;
  /** It is the file of the recorder from now on. Returns its path. */
  keep(): string;
  discard(): void;
}

/**
 * A file of this start alone, so that several at once do not mix; `start.log` once it has succeeded. In the folder of the
 * logs, or among the temporary files when that cannot be written, for then the recorder has something to say about it.
 */
export function openStartOutput(logDir: string, pid: number): StartOutput {
  const { folder, path, descriptor } = openIn([resolve(logDir), tmpdir()], `start-${pid}.log`);
  const kept = folder === tmpdir() ? path : join(folder, 'start.log');
  return {
    descriptor,
    text: () => readFileSync(path, 'utf8'),
    keep: () => {
      closeSync(descriptor);
      renameSync(path, kept);
      return kept;
    },
    discard: () => {
      closeSync(descriptor);
      rmSync(path, { force: true });
    },
  };
}

function openIn(
  [folder, ...others]: readonly string[],
  name: string,
): { readonly folder: string; readonly path: string; readonly descriptor: number } {
  const path = join(folder!, name);
  try {
    mkdirSync(folder!, { recursive: true });
    rmSync(path, { force: true });
    return { folder: folder!, path, descriptor: openSync(path, 'ax', 0o640) };
  } catch (error) {
    if (others.length === 0) throw error;
    return openIn(others, name);
  }
}

/** Lines of a recorder in the background beyond this are in its log files only, which are rotated. */
const START_OUTPUT_BYTES_MAX = 1024 * 1024;

/** What does not fit on the disk of the output, or finds nobody who reads it, is lost, and nothing else is. */
export function unfailing<T extends NodeJS.WritableStream>(output: T): T {
  output.on('error', () => undefined);
  return output;
}

/** Passes on to `output` so many bytes and no more, whole chunks each. */
export function boundedOutput(output: NodeJS.WritableStream, bytesMax = START_OUTPUT_BYTES_MAX): Writable {
  let bytes = 0;
  return new Writable({
    write: (chunk: Uint8Array, _encoding, written) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) output.write(chunk);
      written();
    },
  });
}
