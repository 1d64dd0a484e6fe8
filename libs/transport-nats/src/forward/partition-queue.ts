import { pieceBytes, type Piece } from '../wire/forward-frame.ts';

/** What goes into the next frame. */
export interface FrameContent {
  readonly after: number;
  readonly through: number;
  readonly pieces: readonly Piece[];
}

interface Waiting {
  readonly piece: Piece;
  readonly bytes: number;
  readonly sinceMs: number;
}

/** Pieces of one partition that wait to be sent, and up to where the frames before have covered the journal. */
export class PartitionQueue {
  #waiting: Waiting[] = [];
  #bytes = 0;
  #covered: number;

  /** `covered`: what lies before is no concern of this reading. */
  constructor(covered: number) {
    this.#covered = covered;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Up to where the frames that were taken reach. */
  get covered(): number {
    return this.#covered;
  }

  /** False for a piece that is stored already. */
  push(piece: Piece, nowMs: number): boolean {
    if (piece.position <= this.#covered) return false;
    const bytes = pieceBytes(piece);
    this.#waiting.push({ piece, bytes, sinceMs: nowMs });
    this.#bytes += bytes;
    return true;
  }

  /** How long the next frame can wait still; undefined where there is nothing to send. */
  waitMs(nowMs: number, messageBytes: number, lingerMs: number): number | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    return this.#bytes >= messageBytes ? 0 : Math.max(0, first.sinceMs + lingerMs - nowMs);
  }

  /** At least one piece where there is one, otherwise at most so many bytes. `readPosition`: the journal is read up to there. */
  take(messageBytes: number, readPosition: number): FrameContent {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && bytes + waiting.bytes > messageBytes) break;
      bytes += waiting.bytes;
      count++;
    }
    const pieces = this.#waiting.splice(0, count).map(({ piece }) => piece);
    this.#bytes -= bytes;
    const after = this.#covered;
    this.#covered = this.#waiting.length === 0 ? Math.max(after, readPosition) : pieces.at(-1)!.position;
    return { after, through: this.#covered, pieces };
  }
}
