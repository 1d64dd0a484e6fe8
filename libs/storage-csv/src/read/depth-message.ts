import type { BookTicker, DepthDiff, DepthSnapshot } from '@org/market-data';

/**
 * One depth message as it was received: a diff, or the REST snapshot at the place where it arrived.
 *
 * `damagedRows` counts broken rows that were found within the message or right before it, always 0 in a sound file: a
 * message with damage may lack levels, so a book that applies it can be wrong until the next snapshot.
 */
export type DepthMessage =
  | {
      readonly type: 'diff';
      /** µs since the epoch. */
      readonly receivedAtUs: number;
      readonly damagedRows: number;
      readonly diff: DepthDiff;
    }
  | {
      readonly type: 'snapshot';
      readonly receivedAtUs: number;
      readonly damagedRows: number;
      readonly snapshot: DepthSnapshot;
    };

/** A `bookTicker` between the depth messages: an independent witness of the best bid and ask. */
export interface BookTickerMessage {
  readonly type: 'bookTicker';
  readonly receivedAtUs: number;
  readonly bookTicker: BookTicker;
}

/** A row of a file, or a line of a capture, that was skipped. */
export interface ReadRejection {
  readonly path: string;
  /** From 1; the header is line 1. */
  readonly line: number;
  /** What was expected and what stood there. */
  readonly problem: string;
}

/** An unfinished last line: its writer is still at work, or died. */
export interface UnfinishedLine {
  readonly path: string;
  readonly line: number;
  readonly byteLength: number;
}

export interface DepthReadOptions {
  /** Called for a broken row, which is then skipped. Without it a broken row ends the reading with `ROW_BROKEN`. */
  readonly rejected?: (rejection: ReadRejection) => void;
  /** Called when a file ends in an unfinished line, which is left out. */
  readonly unfinished?: (line: UnfinishedLine) => void;
  /** Bytes of the file as it lies on disk, and of how many. */
  readonly progress?: (progress: {
    readonly path: string;
    readonly bytesRead: number;
    readonly bytesTotal: number;
  }) => void;
  /** Called with every piece of the file's content, unpacked; its memory is used again. For checksums. */
  readonly content?: (piece: Uint8Array) => void;
  /** Called when a file was read to its end without an error: how many whole lines it has, with the header. */
  readonly ended?: (end: { readonly path: string; readonly lines: number }) => void;
  /** Bytes read from a file that is not compressed at a time, default 1 MiB. */
  readonly readBytes?: number;
}
