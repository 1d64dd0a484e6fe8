import { StorageCsvError, type DepthReadOptions } from '@org/storage-csv';
import { sizeOf } from '../file-size.ts';
import { FactGatherer, type FileFacts } from './file-facts.ts';
import type { FindingCode, Report, Severity } from './finding.ts';
import type { ReadFile } from './read-file.ts';

/** A recording has many small files, and two reads of the greatest size cost more than all of such a file. */
const READ_BYTES_MIN = 16 * 1024;
const READ_BYTES_MAX = 1024 * 1024;

/** Reads a file's rows from `path` and tells the gatherer of each. */
export type FileReading = (
  path: string,
  options: DepthReadOptions,
  gatherer: FactGatherer,
) => Promise<unknown>;

export interface FileVisitOptions {
  readonly report: Report;
  /** Whether the sha256 of the content is wanted. */
  readonly isHashed: boolean;
  /** How many bytes of the content the CRC-32 is wanted of. */
  readonly summedBytes: number;
  progress(bytesRead: number): void;
}

/** Reads one file; what is wrong with it becomes findings, with the line. Other errors are thrown. */
export async function visitFile(
  file: ReadFile,
  read: FileReading,
  options: FileVisitOptions,
): Promise<FileFacts> {
  const gatherer = new FactGatherer(options);
  const visit = new FileVisit(file, options.report);
  const bytes = await sizeOf(file.path);
  const readOptions: DepthReadOptions = {
    readBytes: Math.min(READ_BYTES_MAX, Math.max(READ_BYTES_MIN, bytes + 1)),
    content: (piece) => gatherer.content(piece),
    ended: ({ lines }) => (gatherer.lines = lines),
    rejected: ({ line, problem }) => visit.tell('error', 'ROW_BROKEN', line, problem),
    unfinished: ({ line, byteLength }) => visit.unfinished(line, byteLength),
    progress: ({ bytesRead }) => options.progress(bytesRead),
  };
  try {
    await read(file.path, readOptions, gatherer);
  } catch (error) {
    if (!visit.failed(error)) throw error;
  }
  return gatherer.facts(file.kind === 'rejected' ? 0 : 1);
}

class FileVisit {
  readonly #file: ReadFile;
  readonly #report: Report;

  constructor(file: ReadFile, report: Report) {
    this.#file = file;
    this.#report = report;
  }

  tell(severity: Severity, code: FindingCode, line: number | undefined, message: string): void {
    const { name, kind } = this.#file;
    this.#report({
      severity,
      code,
      file: name,
      ...(line === undefined ? {} : { line }),
      stream: kind,
      message,
    });
  }

  /** The last line of the file that is being written may stop anywhere. */
  unfinished(line: number, byteLength: number): void {
    const message = `the last line is unfinished (${byteLength} bytes)`;
    if (this.#file.isOpen) this.tell('note', 'LINE_UNFINISHED', line, message);
    else this.tell('error', 'FILE_CUT', line, `${message}, and no row can come to this file any more`);
  }

  /** Whether the error is about the file, and told. */
  failed(error: unknown): boolean {
    if (!(error instanceof StorageCsvError)) return false;
    const problem = error.message.split(`${error.path}: `).at(-1)!;
    if (error.code === 'HEADER_MISMATCH') this.tell('error', 'HEADER_WRONG', 1, problem);
    else if (error.code === 'SEGMENT_CORRUPT') this.tell('error', 'FILE_CUT', error.line, problem);
    else this.tell('error', 'FILE_UNREADABLE', error.line, problem);
    return true;
  }
}
