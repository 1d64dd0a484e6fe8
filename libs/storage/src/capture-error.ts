export type CaptureErrorCode =
  /** The file ends in the middle: everything before was read, `lastGoodLine` is the last complete line. */
  | 'CAPTURE_TRUNCATED'
  /** A line that is not `<receive time in ns> <JSON>`. */
  | 'CAPTURE_LINE_BROKEN'
  /** A line beyond the limit: the file is not a capture. */
  | 'CAPTURE_LINE_TOO_LONG'
  /** The file cannot be opened, or is damaged in its middle. */
  | 'CAPTURE_UNREADABLE'
  /** No line of the file says which symbol it belongs to. */
  | 'CAPTURE_SYMBOL_UNKNOWN';

/** Why a capture could not be read (further). */
export class CaptureError extends Error {
  readonly code: CaptureErrorCode;
  readonly path: string;
  /** Number of the last line that was good, from 1; 0 where none was. */
  readonly lastGoodLine: number;

  constructor(code: CaptureErrorCode, path: string, lastGoodLine: number, problem: string, cause?: unknown) {
    super(`capture ${path}: ${problem}`, { cause });
    this.name = 'CaptureError';
    this.code = code;
    this.path = path;
    this.lastGoodLine = lastGoodLine;
  }
}
