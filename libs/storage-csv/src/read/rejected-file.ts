import { LineSplitter, readFileChunks } from '@org/storage';
import { chunkOptions, readError } from './depth-file.ts';
import type { DepthReadOptions } from './depth-message.ts';

/** A rejected record may be as large as a frame, and longer as JSON. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;

/** Reads a file of rejected records; every line is a JSON object. See `visitMarketFile` for errors and memory. */
export async function visitRejectedFile(path: string, options: DepthReadOptions = {}): Promise<void> {
  const lines = new LineSplitter(LINE_BYTES_MAX);
  try {
    for await (const chunk of readFileChunks(path, chunkOptions(path, options))) {
      options.content?.(chunk);
      lines.feed(chunk);
      while (lines.next()) {
        const { line, bytes, start, end } = lines;
        if (!isObject(bytes.toString('utf8', start, end)))
          options.rejected?.({ path, line, problem: 'expected a JSON object' });
      }
    }
  } catch (error) {
    throw readError(path, error, lines.line + 1);
  }
  const byteLength = lines.rest().length;
  if (byteLength > 0) options.unfinished?.({ path, line: lines.line + 1, byteLength });
  options.ended?.({ path, lines: lines.line });
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
